package flow

import (
	"context"
	"encoding/json"

	"github.com/stride-aws/stride/flow/internal/native"
)

// Exec is Call for a handler that gives nothing back but an error. AWS: lambda:invoke, whose Payload is null then.
func Exec[I any](c Context, handler func(context.Context, I) error, in I, opts ...Option) error {
	task := native.Task{Kind: native.Lambda, Name: nameOf(handler), Handle: handle(silent(handler))}
	_, err := perform[*struct{}](c, task, in, opts)
	return err
}

// ExecAwait is Await for a handler that gives nothing back but an error; O is the answer to the token. Natively, where no test
// answers, it is O's zero value.
func ExecAwait[O, I any](c Context, handler func(context.Context, I) error, in func(Token) I, opts ...Option) (O, error) {
	token := "token-of-" + nameOf(handler)
	task := native.Task{Kind: native.Lambda, Name: nameOf(handler), Token: token, Handle: handle(silent(handler))}
	return perform[O](c, task, in(token), opts)
}

// silent is handler with the null that Lambda makes of its missing result.
func silent[I any](handler func(context.Context, I) error) func(context.Context, I) (json.RawMessage, error) {
	return func(ctx context.Context, in I) (json.RawMessage, error) { return nil, handler(ctx, in) }
}
