// Package faults has types of which workflows of other packages use nothing but the texts.
package faults

import "fmt"

// Denied says no.
type Denied struct{ Why string }

func (d Denied) Error() string { return "denied: " + d.Why }

// Grade is how bad it is.
type Grade int

// Bad and worse.
const (
	Low Grade = iota + 1
	High
)

func (g Grade) String() string {
	switch g {
	case Low:
		return "low"
	case High:
		return "high"
	}
	return fmt.Sprintf("grade %d", int(g))
}
