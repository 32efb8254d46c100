// Package mistakes has workflows that the scripts want refused.
package mistakes

import (
	"context"

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
