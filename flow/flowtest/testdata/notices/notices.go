// Package notices has a workflow whose handlers give nothing back but an error.
package notices

import (
	"context"
	"errors"
	"time"

	"github.com/stride-aws/stride/flow"
)

// Question is what Ask sends to a person.
type Question struct{ Text, Token string }

// ErrNobody is what the handlers themselves say: the tests stand for them.
var ErrNobody = errors.New("there is nobody here")

// Ask sends a question.
func Ask(context.Context, Question) error { return ErrNobody }

// Send sends a text.
func Send(context.Context, string) error { return ErrNobody }

// Notify sends what a person answers.
func Notify(c flow.Context, text string) (string, error) {
	answer, err := flow.ExecAwait[string](c, Ask, func(t flow.Token) Question { return Question{text, t} }, flow.Timeout(time.Hour))
	if err != nil {
		return "", err
	}
	return answer, flow.Exec(c, Send, answer)
}

// Notifying is the workflow.
var Notifying = flow.Standard("notifying", Notify, flow.Function(Ask), flow.Function(Send))
