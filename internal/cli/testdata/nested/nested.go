// Package nested has workflows that run other workflows.
package nested

import (
	"context"
	"errors"
	"time"

	"github.com/stride-aws/stride/flow"
)

// Order is what is packed.
type Order struct {
	SKU string `json:"sku"`
}

// ErrUnknown is a SKU that there is none of.
type ErrUnknown struct{}

func (ErrUnknown) Error() string { return "no such thing" }

// Pack is a handler.
func Pack(_ context.Context, o Order) (string, error) {
	if o.SKU == "" {
		return "", ErrUnknown{}
	}
	return "a box of " + o.SKU, nil
}

var (
	// Selling runs Packing and does not wait for Weighing.
	Selling = flow.Standard("selling", sell)
	// Packing packs an hour later.
	Packing = flow.Standard("packing", pack, flow.Function(Pack))
	// Weighing asks a worker.
	Weighing = flow.Standard("weighing", weigh)
)

func sell(c flow.Context, o Order) (string, error) {
	if _, err := flow.Start(c, weigh, o); err != nil {
		return "", err
	}
	box, err := flow.Run(c, pack, o)
	if errors.Is(err, flow.ErrTaskFailed) {
		return "nothing", nil
	}
	return box, err
}

func pack(c flow.Context, o Order) (string, error) {
	flow.Sleep(c, time.Hour)
	return flow.Call(c, Pack, o)
}

func weigh(c flow.Context, o Order) (int, error) {
	return flow.Activity[int](c, "weigh", o, flow.Timeout(24*time.Hour))
}
