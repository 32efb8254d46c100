// Package shipping packs items into parcels and hands them to the carrier.
package shipping

import (
	"context"
	"fmt"
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

// Pack packs one line of an order.
func Pack(_ context.Context, in PackRequest) (Parcel, error) {
	if in.SKU == "cracked-egg" {
		return Parcel{}, Damaged{SKU: in.SKU}
	}
	return Parcel{ID: fmt.Sprintf("%s/%s", in.Order, in.SKU), Grams: 250 * in.Quantity}, nil
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
func Dispatch(_ context.Context, s Shipment) (Label, error) {
	grams := 0
	for _, p := range s.Parcels {
		grams += p.Grams
	}
	return Label{Tracking: "trk-" + s.Order, Grams: grams}, nil
}
