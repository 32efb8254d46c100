// Package inventory reserves stock for orders and gives it back.
package inventory

import (
	"context"
	"fmt"

	"github.com/stride-aws/stride/lambdas/shop"
)

// Reservation is stock that is kept for one order.
type Reservation struct {
	ID    string      `json:"id"`
	Order string      `json:"order"`
	Items []shop.Item `json:"items"`
}

// OutOfStock says that less is there than the order asks for.
type OutOfStock struct {
	SKU         string
	Want, Stock int
}

func (e OutOfStock) Error() string {
	return fmt.Sprintf("%s: %d ordered, %d in stock", e.SKU, e.Want, e.Stock)
}

// stock is the sample warehouse: what is not listed is plentiful.
var stock = map[string]int{"rare-vase": 1, "sold-out": 0}

// Reserve keeps an order's items.
func Reserve(_ context.Context, order shop.Order) (Reservation, error) {
	for _, it := range order.Items {
		if have, listed := stock[it.SKU]; listed && it.Quantity > have {
			return Reservation{}, OutOfStock{SKU: it.SKU, Want: it.Quantity, Stock: have}
		}
	}
	return Reservation{ID: "res-" + order.ID, Order: order.ID, Items: order.Items}, nil
}

// Released says that a reservation is gone.
type Released struct {
	ID string `json:"id"`
}

// Release gives a reservation's items back. Releasing twice is no error.
func Release(_ context.Context, r Reservation) (Released, error) { return Released{ID: r.ID}, nil }
