// Package coming is the workflow of docs/coming-from.md.
package coming

import (
	"context"
	"time"

	"github.com/stride-aws/stride/flow"
)

// Order is what is sold.
type Order struct {
	ID    string `json:"id"`
	Cents int    `json:"cents"`
}

// Question asks a manager, who answers by the token.
type Question struct {
	Order string     `json:"order"`
	Token flow.Token `json:"token"`
}

// Decision is the answer.
type Decision struct {
	Approved bool `json:"approved"`
}

// Payment is what was charged.
type Payment struct {
	ID string `json:"id"`
}

// Parcel is on its way.
type Parcel struct {
	Tracking string `json:"tracking"`
}

// Busy is a payment provider that has no time.
type Busy struct{}

func (Busy) Error() string { return "busy" }

// AskManager sends the question.
func AskManager(context.Context, Question) (Decision, error) { return Decision{Approved: true}, nil }

// Charge takes the money.
func Charge(_ context.Context, o Order) (Payment, error) { return Payment{ID: "pay-" + o.ID}, nil }

// Refund gives it back.
func Refund(_ context.Context, p Payment) (Payment, error) { return p, nil }

// Ship sends the parcel.
func Ship(_ context.Context, o Order) (Parcel, error) { return Parcel{Tracking: "trk-" + o.ID}, nil }

// Sell takes an order to the door.
func Sell(c flow.Context, order Order) (string, error) {
	if order.Cents > 100_000 { // Large?
		decision, err := flow.Await(c, AskManager, func(token flow.Token) Question {
			return Question{Order: order.ID, Token: token}
		}, flow.Timeout(72*time.Hour))
		if err != nil {
			return "", err
		}
		if !decision.Approved { // Approved?
			return "", flow.Fail("Rejected", "the manager said no")
		}
	}
	payment, err := flow.Call(c, Charge, order, flow.Retry{On: []error{Busy{}}, MaxAttempts: 4, Interval: 2 * time.Second})
	if err != nil {
		return "", err
	}
	flow.OnFailure(c, func(c flow.Context) error {
		_, err := flow.Call(c, Refund, payment)
		return err
	})
	flow.Sleep(c, 24*time.Hour)
	parcel, err := flow.Call(c, Ship, order)
	if err != nil {
		return "", err
	}
	return parcel.Tracking, nil
}

// Selling is the workflow, with the handlers that it calls.
var Selling = flow.Standard("selling", Sell,
	flow.Function(AskManager), flow.Function(Charge), flow.Function(Refund), flow.Function(Ship),
)

// Adopted is the same as a file of ASL, with the handlers bound to its substitutions.
var Adopted = flow.FromFile("selling", "flow/flowtest/testdata/coming/selling.asl.json", flow.TypeStandard,
	flow.Bind("AskFunction", AskManager), flow.Bind("ChargeFunction", Charge),
	flow.Bind("RefundFunction", Refund), flow.Bind("ShipFunction", Ship),
)
