// Package payments charges cards and gives money back.
package payments

import (
	"context"
	"fmt"
	"log/slog"
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

// BadRequest is a charge that no provider would take.
type BadRequest struct{ Reason string }

func (e BadRequest) Error() string { return "bad charge: " + e.Reason }

// maxAmount is what one charge may take, in cents.
const maxAmount = 100_000_000

// The provider's test cards by the start of their token, as real providers have them. Any other token is good.
var testCards = []struct {
	prefix string
	err    error
}{
	{"declined", Declined{Reason: "insufficient funds"}},
	{"expired", Declined{Reason: "the card has expired"}},
	{"stolen", Declined{Reason: "the card is reported stolen"}},
	{"busy", Busy{After: 5}},
}

// Charge takes money from a card. The same key is charged once: its payment has the same id.
func Charge(ctx context.Context, in ChargeRequest) (Payment, error) {
	if err := in.check(); err != nil {
		return Payment{}, err
	}
	for _, c := range testCards {
		if strings.HasPrefix(in.Card, c.prefix) {
			slog.WarnContext(ctx, "not charged", "key", in.Key, "reason", c.err.Error())
			return Payment{}, fmt.Errorf("charging %s: %w", in.Key, c.err)
		}
	}
	slog.InfoContext(ctx, "charged", "key", in.Key, "cents", in.Amount) // never the card
	return Payment{ID: "pay-" + in.Key, Amount: in.Amount}, nil
}

func (in ChargeRequest) check() error {
	switch {
	case in.Key == "":
		return BadRequest{"no key, so a retry could charge twice"}
	case in.Amount < 0 || in.Amount > maxAmount:
		return BadRequest{fmt.Sprintf("%d cents", in.Amount)}
	}
	return nil
}

// Refunded says that a payment went back.
type Refunded struct {
	ID string `json:"id"`
}

// Refund gives a payment back. Refunding twice is no error.
func Refund(ctx context.Context, p Payment) (Refunded, error) {
	if p.ID == "" {
		return Refunded{}, BadRequest{"no payment to refund"}
	}
	slog.InfoContext(ctx, "refunded", "payment", p.ID, "cents", p.Amount)
	return Refunded{ID: "refund-" + p.ID}, nil
}
