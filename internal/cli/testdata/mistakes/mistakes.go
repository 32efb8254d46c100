// Package mistakes has workflows that the scripts want refused.
package mistakes

import (
	"context"
	"errors"

	"github.com/stride-aws/stride/flow"
)

// Order is an input.
type Order struct {
	ID string `json:"id"`
}

// Pack is a handler.
func Pack(context.Context, Order) (Order, error) { return Order{}, nil }

// Unregistered calls a handler that it does not register.
func Unregistered(c flow.Context, in Order) (Order, error) {
	return flow.Call(c, Pack, in)
}

// Spawns begins a goroutine.
func Spawns(c flow.Context, in Order) (Order, error) {
	go println("lost")
	return flow.Call(c, Pack, in)
}

// Uncallable has a signature that Lambda cannot call.
func Uncallable(a, b, c string) int { return len(a + b + c) }

// Damaged is an error, and so is a pointer to one.
type Damaged struct{}

func (Damaged) Error() string { return "damaged" }

// AsksForValue tells a Damaged from other errors.
func AsksForValue(c flow.Context, in Order) (Order, error) {
	out, err := flow.Call(c, Pack, in)
	if damaged := (Damaged{}); errors.As(err, &damaged) {
		return out, nil
	}
	return out, err
}

// AsksForPointer tells a *Damaged from other errors.
func AsksForPointer(c flow.Context, in Order) (Order, error) {
	out, err := flow.Call(c, Pack, in)
	if damaged := (*Damaged)(nil); errors.As(err, &damaged) {
		return out, nil
	}
	return out, err
}
