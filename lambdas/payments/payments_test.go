package payments

import (
	"context"
	"errors"
	"testing"
)

func TestCharge(t *testing.T) {
	for name, tt := range map[string]struct {
		in   ChargeRequest
		want error
	}{
		"good card": {ChargeRequest{"o1", "tok_1", 4200}, nil},
		"free":      {ChargeRequest{"o1", "tok_1", 0}, nil},
		"declined":  {ChargeRequest{"o1", "declined_1", 4200}, Declined{"insufficient funds"}},
		"expired":   {ChargeRequest{"o1", "expired", 4200}, Declined{"the card has expired"}},
		"busy":      {ChargeRequest{"o1", "busy", 4200}, Busy{5}},
		"no key":    {ChargeRequest{"", "tok_1", 4200}, BadRequest{"no key, so a retry could charge twice"}},
		"negative":  {ChargeRequest{"o1", "tok_1", -1}, BadRequest{"-1 cents"}},
		"a typo":    {ChargeRequest{"o1", "tok_1", maxAmount + 1}, BadRequest{"100000001 cents"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Charge(context.Background(), tt.in)
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if want := (Payment{"pay-o1", tt.in.Amount}); err == nil && got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestRefund(t *testing.T) {
	for range 2 {
		if got, err := Refund(context.Background(), Payment{"pay-o1", 1}); err != nil || got.ID != "refund-pay-o1" {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if _, err := Refund(context.Background(), Payment{}); !errors.Is(err, BadRequest{"no payment to refund"}) {
		t.Errorf("nothing: %v", err)
	}
}
