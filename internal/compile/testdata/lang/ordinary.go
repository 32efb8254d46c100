package lang

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	with("retry-by-hand", retryByHand, func(ft *flowtest.Test) { ft.ErrorVariable("ErrOdd", ErrOdd) }, nil, named("fine"), named("broken"), named("busy"), named("odd")),
	Of("retry-helper", retryHelper, named("fine"), named("broken"), named("plain"), zero),
	Of("last-error", lastError, zero, one, many, Thing{Parts: []Part{{"a", 1}, {"broken", 2}, {"busy", 3}, {"b", 1}}}),
	Of("first-error", firstError, zero, one, Thing{Parts: []Part{{"a", 1}, {"broken", 2}, {"busy", 3}}}),
	Of("errors-join", errorsJoin, zero, one, Thing{Parts: []Part{{"a", 1}, {"broken", 2}, {"plain", 0}, {"busy", 3}}}),
	Of("errors-tested-later", errorsTestedLater, named("fine"), named("broken"), named("busy"), named("plain")),
	Of("errors-in-defer", errorsInDefer, zero, one, Thing{Parts: []Part{{"a", 1}, {"broken", 2}}}),
	Of("errors-unnamed", errorsUnnamed, zero, one, many, named("fine")),
	Of("range-backward", rangeBackward, zero, one, many),
	Of("range-chunks", rangeChunks, zero, one, many, Thing{Tags: []string{"a", "b", "c", "d"}}),
	Of("range-iterators", rangeIterators, zero, one, many),
	Of("range-sorted", rangeSorted, zero, one, many),
	Of("errors-values", errorsValues, named("fine"), named("broken"), named("busy"), named("odd"), named("wrapped"), named("plain"), named("pointed"), named("namesake")),
	Of("errors-maybe", errorsMaybe, named("fine"), named("broken")),
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

// retryByHand tries again, and keeps what went wrong at last.
func retryByHand(c flow.Context, in Thing) (Part, error) {
	var p Part
	var err error
	for try := range 3 {
		p, err = flow.Call(c, Risky, in)
		if err == nil || errors.Is(err, ErrOdd) {
			break
		}
		flow.Sleep(c, time.Duration(try+1)*time.Second)
	}
	if err != nil {
		return p, fmt.Errorf("%s failed: %w", in.Name, err)
	}
	return p, nil
}

// retry is a helper for any step.
func retry[T any](c flow.Context, times int, step func(flow.Context) (T, error)) (T, error) {
	var out T
	var err error
	for range times {
		out, err = step(c)
		if err == nil {
			return out, nil
		}
		flow.Sleep(c, time.Second)
	}
	return out, fmt.Errorf("after %d tries: %w", times, err)
}

func retryHelper(c flow.Context, in Thing) (int, error) {
	p, err := retry(c, 2, func(c flow.Context) (Part, error) { return flow.Call(c, Risky, in) })
	if err != nil {
		return 0, err
	}
	return retry(c, p.Count, func(c flow.Context) (int, error) { return flow.Call(c, Double, p.Count) })
}

// lastError goes on after failures, and returns the last of them.
func lastError(c flow.Context, in Thing) (int, error) {
	var last error
	done := 0
	for _, p := range in.Parts {
		if _, err := flow.Call(c, Risky, Thing{Name: p.ID, N: p.Count}); err != nil {
			last = err
			continue
		}
		done++
	}
	return done, last
}

// firstError is the one that counts.
func firstError(c flow.Context, in Thing) (string, error) {
	var first error
	for _, p := range in.Parts {
		if _, err := flow.Call(c, Risky, Thing{Name: p.ID, N: p.Count}); err != nil && first == nil {
			first = err
		}
	}
	switch {
	case first == nil:
		return "all went well", nil
	case errors.As(first, new(Broken)):
		return first.Error(), fmt.Errorf("the first: %w", first)
	}
	return "", first
}

// errorsJoin returns all failures as one, with the name of the first.
func errorsJoin(c flow.Context, in Thing) ([]string, error) {
	var errs []error
	var done []string
	for _, p := range in.Parts {
		out, err := flow.Call(c, Risky, Thing{Name: p.ID, N: p.Count})
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.ID, err))
			continue
		}
		done = append(done, out.ID)
	}
	if len(errs) > 2 {
		return done, fmt.Errorf("%d parts: %w", len(errs), errors.Join(errs...))
	}
	return done, errors.Join(errs...)
}

