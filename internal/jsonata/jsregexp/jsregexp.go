// Package jsregexp matches regular expressions of JavaScript's dialect (ECMAScript 2023 without the u and v flags, with
// annex B), as JSONata's /…/ literals are. A pattern goes in through Compile, places of matches come out of Find; package
// jsonata calls it, and package picture to parse dates.
//
// JavaScript's strings are sequences of UTF-16 units, ours are UTF-8. A place is a byte offset; inside a character of four
// bytes, the offset of its third byte stands between the two halves of the surrogate pair.
package jsregexp

import "errors"

// ErrBudget is what Find returns when the match needs more steps than it was given.
var ErrBudget = errors.New("the regular expression takes too long to match")

// Regexp is a compiled pattern, safe for concurrent use.
type Regexp struct{ source string }

// Compile reads pattern, the text between the slashes, and flags: any of i and m. The error tells what JavaScript would
// refuse, in its words.
func Compile(pattern, flags string) (*Regexp, error) { return &Regexp{source: pattern}, nil }

// String is the pattern that Compile was given.
func (re *Regexp) String() string { return re.source }

// Find is the leftmost match of re in s at or after the place from: the places where the match and each capture group start
// and end, in pairs, -1 where a group took no part; nil where nothing matches. It takes at most *budget steps, a step being a
// few nanoseconds, subtracts what it took, and returns ErrBudget where that is not enough. Memory stays under 32 MiB.
func (re *Regexp) Find(s string, from int, budget *int) ([]int, error) { return nil, ErrBudget }

// Units is how many UTF-16 units stand between two places of s: Units(s, 0, place) is what JavaScript calls the index.
func Units(s string, from, to int) int { return 0 }

// Place is where the UTF-16 unit of that index stands in s; len(s) for an index past the end. It undoes Units.
func Place(s string, index int) int { return 0 }

// Slice is the text between two places of s. Half a surrogate pair, which UTF-8 cannot carry, becomes U+FFFD.
func Slice(s string, from, to int) string { return s[from:to] }
