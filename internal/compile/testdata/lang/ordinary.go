package lang

import (
	"context"
	"errors"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
)

// Tell is a handler that gives nothing back; it fails as Risky does.
func Tell(ctx context.Context, in Thing) error {
	_, err := Risky(ctx, in)
	return err
}

// Remind asks by other means than its result.
func Remind(_ context.Context, r Request) error { return nil }

// Ordinary are things that Go programs do, steps or not.
var Ordinary = []Case{
	Of("exec", execCase, named("fine"), named("broken"), named("busy")),
	Of("return-beside", returnBeside, named("fine"), named("broken"), zero),
	with("exec-await", execAwait, func(ft *flowtest.Test) {
		flowtest.AnswerExec(ft, Remind, func(r Request) (Part, error) { return Part{ID: r.Thing.Name, Count: 4}, nil })
	}, nil, zero, one),
}

// execCase calls a handler of the form func(context.Context, In) error.
func execCase(c flow.Context, in Thing) (string, error) {
	err := flow.Exec(c, Tell, in, flow.Timeout(time.Minute))
	var broken Broken
	if errors.As(err, &broken) {
		return "broken", nil
	}
	return "told", err
}

// execAwait waits for the answer to a token that such a handler was given.
func execAwait(c flow.Context, in Thing) (Part, error) {
	return flow.ExecAwait[Part](c, Remind, func(t flow.Token) Request { return Request{Thing: in, Token: t} }, flow.Heartbeat(time.Hour))
}

// returnBeside returns what a step fails with beside a value.
func returnBeside(c flow.Context, in Thing) (int, error) {
	n, err := flow.Call(c, Double, in.N)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return n, tellTwice(c, in)
	}
	return n + 1, flow.Exec(c, Tell, in)
}

func tellTwice(c flow.Context, in Thing) error {
	if err := flow.Exec(c, Tell, in); err != nil {
		return err
	}
	return flow.Exec(c, Tell, in)
}
