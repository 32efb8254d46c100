// Package approvals asks a manager to decide on an order. The answer comes later, with the task token.
package approvals

import (
	"context"
	"fmt"
	"log/slog"
)

// Request is what the manager sees, and the token that answers it.
type Request struct {
	Order  string `json:"order"`
	Amount int    `json:"amount"` // cents
	Token  string `json:"token"`
}

// Decision is the answer that the token is given.
type Decision struct {
	Approved bool   `json:"approved"`
	By       string `json:"by"`
	Note     string `json:"note,omitempty"`
}

// NoToken says that nobody could answer the request.
type NoToken struct{ Order string }

func (e NoToken) Error() string { return "the request for order " + e.Order + " has no token" }

// autoLimit is up to which amount, in cents, the auto-approver says yes where no manager is asked: in native runs.
const autoLimit = 100_000_000

// Ask hands the request to the managers' queue. In Step Functions its own result is not the decision: who has the token sends
// that. Run natively there is nobody to wait for, and the result is the auto-approver's.
func Ask(ctx context.Context, in Request) (Decision, error) {
	if in.Token == "" {
		return Decision{}, NoToken{Order: in.Order}
	}
	slog.InfoContext(ctx, "approval wanted", "order", in.Order, "cents", in.Amount) // the token is a secret: it is not logged
	d := Decision{Approved: in.Amount <= autoLimit, By: "auto-approver"}
	if !d.Approved {
		d.Note = fmt.Sprintf("%d cents are too much for a machine to decide", in.Amount)
	}
	return d, nil
}
