// Package cost turns what an execution did into money. History events go in through Of; a Usage comes out, which Standard and Express
// price. The commands cost and plan print it.
package cost

import (
	"math"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
)

// Usage is what an execution used, as AWS bills it.
type Usage struct {
	Transitions int           // states entered, and retries. AWS: Standard Workflows are billed for each
	Duration    time.Duration // from start to end
	MemoryMB    int           // of an Express execution, estimated: AWS bills the definition, payloads and branches it holds
	Lambda      time.Duration // sum of the time that Lambda functions took
	Invocations int
	LambdaGBs   float64
	Callbacks   bool // waits for a task token or a job: Standard only

	region  string        // "" is us-east-1
	longest time.Duration // of the executions that this is the mean of
}

// In is u at the prices of a region.
func (u Usage) In(region string) Usage {
	u.region = region
	return u
}

// Mean is what one of the executions used on average; the longest of them, and the one with the most memory, count whole, since what
// one of them needs all must be able to have.
func Mean(all []Usage) Usage {
	n := len(all)
	if n == 0 {
		return Usage{}
	}
	mean := Usage{region: all[0].region}
	for _, u := range all {
		mean = mean.plus(u)
		mean.MemoryMB = max(mean.MemoryMB, u.MemoryMB)
		mean.Callbacks = mean.Callbacks || u.Callbacks
		mean.longest = max(mean.longest, u.Duration)
	}
	mean.Transitions = (mean.Transitions + n/2) / n
	mean.Invocations = (mean.Invocations + n/2) / n
	mean.Duration /= time.Duration(n)
	mean.Lambda /= time.Duration(n)
	mean.LambdaGBs /= float64(n)
	return mean
}

// memoryFloor is what the smallest Express execution is billed, in MB. AWS: pricing example 3, 50 MB in chunks of 64.
const memoryFloor = 50

// Of adds up the events of one execution, in order. memory is a function's in MB, by its name; 128 where it does not know one.
func Of(events []*history.Event, memory func(function string) int) Usage {
	c := counter{entries: map[int64]bool{}, started: map[int64]call{}, memory: memory}
	for _, e := range events {
		c.add(e)
	}
	if n := len(events); n > 1 {
		c.usage.Duration = events[n-1].Time.Sub(events[0].Time)
	}
	c.usage.MemoryMB = memoryFloor + int(math.Ceil(float64(c.payload)*2/(1<<20)))
	return c.usage
}

type counter struct {
	usage   Usage
	entries map[int64]bool // ids of events that entered a state
	started map[int64]call // by the id of the last event of a task
	payload int            // the largest state's input, in bytes
	memory  func(string) int
}

type call struct {
	function string
	at       time.Time
}

func (c *counter) add(e *history.Event) {
	kind := string(e.Type)
	switch {
	case strings.HasSuffix(kind, "StateEntered"):
		c.usage.Transitions++
		c.entries[e.ID] = true
		c.payload = max(c.payload, e.Details.Input.Size())
	case strings.HasSuffix(kind, "Scheduled"):
		c.schedule(e)
	default:
		c.progress(e)
	}
}

// schedule begins a task; one that does not follow its state's entry is a retry, which AWS bills as a transition.
func (c *counter) schedule(e *history.Event) {
	if !c.entries[e.PreviousID] {
		c.usage.Transitions++
	}
	d := e.Details
	if strings.HasSuffix(d.Resource, ".waitForTaskToken") || strings.Contains(d.Resource, ".sync") || e.Type == history.ActivityScheduled {
		c.usage.Callbacks = true
	}
	if d.ResourceType == "lambda" || e.Type == history.LambdaFunctionScheduled {
		c.started[e.ID] = call{functionOf(d), e.Time}
	}
}

// progress follows a Lambda task to its end.
func (c *counter) progress(e *history.Event) {
	call, ok := c.started[e.PreviousID]
	if !ok {
		return
	}
	delete(c.started, e.PreviousID)
	switch kind := string(e.Type); {
	case strings.HasSuffix(kind, "Started"):
		c.started[e.ID] = call
	default: // submitted, succeeded, failed, timed out: the function has returned
		took := e.Time.Sub(call.at)
		c.usage.Invocations++
		c.usage.Lambda += took
		c.usage.LambdaGBs += took.Seconds() * float64(c.memoryOf(call.function)) / 1024
	}
}

func (c *counter) memoryOf(function string) int {
	if c.memory != nil {
		if mb := c.memory(function); mb > 0 {
			return mb
		}
	}
	return 128 // AWS: CreateFunction, MemorySize, default
}

// functionOf is the name of the function that a task calls, without version.
func functionOf(d *history.Details) string {
	name, _ := d.Parameters.Value().Get("FunctionName")
	if arn := name.Str(); arn != "" {
		return functionName(arn)
	}
	return functionName(d.Resource)
}

// functionName is the name in a function's ARN, without version.
func functionName(arn string) string {
	if _, rest, ok := strings.Cut(arn, ":function:"); ok {
		arn = rest
	}
	arn, _, _ = strings.Cut(arn, ":")
	return arn
}

// Standard is the price of n such executions of a Standard machine, Lambda apart.
func (u Usage) Standard(n float64) float64 {
	price := perTransition
	if thousand, ok := perThousandTransitions[u.region]; ok {
		price = thousand / 1000
	}
	return n * float64(u.Transitions) * price
}

// Express is the price of n such executions of an Express machine within a month, Lambda apart.
func (u Usage) Express(n float64) float64 {
	seconds := math.Ceil(float64(u.Duration)/durationChunk) * durationChunk / 1e9
	chunks := math.Ceil(float64(u.MemoryMB) / memoryChunk)
	return n*perRequest + tiered(n*max(seconds, 0.1)*chunks*memoryChunk/1024)
}

func tiered(gbs float64) float64 {
	total, from := 0.0, 0.0
	for _, t := range expressTiers {
		part := min(gbs, t.upTo) - from
		if part <= 0 {
			break
		}
		total += part * t.price
		from = t.upTo
	}
	return total
}

// Functions is the price of the Lambda invocations of n such executions.
func (u Usage) Functions(n float64) float64 {
	return n * (float64(u.Invocations)*perLambda + u.LambdaGBs*perLambdaGBs)
}

// expressLimit is how long an Express execution may run. AWS: Express Workflows, 5 minutes.
const expressLimit = 5 * time.Minute

// Advice says which type of machine fits, and why, by what the execution needs first and by price last.
func (u Usage) Advice() (standard bool, reason string) {
	switch {
	case u.Callbacks:
		return true, "it waits for a callback or a job, which only Standard can"
	case max(u.Duration, u.longest) > expressLimit:
		return true, "it runs longer than the 5 minutes that Express allows"
	case u.Express(1) < u.Standard(1):
		return false, "Express costs less, if every step may run more than once and its log is record enough"
	}
	return true, "Standard costs no more, runs each step exactly once and keeps a history for 90 days"
}

// Decides is a line of the table by which people choose a type. AWS: Developer Guide, choosing workflow type.
type Decides struct{ What, Standard, Express string }

// Table is what else decides.
var Table = []Decides{
	{"a step runs", "exactly once", "at least once: it must bear a repeat"},
	{"lasts", "up to a year", "up to 5 minutes"},
	{"waits for", "callbacks, approvals, jobs", "nobody"},
	{"record", "history, 90 days: an audit trail", "its log, if one is kept"},
	{"starts", "hundreds a second", "thousands a second: streams, events"},
}
