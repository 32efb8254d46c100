package inventory

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/lambdas/shop"
)

func TestReserve(t *testing.T) {
	for name, tt := range map[string]struct {
		items []shop.Item
		want  error
	}{
		"plenty":         {[]shop.Item{{SKU: "mug", Quantity: 1000}}, nil},
		"the last one":   {[]shop.Item{{SKU: "rare-vase", Quantity: 1}}, nil},
		"nothing left":   {[]shop.Item{{SKU: "mug", Quantity: 1}, {SKU: "sold-out", Quantity: 2}}, OutOfStock{"sold-out", 2, 0}},
		"in two lines":   {[]shop.Item{{SKU: "rare-vase", Quantity: 1}, {SKU: "rare-vase", Quantity: 1}}, OutOfStock{"rare-vase", 2, 1}},
		"less than none": {[]shop.Item{{SKU: "mug", Quantity: -1}}, InvalidOrder{"-1 of mug"}},
		"an empty order": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Reserve(context.Background(), shop.Order{ID: "o1", Items: tt.items})
			if err != tt.want {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if want := (Reservation{ID: "res-o1", Order: "o1", Items: tt.items}); err == nil && !cmp.Equal(want, got) {
				t.Error(cmp.Diff(want, got))
			}
		})
	}
	if _, err := Reserve(context.Background(), shop.Order{}); err != (InvalidOrder{"it has no id"}) {
		t.Errorf("without an id: %v", err)
	}
}

func TestReleaseTwice(t *testing.T) {
	for range 2 {
		if got, err := Release(context.Background(), Reservation{ID: "res-1"}); err != nil || got.ID != "res-1" {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}
