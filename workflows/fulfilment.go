package workflows

import (
	"errors"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/lambdas/approvals"
	"github.com/stride-aws/stride/lambdas/inventory"
	"github.com/stride-aws/stride/lambdas/notify"
	"github.com/stride-aws/stride/lambdas/payments"
	"github.com/stride-aws/stride/lambdas/shipping"
	"github.com/stride-aws/stride/lambdas/shop"
)

// approvalLimit is the total, in cents, above which a manager decides.
const approvalLimit = 100_000

// Receipt is what the customer gets.
type Receipt struct {
	Order    string `json:"order"`
	Payment  string `json:"payment"`
	Parcels  int    `json:"parcels"`
	Tracking string `json:"tracking"`
	Approver string `json:"approver,omitempty"`
}

// Fulfil takes a paid order to the door.
func Fulfil(c flow.Context, order shop.Order) (Receipt, error) {
	stock, err := flow.Call(c, inventory.Reserve, order)
	var sold inventory.OutOfStock
	if errors.As(err, &sold) {
		return Receipt{}, flow.Fail("OutOfStock", "not enough in stock for order "+order.ID)
	}
	if err != nil {
		return Receipt{}, err
	}
	flow.OnFailure(c, func(c flow.Context) error {
		_, err := flow.Call(c, inventory.Release, stock)
		return err
	})

	approver := ""
	if order.Total > approvalLimit { // Needs approval?
		decision, err := flow.Await(c, approvals.Ask, func(token flow.Token) approvals.Request {
			return approvals.Request{Order: order.ID, Amount: order.Total, Token: token}
		}, flow.Timeout(72*time.Hour))
		if err != nil {
			return Receipt{}, err
		}
		if !decision.Approved { // Approved?
			return Receipt{}, flow.Fail("Rejected", "order "+order.ID+" was rejected by "+decision.By)
		}
		approver = decision.By
	}

	payment, err := flow.Call(c, payments.Charge, payments.ChargeRequest{Key: order.ID, Card: order.Card, Amount: order.Total},
		flow.Retry{On: []error{payments.Busy{}}, MaxAttempts: 5, Interval: 2 * time.Second, MaxDelay: time.Minute, FullJitter: true})
	if err != nil {
		return Receipt{}, err
	}
	flow.OnFailure(c, func(c flow.Context) error {
		_, err := flow.Call(c, payments.Refund, payment)
		return err
	})

	// Pack every line of the order.
	parcels, err := flow.Map(c, order.Items, func(c flow.Context, it shop.Item) (shipping.Parcel, error) {
		return flow.Call(c, shipping.Pack, shipping.PackRequest{Order: order.ID, SKU: it.SKU, Quantity: it.Quantity})
	}, flow.MaxConcurrency(10))
	if err != nil {
		return Receipt{}, err
	}

	flow.SleepUntil(c, order.NotBefore) // A preorder waits for its day; nothing runs, nothing is paid for.

	label, err := flow.Call(c, shipping.Dispatch, shipping.Shipment{Order: order.ID, Parcels: parcels})
	if err != nil {
		return Receipt{}, err
	}

	// Tell the customer on every channel.
	err = flow.Parallel(c,
		func(c flow.Context) error {
			_, err := flow.Call(c, notify.Email, notify.Message{
				To: order.Email, Subject: "Order " + order.ID, Text: "On its way: " + label.Tracking,
			})
			return err
		},
		func(c flow.Context) error {
			if order.Phone == "" {
				return nil
			}
			_, err := flow.Call(c, notify.SMS, notify.Message{To: order.Phone, Text: "On its way: " + label.Tracking})
			return err
		},
	)
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{
		Order: order.ID, Payment: payment.ID, Parcels: len(parcels), Tracking: label.Tracking, Approver: approver,
	}, nil
}

// Fulfilment is the shop's main workflow.
var Fulfilment = flow.Standard("order-fulfilment", Fulfil,
	flow.Function(inventory.Reserve, flow.Memory(256)),
	flow.Function(inventory.Release),
	flow.Function(approvals.Ask),
	flow.Function(payments.Charge, flow.FunctionTimeout(20*time.Second)),
	flow.Function(payments.Refund),
	flow.Function(shipping.Pack, flow.Memory(256)),
	flow.Function(shipping.Dispatch),
	flow.Function(notify.Email),
	flow.Function(notify.SMS),
)
