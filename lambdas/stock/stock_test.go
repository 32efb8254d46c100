package stock

import (
	"errors"
	"testing"
)

func TestCompare(t *testing.T) {
	got, err := Compare(t.Context(), Scan{"A-07", "mug", "9"})
	if want := (Bin{Bin: "A-07", SKU: "mug", Counted: 9, Expected: 10}); got != want || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, count := range []string{"smudged", ""} {
		if _, err := Compare(t.Context(), Scan{"A-07", "mug", count}); !errors.As(err, new(Unreadable)) {
			t.Errorf("%q: %v", count, err)
		}
	}
}

func TestMissing(t *testing.T) {
	ledger, err := Write(t.Context(), Count{Bins: []Bin{{Counted: 9, Expected: 10}, {Counted: 10, Expected: 10}, {Counted: 7, Expected: 10}}})
	if err != nil || ledger.Bins != 3 {
		t.Fatalf("%+v, %v", ledger, err)
	}
	if n, err := Missing(t.Context(), ledger); n != 4 || err != nil {
		t.Errorf("%d missing, %v", n, err)
	}
}
