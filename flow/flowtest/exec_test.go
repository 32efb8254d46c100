package flowtest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stride-aws/stride/flow/flowtest"
	"github.com/stride-aws/stride/flow/flowtest/testdata/notices"
)

func notifying(t *testing.T) *flowtest.Test {
	x := flowtest.New(t, notices.Notifying)
	flowtest.MockExec(x, notices.Ask, func(notices.Question) error { return nil })
	return x
}

func TestHandlersThatGiveNothingBack(t *testing.T) {
	t.Parallel()
	x := notifying(t)
	flowtest.MockExec(x, notices.Send, func(string) error { return nil })
	flowtest.AnswerExec(x, notices.Ask, func(q notices.Question) (string, error) { return strings.ToUpper(q.Text), nil })
	r := flowtest.Run[string](x, "hello").WantOutput("HELLO").WantPath("Ask", "Send")
	flowtest.WantExecInputs(r, notices.Ask, notices.Question{Text: "hello", Token: "TOKEN"})
	flowtest.WantExecInputs(r, notices.Send, "HELLO")

	flowtest.MockExec(x, notices.Send, func(string) error { return errors.New("no line") })
	flowtest.Run[string](x, "hello").WantError("errorString")
}

func TestTokensThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	r := flowtest.Run[string](notifying(t), "hello").WantCalls(notices.Send, 0)
	if r.Err == nil || !strings.Contains(r.Err.Error(), "nobody answers the task token of ") {
		t.Errorf("got %v", r.Err)
	}
	flowtest.Run[string](notifying(t).LeaveOpen(notices.Ask), "hello").WantError("States.Timeout").WantElapsed(time.Hour)
	flowtest.Run[string](flowtest.New(t, notices.Notifying), "hello").WantError("errorString")
}
