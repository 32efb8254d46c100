package flowtest

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/internal/native"
)

// Faults is what goes wrong in a run, as shares of the calls from 0 to 1, chosen by a seed: the same seed, the same faults, in both
// runs. A call that is retried is chosen for anew.
type Faults struct {
	Seed uint64
	// Duplicate delivers calls twice: Express runs a step at least once. Only of Express workflows.
	Duplicate float64
	// Throttle fails calls of Lambda functions with Lambda.TooManyRequestsException.
	Throttle float64
	// Hang leaves calls without an answer: they run into their timeout.
	Hang float64
	// Slow makes calls take SlowBy longer.
	Slow   float64
	SlowBy time.Duration
}

// Inject lets things go wrong in all runs of the test.
func (x *Test) Inject(f Faults) *Test {
	x.t.Helper()
	if f.Duplicate > 0 && x.workflow.Type() != flow.TypeExpress {
		x.t.Fatalf("flowtest: workflow %s is Standard, which delivers no call twice", x.workflow.Name())
	}
	for _, share := range []float64{f.Duplicate, f.Throttle, f.Hang, f.Slow} {
		if share < 0 || share > 1 {
			x.t.Fatalf("flowtest: a share of the calls is from 0 to 1, not %g", share)
		}
	}
	if f.Slow > 0 && f.SlowBy <= 0 {
		x.t.Fatalf("flowtest: Slow needs SlowBy, the time that calls take longer")
	}
	x.faults = &faults{f}
	return x
}

type faults struct{ Faults }

// said is how messages name the faults of a run.
func (f *faults) said() string {
	if f == nil {
		return ""
	}
	return fmt.Sprintf(", with the faults of seed %d", f.Seed)
}

// chosen says whether a fault of a kind befalls a call: attempt n of those with the same input.
func (f *faults) chosen(kind string, share float64, name string, input []byte, n int) bool {
	if share <= 0 {
		return false
	}
	h := fnv.New64a()
	var numbers [16]byte
	binary.LittleEndian.PutUint64(numbers[:8], f.Seed)
	binary.LittleEndian.PutUint64(numbers[8:], uint64(n))
	for _, part := range [][]byte{numbers[:], []byte(kind), []byte(name), input} {
		h.Write(part)
		h.Write([]byte{0})
	}
	const buckets = 1 << 20
	return float64(mix(h.Sum64())%buckets) < share*buckets
}

// mix spreads what differs in a hash over all of its bits. https://xoshiro.di.unimi.it/splitmix64.c
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// throttled is what Step Functions reports of a Lambda function that has too much to do.
var throttled = &native.Failure{Name: "Lambda.TooManyRequestsException", Cause: "Rate Exceeded. (Service: Lambda, Status Code: 429)"}

// befall changes the reply to attempt n of a task by the faults of the run. twice says that the call is delivered again.
func (f *faults) befall(t *native.Task, input []byte, n int, reply *native.Reply) (twice bool) {
	if f == nil {
		return false
	}
	hit := func(kind string, share float64) bool { return f.chosen(kind, share, t.Name, input, n) }
	switch {
	case t.Kind == native.Lambda && hit("throttle", f.Throttle):
		*reply = native.Reply{Err: throttled}
		return false
	case hit("hang", f.Hang):
		*reply = native.Reply{Never: true}
		return false
	case hit("slow", f.Slow):
		reply.After += f.SlowBy
	}
	return hit("duplicate", f.Duplicate)
}