// errorsTestedLater looks at one step's error after another step.
func errorsTestedLater(c flow.Context, in Thing) (string, error) {
	p, risky := flow.Call(c, Risky, in)
	text, told := flow.Call(c, Log, fmt.Sprintf("risky said %v", risky))
	if risky != nil && told == nil {
		return text, fmt.Errorf("told: %w", risky)
	}
	return p.ID, errors.Join(risky, told)
}

// errorsInDefer looks at a named result that loops have set.
func errorsInDefer(c flow.Context, in Thing) (n int, err error) {
	defer func() {
		if err != nil {
			_ = flow.Exec(c, Tell, Thing{Name: "undone", Note: err.Error()})
			err = fmt.Errorf("undone: %w", err)
		}
	}()
	for _, p := range in.Parts {
		if _, err = flow.Call(c, Risky, Thing{Name: p.ID, N: p.Count}); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// errorsUnnamed are called errorString, as Lambda would call them.
func errorsUnnamed(c flow.Context, in Thing) (int, error) {
	if in.N == 0 {
		return 0, fmt.Errorf("nothing in %s", in.Name)
	}
	n, err := flow.Call(c, Double, in.N)
	if err == nil && n < 0 {
		err = errors.New("less than nothing")
	}
	return n, err
}

// errorsMaybe has texts of errors that may be none.
func errorsMaybe(c flow.Context, in Thing) (string, error) {
	_, err := flow.Call(c, Risky, in)
	text, _ := flow.Call(c, Log, in.Name)
	return text, fmt.Errorf("%s: %w", fmt.Sprint(err), err)
}

// errorsValues tells errors apart in values and in functions without steps, wherever the error is kept.
func errorsValues(c flow.Context, in Thing) (tests, error) {
	_, err := flow.Call(c, Risky, in)
	out := tests{Odd: errors.Is(err, ErrOdd), Failed: errors.Is(err, flow.ErrTaskFailed), Kind: kindOfError(err)}
	if _, told := flow.Call(c, Log, out.Kind); told != nil {
		return out, told
	}
	again := fmt.Errorf("again: %w", fmt.Errorf("once: %w", err))
	for _, e := range []error{err, again} {
		out.Later = append(out.Later, isBroken(e), !temporary(e) && e != nil)
	}
	return out, nil
}

type tests struct {
	Odd, Failed bool
	Kind        string
	Later       []bool
}

func isBroken(err error) bool {
	var broken Broken
	return errors.As(err, &broken)
}

func temporary(err error) bool {
	return errors.As(err, new(*Busy)) || errors.Is(err, flow.ErrTimeout)
}

func kindOfError(err error) string {
	switch {
	case err == nil:
		return "none"
	case isBroken(err), errors.Is(err, ErrOdd):
		return "ours"
	case errors.As(err, new(*Busy)):
		return "busy"
	}
	return "other"
}

// rangeBackward undoes what was done, the last first.
func rangeBackward(c flow.Context, in Thing) ([]string, error) {
	var done []string
	for i, tag := range slices.Backward(in.Tags) {
		text, err := flow.Call(c, Log, fmt.Sprintf("%d %s", i, tag))
		if err != nil {
			return nil, err
		}
		done = append(done, text)
	}
	var again []string
	for _, text := range slices.Backward(done) {
		again = append(again, text+"!")
	}
	return again, nil
}

// rangeChunks works through a list by twos.
func rangeChunks(c flow.Context, in Thing) ([]string, error) {
	var done []string
	for chunk := range slices.Chunk(in.Tags, 2) {
		text, err := flow.Call(c, Log, strings.Join(chunk, "+"))
		if err != nil {
			return nil, err
		}
		done = append(done, fmt.Sprintf("%d: %s", len(chunk), text))
	}
	return done, nil
}

// rangeIterators goes over slices by way of iterators.
func rangeIterators(c flow.Context, in Thing) (int, error) {
	sum := 0
	for i, p := range slices.All(in.Parts) {
		n, err := flow.Call(c, Double, p.Count+i)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	for part := range strings.SplitSeq(in.Name, "n") {
		if _, err := flow.Call(c, Log, part); err != nil {
			return 0, err
		}
	}
	for p := range slices.Values(in.Parts) {
		sum += p.Count
	}
	for i := range len(in.Tags) {
		if _, err := flow.Call(c, Double, i); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// rangeSorted goes over a map in the order of its keys.
func rangeSorted(c flow.Context, in Thing) (string, error) {
	all := ""
	for _, k := range slices.Sorted(maps.Keys(in.Attrs)) {
		v, err := flow.Call(c, Log, in.Attrs[k])
		if err != nil {
			return "", err
		}
		all += k + "=" + v + ";"
	}
	for _, v := range slices.Sorted(maps.Values(in.Attrs)) {
		all += v
	}
	return all, nil
}
