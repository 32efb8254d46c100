package flowtest

import (
	"context"
	"sync"

	"github.com/stride-aws/stride/flow/internal/native"
	"github.com/stride-aws/stride/internal/value"
)

// tape has what services answered to the Go function, for the state machine: a message is sent once, and a condition that the
// first call makes true does not fail the second.
type tape struct {
	mu      sync.Mutex
	answers map[string][]answer // by operation and input, in order
	rewound bool
}

type answer struct {
	output []byte
	err    error
}

// through is how a task of an AWS service is called that has no mock: by its client, if there is one, and from the tape when that
// was rewound; nil where nothing answers.
func (r *tape) through(t *native.Task) func(context.Context, []byte) ([]byte, error) {
	switch {
	case r.rewound && r.answers != nil:
		return func(_ context.Context, input []byte) ([]byte, error) { return r.play(keyOf(t.Name, input)) }
	case r.rewound || t.Handle == nil:
		return nil
	}
	return func(ctx context.Context, input []byte) ([]byte, error) {
		output, err := t.Handle(ctx, input)
		if err != nil {
			err = t.Failure(err)
		}
		r.record(keyOf(t.Name, input), answer{output, err})
		return output, err
	}
}

// keyOf is what two calls have in common that are the same.
func keyOf(operation string, input []byte) string {
	if v, err := value.Parse(string(input)); err == nil {
		return operation + " " + sorted(v).String()
	}
	return operation + " " + string(input)
}

func (r *tape) record(key string, a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers == nil {
		r.answers = map[string][]answer{}
	}
	r.answers[key] = append(r.answers[key], a)
}

func (r *tape) play(key string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.answers[key]
	if len(list) == 0 {
		return nil, &native.Failure{Name: "States.Runtime", Cause: "only the state machine makes the call " + key}
	}
	r.answers[key] = list[1:]
	return list[0].output, list[0].err
}
