// Package sentinels is a workflow that tells error variables of all sorts apart, and one that cannot.
package sentinels

import (
	"context"
	"errors"
	"fmt"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest/testdata/sentinels/stock"
)

// Error variables that Say returns.
var (
	ErrPlain   = errors.New("plain")
	ErrWrapper = fmt.Errorf("wrapper: %w", ErrPlain)
	ErrOther   = stock.ErrLate
	errHidden  = errors.New("hidden")
	ErrShown   = errHidden
	ErrTwin    = errors.New("one of two")
	ErrSister  = errors.New("one of two")
	ErrMade    = make()
)

func make() error { return errors.New("made") }

// Says is what Say can be asked for, and what Tell makes of it.
var Says = map[string]string{
	"plain": "ErrPlain", "wrapped": "ErrPlain", "joined": "ErrPlain", "wrapper": "ErrWrapper", "elsewhere": "ErrEmpty", "alias": "ErrLate",
	"origin": "ErrLate", "shown": "ErrShown", "cancelled": "Canceled", "late": "DeadlineExceeded", "unknown": "no variable", "": "nothing",
}

// Say fails with what it is asked for.
func Say(_ context.Context, what string) (string, error) {
	switch what {
	case "plain":
		return "", ErrPlain
	case "wrapped":
		return "", fmt.Errorf("saying it: %w", fmt.Errorf("with more around it: %w", ErrPlain))
	case "joined":
		return "", errors.Join(errors.New("the first"), fmt.Errorf("the second: %w", ErrPlain), ErrShown)
	case "wrapper":
		return "", ErrWrapper
	case "elsewhere":
		return "", fmt.Errorf("looking: %w", stock.ErrEmpty)
	case "alias":
		return "", ErrOther
	case "origin":
		return "", stock.ErrLate
	case "shown":
		return "", errHidden
	case "cancelled":
		return "", fmt.Errorf("calling: %w", context.Canceled)
	case "late":
		return "", context.DeadlineExceeded
	case "twin":
		return "", ErrTwin
	case "made":
		return "", ErrMade
	case "unknown":
		return "", errors.New("nobody knows this")
	}
	return what, nil
}

// Tell says which variable it was.
func Tell(c flow.Context, what string) (string, error) {
	_, err := flow.Call(c, Say, what)
	switch {
	case errors.Is(err, ErrWrapper):
		return "ErrWrapper", nil
	case errors.Is(err, ErrPlain):
		return "ErrPlain", nil
	case errors.Is(err, stock.ErrEmpty):
		return "ErrEmpty", nil
	case errors.Is(err, ErrOther) || errors.Is(err, stock.ErrLate): // one error with two names
		return "ErrLate", nil
	case errors.Is(err, ErrShown):
		return "ErrShown", nil
	case errors.Is(err, context.Canceled):
		return "Canceled", nil
	case errors.Is(err, context.DeadlineExceeded):
		return "DeadlineExceeded", nil
	case err != nil:
		return "no variable", nil
	}
	return "nothing", nil
}

// Guess matches variables that cannot be known by their texts.
func Guess(c flow.Context, what string) (string, error) {
	out, err := flow.Call(c, Say, what)
	if errors.Is(err, ErrTwin) {
		return "ErrTwin", nil
	}
	if errors.Is(err, ErrMade) {
		return "ErrMade", nil
	}
	return out, err
}

// Telling and Guessing are the workflows.
var (
	Telling  = flow.Standard("telling", Tell, flow.Function(Say))
	Guessing = flow.Standard("guessing", Guess, flow.Function(Say))
)
