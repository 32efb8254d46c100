// Package inventory reserves stock for orders and gives it back.
package inventory

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"

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

// InvalidOrder says why an order cannot be reserved at all.
type InvalidOrder struct{ Reason string }

func (e InvalidOrder) Error() string { return "invalid order: " + e.Reason }

//go:embed stock.json
var stockFile []byte

// stock is the sample warehouse: what is not listed is plentiful.
var stock = sync.OnceValues(func() (count map[string]int, err error) {
	if err = json.Unmarshal(stockFile, &count); err != nil {
		err = fmt.Errorf("reading stock.json: %w", err)
	}
	return count, err
})

// Reserve keeps an order's items. Lines with the same SKU count together.
func Reserve(ctx context.Context, order shop.Order) (Reservation, error) {
	wanted, err := quantities(order)
	if err != nil {
		return Reservation{}, err
	}
	count, err := stock()
	if err != nil {
		return Reservation{}, err
	}
	for _, it := range order.Items { // in the order's own order, so that the same order fails in the same way
		if have, listed := count[it.SKU]; listed && wanted[it.SKU] > have {
			slog.WarnContext(ctx, "out of stock", "order", order.ID, "sku", it.SKU, "want", wanted[it.SKU], "stock", have)
			return Reservation{}, OutOfStock{SKU: it.SKU, Want: wanted[it.SKU], Stock: have}
		}
	}
	slog.InfoContext(ctx, "reserved", "order", order.ID, "lines", len(order.Items))
	return Reservation{ID: "res-" + order.ID, Order: order.ID, Items: order.Items}, nil
}

func quantities(order shop.Order) (map[string]int, error) {
	if order.ID == "" {
		return nil, InvalidOrder{"it has no id"}
	}
	wanted := map[string]int{}
	for _, it := range order.Items {
		if it.Quantity < 1 {
			return nil, InvalidOrder{fmt.Sprintf("%d of %s", it.Quantity, it.SKU)}
		}
		wanted[it.SKU] += it.Quantity
	}
	return wanted, nil
}

// Released says that a reservation is gone.
type Released struct {
	ID string `json:"id"`
}

// Release gives a reservation's items back. Releasing twice is no error.
func Release(ctx context.Context, r Reservation) (Released, error) {
	slog.InfoContext(ctx, "released", "order", r.Order, "lines", len(r.Items))
	return Released{ID: r.ID}, nil
}
