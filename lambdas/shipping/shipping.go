// Package shipping packs items into parcels and hands them to the carrier.
package shipping

import (
	"context"
	"fmt"
	"log/slog"
)

// PackRequest is one line of an order, to be packed.
type PackRequest struct {
	Order    string `json:"order"`
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

// Parcel is a packed line.
type Parcel struct {
	ID    string `json:"id"`
	Grams int    `json:"grams"`
}

// Damaged says that an item broke while it was packed.
type Damaged struct{ SKU string }

func (e Damaged) Error() string { return e.SKU + " broke while it was packed" }

// TooHeavy says that the carrier does not take the parcel.
type TooHeavy struct{ Grams, Limit int }

func (e TooHeavy) Error() string {
	return fmt.Sprintf("%d g are more than the carrier's %d g", e.Grams, e.Limit)
}

// The carrier's rules.
const (
	gramsEach   = 250
	parcelLimit = 30_000  // grams of a parcel
	pickupLimit = 500_000 // grams of a shipment
)

// Pack packs one line of an order.
func Pack(ctx context.Context, in PackRequest) (Parcel, error) {
	if in.SKU == "cracked-egg" {
		return Parcel{}, Damaged{SKU: in.SKU}
	}
	grams := gramsEach * in.Quantity
	if grams > parcelLimit {
		return Parcel{}, TooHeavy{grams, parcelLimit}
	}
	slog.InfoContext(ctx, "packed", "order", in.Order, "sku", in.SKU, "grams", grams)
	return Parcel{ID: fmt.Sprintf("%s/%s", in.Order, in.SKU), Grams: grams}, nil
}

// Shipment is an order on its way.
type Shipment struct {
	Order   string   `json:"order"`
	Parcels []Parcel `json:"parcels"`
}

// Label is the carrier's receipt.
type Label struct {
	Tracking string `json:"tracking"`
	Grams    int    `json:"grams"`
}

// Dispatch hands an order's parcels to the carrier.
func Dispatch(ctx context.Context, s Shipment) (Label, error) {
	grams := 0
	for _, p := range s.Parcels {
		grams += p.Grams
	}
	if grams > pickupLimit {
		return Label{}, TooHeavy{grams, pickupLimit}
	}
	slog.InfoContext(ctx, "dispatched", "order", s.Order, "parcels", len(s.Parcels), "grams", grams)
	return Label{Tracking: "trk-" + s.Order, Grams: grams}, nil
}
