package local

import (
	"fmt"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/store"
)

// TestFlat counts what calls allocate beside few executions that are stored and beside many: a start with its run, the first page of
// a list and one from its middle, a description and a page of history. What does not grow with the number is done in constant time;
// looking a key up among more of them takes a page of a tree more at most.
func TestFlat(t *testing.T) {
	few, many := 500, 20_000
	for _, kept := range []bool{false, true} {
		t.Run(fmt.Sprintf("store=%v", kept), func(t *testing.T) {
			c := newKeeping(t, Options{}, kept)
			arn := c.machine("m", passes, Standard)
			fill(t, c, arn, 0, few)
			before := costs(t, c, arn, few/2)
			fill(t, c, arn, few, many)
			after := costs(t, c, arn, many/2)
			for name, n := range before {
				if after[name] > n*5/4+10 {
					t.Errorf("%s: %.0f allocations beside %d executions, %.0f beside %d", name, n, few, after[name], many)
				}
			}
		})
	}
}

// newKeeping is a client of a service with or without a store.
func newKeeping(t *testing.T, o Options, stored bool) *client {
	if stored {
		var err error
		if o.Store, err = store.Open(t.TempDir()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { o.Store.Close() })
	}
	return newClient(t, o)
}

// fill runs executions from number i up to j, and waits for their ends.
func fill(t *testing.T, c *client, arn string, i, j int) {
	for ; i < j; i++ {
		c.complete(arn, fmt.Sprint(i))
	}
	if err := c.cloud.keep.store.Sync(); err != nil {
		t.Fatal(err)
	}
}

// sweepWhole sweeps when a sweep that is under way has ended, and waits for one that came in between.
func sweepWhole(k *keeper, now time.Time) {
	awaitSweep(k)
	k.sweep(now)
	awaitSweep(k)
}

func awaitSweep(k *keeper) {
	k.sweeping.Lock()
	defer k.sweeping.Unlock()
}

// complete runs an execution to its end.
func (c *client) complete(arn, name string) {
	out, err := c.StartExecution(&StartExecutionInput{StateMachineArn: arn, Name: &name})
	if err != nil {
		c.t.Fatal(err)
	}
	if e, ok := c.executions.Load(out.ExecutionArn); ok {
		<-e.(*execution).done
	}
}

// costs are the allocations of calls by their names; execution number some is there.
func costs(t *testing.T, c *client, arn string, some int) map[string]float64 {
	name := some
	ask := func(operation string, params map[string]any) float64 {
		return testing.AllocsPerRun(50, func() { c.must(operation, params) })
	}
	execution := c.arn("execution", "m:"+fmt.Sprint(some))
	middle := sealToken(arn+" ", int64(some))
	return map[string]float64{
		"StartExecution": testing.AllocsPerRun(50, func() {
			c.complete(arn, fmt.Sprint("more", name, "-", c.cloud.Now().UnixNano()))
			_ = c.cloud.keep.store.Sync() // what is measured is not whether it is kept
		}),
		"ListExecutions":           ask("ListExecutions", map[string]any{"stateMachineArn": arn, "maxResults": 10}),
		"ListExecutions in middle": ask("ListExecutions", map[string]any{"stateMachineArn": arn, "maxResults": 10, "nextToken": *middle}),
		"DescribeExecution":        ask("DescribeExecution", map[string]any{"executionArn": execution}),
		"GetExecutionHistory":      ask("GetExecutionHistory", map[string]any{"executionArn": execution}),
	}
}

// TestKeep holds that what is over is evicted, the oldest first, in memory and in a store.
func TestKeep(t *testing.T) {
	for _, kept := range []bool{false, true} {
		t.Run(fmt.Sprintf("store=%v", kept), func(t *testing.T) {
			c := newKeeping(t, Options{Keep: 100}, kept)
			arn := c.machine("m", passes, Standard)
			fill(t, c, arn, 0, 600)
			sweepWhole(&c.cloud.keep, c.cloud.Now())
			if err := c.cloud.keep.store.Sync(); err != nil {
				t.Fatal(err)
			}
			list := c.must("ListExecutions", map[string]any{"stateMachineArn": arn, "maxResults": 1000})["executions"].([]any)
			if len(list) != 100 {
				t.Errorf("%d executions are kept, want 100", len(list))
			}
			if first := list[0].(map[string]any)["name"]; first != "599" {
				t.Errorf("the latest is %v", first)
			}
			if _, code := c.try("DescribeExecution", map[string]any{"executionArn": c.arn("execution", "m:0")}); code == "" {
				t.Error("the oldest is still there")
			}
		})
	}
}
