// Package jsregexp matches regular expressions of JavaScript's dialect (ECMAScript 2023 without the u and v flags, with
// annex B), as JSONata's /…/ literals are. A pattern goes in through Compile, places of matches come out of Find; package
// jsonata calls it, and package picture to parse dates.
//
// JavaScript's strings are sequences of UTF-16 units, ours are UTF-8. A place is a byte offset; inside a character of four
// bytes, the offset of its third byte stands between the two halves of the surrogate pair. A half that stands alone has the
// three bytes that UTF-8's scheme would give it (WTF-8).
//
// Go's regexp and its kin differ from JavaScript in what captures hold after a loop, in empty iterations, in case folding and
// in surrogate pairs, so the matcher is our own: it backtracks as ECMAScript defines it, and remembers where it failed, which
// keeps the time linear in text and pattern. Back references and lookarounds rule that out; their steps are counted.
package jsregexp

import (
	"errors"
	"math"
	"sync"
)

// ErrBudget is what Find returns when the match needs more steps or memory than it may have.
var ErrBudget = errors.New("the regular expression takes too long to match")

// Regexp is a compiled pattern, safe for concurrent use.
type Regexp struct {
	source   string
	fold     bool
	prog     *program
	machines sync.Pool
}

// Compile reads pattern, the text between the slashes, and flags: any of i and m. The error tells what JavaScript would
// refuse, in its words.
func Compile(pattern, flagLetters string) (*Regexp, error) {
	var f flags
	for _, letter := range flagLetters {
		switch letter {
		case 'i':
			f.ignoreCase = true
		case 'm':
			f.multiline = true
		}
	}
	tree, p, err := parse(pattern, f)
	if err != nil {
		return nil, err
	}
	prog, err := compile(tree, p.groups, f)
	if err != nil {
		return nil, err
	}
	return &Regexp{source: pattern, fold: f.ignoreCase, prog: prog}, nil
}

// String is the pattern that Compile was given.
func (re *Regexp) String() string { return re.source }

// Find is the leftmost match of re in s at or after the place from: the places where the match and each capture group start
// and end, in pairs, -1 where a group took no part; nil where nothing matches. It takes at most *budget steps, a step being a
// few nanoseconds, subtracts what it took, and returns ErrBudget where that is not enough. Memory stays under 40 MiB.
func (re *Regexp) Find(s string, from int, budget *int) ([]int, error) {
	return re.FindInto(nil, s, from, budget)
}

// FindInto is Find with room for the places, which the caller has done with.
func (re *Regexp) FindInto(room []int, s string, from int, budget *int) ([]int, error) {
	if from > len(s) {
		return nil, nil
	}
	if len(s) > math.MaxInt32 {
		return nil, ErrBudget
	}
	m := re.machine(s, *budget)
	ok := m.search(from)
	*budget = max(m.steps, 0)
	spent, match := m.spent, []int(nil)
	if ok && !spent {
		match = append(room[:0], m.slots...)
	}
	re.release(m)
	if spent {
		return nil, ErrBudget
	}
	return match, nil
}

func (re *Regexp) machine(s string, budget int) *machine {
	m, _ := re.machines.Get().(*machine)
	if m == nil {
		m = &machine{prog: re.prog, fold: re.fold, slots: make([]int, re.prog.slots), marks: make([]int32, re.prog.depth)}
	}
	m.s, m.steps, m.patience = s, budget, max(memoAfter*len(s), memoAtLeast)
	return m
}

// keptFrames is how large a stack a machine keeps between two searches.
const keptFrames = 1 << 10

func (re *Regexp) release(m *machine) {
	m.s, m.memo, m.spent, m.stack = "", nil, false, m.stack[:0]
	if cap(m.stack) > keptFrames {
		m.stack = nil
	}
	re.machines.Put(m)
}
