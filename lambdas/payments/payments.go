// Package payments charges cards and gives money back.
package payments

import (
	"context"
	"fmt"
	"strings"
)

// ChargeRequest asks for money. The key makes a second charge for the same order the same charge.
type ChargeRequest struct {
	Key    string `json:"key"`
	Card   string `json:"card"`
	Amount int    `json:"amount"` // cents
}

// Payment is money taken.
type Payment struct {
	ID     string `json:"id"`
	Amount int    `json:"amount"` // cents
}

// Declined is the bank's refusal: asking again does not help.
type Declined struct{ Reason string }

func (e Declined) Error() string { return "card declined: " + e.Reason }

// Busy is the payment provider asking to come back later.
type Busy struct{ After int }

func (e Busy) Error() string { return fmt.Sprintf("the payment provider is busy for %d s", e.After) }

// Charge takes money from a card.
func Charge(_ context.Context, in ChargeRequest) (Payment, error) {
	switch {
	case strings.HasPrefix(in.Card, "declined"):
		return Payment{}, Declined{Reason: "insufficient funds"}
	case strings.HasPrefix(in.Card, "busy"):
		return Payment{}, Busy{After: 5}
	}
	return Payment{ID: "pay-" + in.Key, Amount: in.Amount}, nil
}

// Refunded says that a payment went back.
type Refunded struct {
	ID string `json:"id"`
}

// Refund gives a payment back. Refunding twice is no error.
func Refund(_ context.Context, p Payment) (Refunded, error) {
	return Refunded{ID: "refund-" + p.ID}, nil
}
