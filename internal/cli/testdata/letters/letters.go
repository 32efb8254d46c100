// Package letters has a workflow whose handlers pass on what is too large for a state.
package letters

import (
	"context"
	"strings"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/payload"
)

// Order says how long a letter shall be.
type Order struct {
	Title string `json:"title"`
	Bytes int    `json:"bytes"`
}

// Letter is a text with its title.
type Letter struct {
	Title string              `json:"title"`
	Text  payload.Ref[string] `json:"text"`
}

// Answer is what was read, and the letter.
type Answer struct {
	Read   int    `json:"read"`
	Letter Letter `json:"letter"`
}

// Write writes a letter.
func Write(_ context.Context, in Order) (Letter, error) {
	return Letter{in.Title, payload.Of(strings.Repeat("x", in.Bytes))}, nil
}

// Read counts the bytes of a letter.
func Read(_ context.Context, in Letter) (int, error) {
	text, err := in.Text.Get()
	return len(text), err
}

// Post has a letter written and read.
func Post(c flow.Context, in Order) (Answer, error) {
	letter, err := flow.Call(c, Write, in)
	if err != nil {
		return Answer{}, err
	}
	n, err := flow.Call(c, Read, letter)
	if err != nil {
		return Answer{}, err
	}
	return Answer{n, letter}, nil
}

// Posting is Post, deployed.
var Posting = flow.Standard("post", Post, flow.Function(Write), flow.Function(Read))

// Open has the letter read that its input has.
func Open(c flow.Context, in Letter) (int, error) { return flow.Call(c, Read, in) }

// Opening is Open, deployed.
var Opening = flow.Standard("read", Open, flow.Function(Read))
