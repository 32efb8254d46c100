package workflows_test

import (
	"testing"
	"time"

	"github.com/stride-aws/stride/flow/flowtest"
	"github.com/stride-aws/stride/lambdas/approvals"
	"github.com/stride-aws/stride/lambdas/inventory"
	"github.com/stride-aws/stride/lambdas/notify"
	"github.com/stride-aws/stride/lambdas/payments"
	"github.com/stride-aws/stride/lambdas/shipping"
	"github.com/stride-aws/stride/lambdas/shop"
	"github.com/stride-aws/stride/workflows"
)

func order(total int) shop.Order {
	return shop.Order{
		ID: "o-17", Customer: "Ada", Email: "ada@example.com", Card: "tok_1", Total: total,
		Items: []shop.Item{{SKU: "mug", Quantity: 2}, {SKU: "book", Quantity: 1}},
	}
}

func TestFulfilShipsASmallOrderWithoutApproval(t *testing.T) {
	t.Parallel()
	r := flowtest.Run[workflows.Receipt](flowtest.New(t, workflows.Fulfilment), order(5_000))
	r.WantError("")
	r.WantCalls(approvals.Ask, 0).WantCalls(notify.Email, 1).WantCalls(notify.SMS, 0)
	if r.Output.Parcels != 2 || r.Elapsed != 0 {
		t.Errorf("receipt %+v after %s", r.Output, r.Elapsed)
	}
}

func TestFulfilKeepsAPreorderUntilItsDay(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	preorder := order(5_000)
	preorder.NotBefore = begin.AddDate(0, 0, 30)
	r := flowtest.Run[workflows.Receipt](flowtest.New(t, workflows.Fulfilment).Start(begin), preorder)
	r.WantError("")
	if r.Elapsed != 30*24*time.Hour {
		t.Errorf("sent after %s", r.Elapsed)
	}
}

func TestFulfilUndoesWhatItDidWhenTheManagerSaysNo(t *testing.T) {
	t.Parallel()
	x := flowtest.New(t, workflows.Fulfilment)
	flowtest.Answer(x, approvals.Ask, func(r approvals.Request) (approvals.Decision, error) {
		return approvals.Decision{Approved: false, By: "grace"}, nil
	})
	r := flowtest.Run[workflows.Receipt](x, order(500_000))
	r.WantError("Rejected")
	r.WantCalls(inventory.Release, 1).WantCalls(payments.Charge, 0)
}

func TestFulfilGivesUpAfterThreeDaysWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	x := flowtest.New(t, workflows.Fulfilment).LeaveOpen(approvals.Ask)
	r := flowtest.Run[workflows.Receipt](x, order(500_000))
	r.WantError("States.Timeout")
	r.WantCalls(inventory.Release, 1)
	if r.Elapsed != 72*time.Hour {
		t.Errorf("gave up after %s", r.Elapsed)
	}
}

func TestFulfilChargesAgainWhileTheProviderIsBusy(t *testing.T) {
	t.Parallel()
	x := flowtest.New(t, workflows.Fulfilment).Fail(payments.Charge, 3, payments.Busy{})
	r := flowtest.Run[workflows.Receipt](x, order(5_000))
	r.WantError("").WantCalls(payments.Charge, 4)
}

func TestFulfilRefundsWhenAStepAfterThePaymentFails(t *testing.T) {
	t.Parallel()
	x := flowtest.New(t, workflows.Fulfilment).Fail(notify.Email, 100, payments.Declined{Reason: "odd"})
	r := flowtest.Run[workflows.Receipt](x, order(5_000))
	r.WantError("Declined")
	r.WantCalls(payments.Refund, 1).WantCalls(inventory.Release, 1)
}

func TestFulfilSaysWhatIsOutOfStock(t *testing.T) {
	t.Parallel()
	sold := order(5_000)
	sold.Items[0].SKU = "sold-out"
	r := flowtest.Run[workflows.Receipt](flowtest.New(t, workflows.Fulfilment), sold)
	r.WantError("OutOfStock").WantPath("Reserve", "OutOfStock").WantTransitions(2)
}

func TestFulfilTellsByPhoneToo(t *testing.T) {
	t.Parallel()
	x := flowtest.New(t, workflows.Fulfilment)
	flowtest.Answer(x, approvals.Ask, func(r approvals.Request) (approvals.Decision, error) {
		return approvals.Decision{Approved: true, By: "grace"}, nil
	})
	large := order(500_000)
	large.Phone = "+44 20 7946 0018"
	r := flowtest.Run[workflows.Receipt](x, large)
	r.WantError("").WantCalls(notify.SMS, 1)
	if r.Output.Approver != "grace" {
		t.Errorf("approved by %q", r.Output.Approver)
	}
}

// TestFulfilUndoesInReverse fails each step in turn, and each compensation as well, which changes nothing of the error.
func TestFulfilUndoesInReverse(t *testing.T) {
	for name, tc := range map[string]struct {
		step              any
		refunds, releases int
	}{
		"nothing is reserved yet": {inventory.Reserve, 0, 0},
		"reserved":                {payments.Charge, 0, 1},
		"paid":                    {shipping.Pack, 1, 1},
		"packed":                  {shipping.Dispatch, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := flowtest.New(t, workflows.Fulfilment).Fail(tc.step, 100, payments.Declined{Reason: "odd"})
			x.Fail(payments.Refund, 100, payments.BadRequest{}).Fail(inventory.Release, 100, payments.BadRequest{})
			r := flowtest.Run[workflows.Receipt](x, order(5_000))
			r.WantError("Declined").WantCalls(payments.Refund, tc.refunds).WantCalls(inventory.Release, tc.releases)
		})
	}
}
