// Package parts has helpers that workflows of other packages use.
package parts

import "github.com/stride-aws/stride/flow"

// Many is more than a few.
const Many = 4

var grades = []string{"none", "some", "all"}

// Weight is in grams.
type Weight int

// Kilos is the weight of n pieces, in kilograms.
func (w Weight) Kilos(n int) Weight { return w * Weight(n) / 1000 }

// Grade is a word for a number.
func Grade(n int) string {
	switch {
	case n < 1:
		return grades[0]
	case n < Many:
		return grades[1]
	}
	return grades[2]
}

// Filter is the items that keep wants.
func Filter[T any](list []T, keep func(T) bool) []T {
	var out []T
	for _, item := range list {
		if !keep(item) {
			continue
		}
		out = append(out, item)
	}
	return out
}

// Fold reduces items.
func Fold[T, A any](list []T, start A, step func(A, T) A) A {
	for _, item := range list {
		start = step(start, item)
	}
	return start
}

// Each calls a step for each item, and stops at the first that fails.
func Each[T, R any](c flow.Context, list []T, step func(flow.Context, T) (R, error)) ([]R, error) {
	var out []R
	for _, item := range list {
		r, err := step(c, item)
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Broken has the name of another package's error.
type Broken string

func (e Broken) Error() string { return string(e) + " is broken" }
