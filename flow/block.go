package flow

import "github.com/stride-aws/stride/flow/internal/native"

// Parallel runs branches at the same time and waits for all of them. A branch may assign to variables around it, each variable in
// one branch only. The first branch that returns an error ends the others, and its error is Parallel's. AWS: Parallel state.
func Parallel(c Context, branches ...func(Context) error) error {
	return c.run.Each(len(branches), native.Settings{}, func(run *native.Run, i int) error { return branches[i](Context{run}) })
}

// Map runs fn for each item, at most MaxConcurrency at a time, and returns the results in the order of the items. The first
// iteration that returns an error ends the others, and its error is Map's. fn may read variables around it, and writes none.
// AWS: Map state, INLINE.
func Map[T, O any](c Context, items []T, fn func(Context, T) (O, error), opts ...Option) ([]O, error) {
	out := make([]O, len(items))
	err := c.run.Each(len(items), settings(opts), func(run *native.Run, i int) error {
		var err error
		out[i], err = fn(Context{run}, items[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Distributed is Map with an execution of its own for each item: thousands at a time, each with its own history. Iterations that
// fail, as far as TolerateFailures or TolerateShare allow, leave no result; without these the first failure ends the map with
// ErrTolerance. Not in Express workflows. AWS: Map state, DISTRIBUTED.
func Distributed[T, O any](c Context, items []T, fn func(Context, T) (O, error), opts ...Option) ([]O, error) {
	results := make([]O, len(items))
	ok, err := c.run.EachTolerant(len(items), settings(opts), func(run *native.Run, i int) error {
		var err error
		results[i], err = fn(Context{run}, items[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]O, 0, len(items))
	for i, good := range ok {
		if good {
			out = append(out, results[i])
		}
	}
	return out, nil
}
