package machine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// A generator makes random definitions that are valid and end.
type generator struct {
	*rand.Rand
	n int // states made
}

func (g *generator) name() string {
	g.n++
	return fmt.Sprintf("S%d", g.n)
}

func (g *generator) pick(choices ...string) string { return choices[g.IntN(len(choices))] }

// machine makes StartAt and States: a chain of up to four states, with side states for Choice and Catch.
func (g *generator) machine(depth int) string {
	names := make([]string, 1+g.IntN(4))
	for i := range names {
		names[i] = g.name()
	}
	var states []string
	for i, name := range names {
		end := `"End":true`
		if i+1 < len(names) {
			end = fmt.Sprintf(`"Next":%q`, names[i+1])
		}
		states = append(states, fmt.Sprintf("%q:{%s}", name, g.state(end, names[len(names)-1], depth)))
	}
	last := len(states) - 1 // a target of jumps must end the machine itself
	states[last] = fmt.Sprintf("%q:{%s}", names[last], g.pick(`"Type":"Succeed"`, `"Type":"Succeed","OutputPath":"$.items"`, `"Type":"Fail"`,
		`"Type":"Fail","ErrorPath":"$.error.Error","Cause":"c"`, `"Type":"Succeed","QueryLanguage":"JSONata","Output":"{% $states.input %}"`,
		`"Type":"Fail","QueryLanguage":"JSONata","Error":"{% 'E' & 1 %}"`))
	return fmt.Sprintf(`"StartAt":%q,"States":{%s}`, names[0], strings.Join(states, ","))
}

func (g *generator) state(end, last string, depth int) string {
	kinds := []string{"Pass", "Pass", "Task", "Task", "Wait", "Choice"}
	if depth > 0 {
		kinds = append(kinds, "Parallel", "Map", "Distributed")
	}
	handlers := g.handlers(last)
	kind := g.pick(kinds...)
	if kind != "Distributed" && g.IntN(3) == 0 {
		return g.jsonataState(kind, end, last, depth)
	}
	switch kind {
	case "Pass":
		return g.pick(`"Type":"Pass",`, `"Type":"Pass","Result":[1,2,3],"ResultPath":"$.list",`,
			`"Type":"Pass","Parameters":{"a.$":"$","b.$":"States.UUID()"},`, `"Type":"Pass","Assign":{"v.$":"$"},`,
			`"Type":"Pass","OutputPath":"$.missing",`) + end
	case "Task":
		return `"Type":"Task","Resource":"` + g.pick("arn:aws:states:::lambda:invoke", "arn:aws:lambda:us-east-1:1:function:f",
			"arn:aws:states:us-east-1:1:activity:a", "arn:aws:states:::sqs:sendMessage.waitForTaskToken") + `",` +
			g.pick("", `"TimeoutSeconds":30,`, `"TimeoutSeconds":30,"HeartbeatSeconds":5,`) +
			g.pick("", `"ResultPath":"$.task",`, `"ResultSelector":{"r.$":"$"},`) + handlers + end
	case "Wait":
		return `"Type":"Wait",` + g.pick(`"Seconds":0`, `"Seconds":1`, `"Seconds":3600`, `"SecondsPath":"$.n"`, `"SecondsPath":"$.none"`,
			`"Timestamp":"2026-01-02T04:04:05Z"`, `"TimestampPath":"$.at"`) + "," + end
	case "Choice":
		return fmt.Sprintf(`"Type":"Choice","Choices":[{%s,"Next":%q}]`, g.test(2), last) + g.pick("", fmt.Sprintf(`,"Default":%q`, last), fmt.Sprintf(`,"Default":%q`, last))
	case "Parallel":
		var branches []string
		for range g.IntN(4) {
			branches = append(branches, "{"+g.machine(depth-1)+"}")
		}
		return `"Type":"Parallel","Branches":[` + strings.Join(branches, ",") + `],` + handlers + end
	case "Map":
		return `"Type":"Map","ItemsPath":"$.items","MaxConcurrency":` + g.pick("0", "1", "2") + `,"ItemProcessor":{` + g.machine(depth-1) + `},` + handlers + end
	}
	return `"Type":"Map",` + g.distributed() + `"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"` + g.pick("STANDARD", "EXPRESS") + `"},` +
		g.machine(depth-1) + `},` + handlers + end
}

// distributed are the fields of a distributed Map beside its processor.
func (g *generator) distributed() string {
	return g.pick(`"ItemsPath":"$.items",`, `"ItemsPath":"$.items","ItemSelector":{"items.$":"$$.Map.Item.Value.items","n.$":"$$.Map.Item.Index"},`,
		`"ItemReader":{"ReaderConfig":{"InputType":"JSON"},"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key":"items"}},`,
		`"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"}},`) +
		g.pick("", `"MaxConcurrency":1,`, `"MaxConcurrencyPath":"$.n",`, `"MaxConcurrencyPath":"$.none",`) +
		g.pick("", `"ToleratedFailurePercentage":100,`, `"ToleratedFailureCount":1,`, `"ToleratedFailureCountPath":"$.n",`) +
		g.pick("", "", `"ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"n":1}},`) +
		g.pick("", "", `"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b","Prefix":"p"}},`,
			`"ResultWriter":{"WriterConfig":{"OutputType":"JSON","Transformation":"FLATTEN"}},`)
}

// handlers are a state's Retry and Catch.
func (g *generator) handlers(last string) string {
	names := g.pick(`"States.ALL"`, `"States.ALL"`, `"States.TaskFailed"`, `"Random","States.Timeout"`, `"States.HeartbeatTimeout"`, `"States.ExceedToleratedFailureThreshold"`)
	return g.pick("", `"Retry":[{"ErrorEquals":[`+names+`],"MaxAttempts":`+g.pick("0", "2")+`,"IntervalSeconds":1,"MaxDelaySeconds":2,"BackoffRate":3,"JitterStrategy":"FULL"}],`) +
		g.pick("", fmt.Sprintf(`"Catch":[{"ErrorEquals":[%s],"ResultPath":"$.error","Next":%q}],`, names, last),
			fmt.Sprintf(`"Catch":[{"ErrorEquals":[%s],"ResultPath":null,"Assign":{"e.$":"$.Error"},"Next":%q}],`, names, last))
}

// test is what a Choice rule tests.
func (g *generator) test(depth int) string {
	switch g.IntN(6) {
	case 0:
		if depth > 0 {
			return g.pick(`"And"`, `"Or"`) + ":[{" + g.test(depth-1) + "},{" + g.test(depth-1) + "}]"
		}
	case 1:
		if depth > 0 {
			return `"Not":{` + g.test(depth-1) + "}"
		}
	case 2:
		return `"Variable":"$.n",` + g.pick(`"NumericEquals":1`, `"NumericLessThanPath":"$.n"`, `"IsNumeric":true`, `"StringMatches":"*1"`)
	case 3:
		return `"Variable":"$.at",` + g.pick(`"TimestampGreaterThan":"2026-01-01T00:00:00Z"`, `"IsTimestamp":true`, `"StringLessThanEqualsPath":"$.at"`)
	}
	return `"Variable":"$.list","IsPresent":true`
}

// jsonataState is a state in JSONata; some of its expressions fail.
func (g *generator) jsonataState(kind, end, last string, depth int) string {
	head := `"QueryLanguage":"JSONata","Type":"` + kind + `",`
	handlers := g.pick("", `"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1}],`,
		fmt.Sprintf(`"Catch":[{"ErrorEquals":["States.ALL"],"Output":"{%% $states.errorOutput %%}","Next":%q}],`, last),
		fmt.Sprintf(`"Catch":[{"ErrorEquals":["States.ALL"],"Assign":{"e":"{%% $nothing %%}"},"Next":%q}],`, last))
	output := g.pick("", `"Output":"{% $states.input %}",`, `"Output":{"items":"{% [1, 2] %}","at":"{% $states.context.State.Name %}"},`,
		`"Output":"{% $states.input.missing %}",`, `"Assign":{"v":"{% $count($states.input.items) %}"},`)
	switch kind {
	case "Pass":
		return head + output + end
	case "Task":
		return head + `"Resource":"arn:aws:states:::lambda:invoke","Arguments":` + g.pick(`"{% $states.input %}"`, `{"a":"{% $v %}"}`, `{"a":[1,"{% 2 %}"]}`) +
			`,"TimeoutSeconds":"{% 10 + 20 %}",` + output + handlers + end
	case "Wait":
		return head + `"Seconds":` + g.pick(`"{% 1 + 1 %}"`, `"{% 'x' %}"`, `5`) + `,` + end
	case "Choice":
		return head + fmt.Sprintf(`"Choices":[{"Condition":"{%% %s %%}","Next":%q}],"Default":%q`, g.pick("$exists($states.input.items)", "false", "1"), last, last)
	case "Parallel":
		return head + `"Branches":[{` + g.machine(depth-1) + `}],` + output + handlers + end
	}
	if g.IntN(3) == 0 {
		return head + `"Items":"{% $states.input.items %}","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},` + g.machine(depth-1) + `},` +
			g.pick("", `"ItemBatcher":{"MaxInputBytesPerBatch":"{% 20 + 1 %}"},`, `"ToleratedFailurePercentage":"{% 50 %}",`) + output + handlers + end
	}
	return head + `"Items":` + g.pick(`"{% $states.input.items %}"`, `[1,{"items":[]}]`, `"{% 'none' %}"`) + `,"ItemSelector":{"items":"{% [$states.context.Map.Item.Index] %}"},"ItemProcessor":{` +
		g.machine(depth-1) + `},` + output + handlers + end
}

// randomAnswers answers tasks in a way that depends on the task alone, so that a repeated run gets the same answers.
func randomAnswers(_ context.Context, task *Task, r Replier) {
	if task.Resource.Service == "s3" {
		r.Succeeded(history.Verbatim(`{"Body":"[{\"items\":[1]},{\"items\":[]}]","Contents":[{"Key":"k","LastModified":"2026-01-02T03:04:05Z"}]}`))
		return
	}
	choice := int(task.Seq*7+int64(task.Attempt)*3+int64(len(task.State))) % 6
	if task.Submitted {
		r.Succeeded(history.Verbatim(`{"items":[1]}`))
		return
	}
	switch choice {
	case 0, 1:
		r.Succeeded(history.JSON(task.Input))
	case 2:
		r.Failed(Failure{Error: "Random", Cause: history.Verbatim("chance")})
	case 3:
		r.Park() // never answers: times out, or ends with the execution
		if task.Timeout == 0 {
			r.TimedOut()
		}
	case 4:
		r.Started("worker")
		r.Submitted(history.Verbatim(`{"id":1}`))
		r.Succeeded(history.Verbatim(`{"items":[1]}`))
	case 5:
		r.Failed(Failure{Error: "Lambda.TooManyRequestsException", Stage: Stage(task.Seq % 4)})
	}
}

// seeded makes an Env whose ids and random numbers repeat themselves.
func seeded(start time.Time) *Env {
	env := &Env{Clock: NewVirtualClock(start), StartTask: randomAnswers,
		StartChild: func(_ context.Context, c *Child, r Replier) { r.Succeeded(history.JSON(c.Execution.Input)) }}
	env.Seed("a run")
	return env
}

func randomProgram(t testing.TB, seed uint64) *Program {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, seed))}
	text := "{" + g.machine(2) + `,"TimeoutSeconds":100000}`
	def, err := asl.Parse(text, "")
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	p, err := Compile(def)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return p
}

var randomInput = `{"items":[{"items":[1,2]},{"items":[]},{"items":[3]}],"n":1,"at":"2026-01-02T03:05:05Z"}`

func randomExecution(t testing.TB) *Execution {
	return &Execution{ARN: testARN, Name: "run", MachineName: "machine", StartTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Input: mustParse(t, randomInput)}
}

// TestRandomDefinitions runs random definitions to their end, checks the events' ids and chains, and repeats each run from every
// prefix of its journal: the events must be the same.
func TestRandomDefinitions(t *testing.T) {
	n := uint64(3000)
	if testing.Short() {
		n = 300
	}
	leavesNothing(t, func() {
		for seed := range n {
			checkRandom(t, seed)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	})
}

// TestRandomDefinitionsWithChildren runs random definitions whose distributed Maps run their children in this process, on one
// virtual clock, half of them as Express and each sixth stopped on the way.
func TestRandomDefinitionsWithChildren(t *testing.T) {
	leavesNothing(t, func() {
		for seed := range uint64(500) {
			p, exec := randomProgram(t, seed), randomExecution(t)
			exec.Express = seed%2 == 1
			env := seeded(exec.StartTime)
			env.StartChild = nil
			var run *Run
			events := 0
			env.Emit = func(*history.Event) {
				if events++; seed%6 == 0 && events == 5 {
					run.Stop(history.Verbatim("Enough"), history.Text{})
				}
			}
			run = p.Start(exec, env)
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			res := run.Wait(ctx)
			cancel()
			if res.Status == RunningStatus {
				t.Fatalf("seed %d does not end: %d events", seed, events)
			}
		}
	})
}

// leavesNothing wants goroutines and memory after do to be what they were before, but for a little that stays once.
func leavesNothing(t *testing.T, do func()) {
	t.Helper()
	do() // what stays once stays now
	before, heap := runtime.NumGoroutine(), heapInUse()
	do()
	for i := 0; runtime.NumGoroutine() > before && i < 1000; i++ {
		runtime.Gosched()
	}
	if after := runtime.NumGoroutine(); after > before+2 {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
	if after := heapInUse(); after > heap+4<<20 {
		t.Errorf("%d bytes in use before, %d after", heap, after)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func FuzzDefinitions(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { checkRandom(t, seed) })
}

func checkRandom(t *testing.T, seed uint64) {
	p := randomProgram(t, seed)
	exec := randomExecution(t)
	var events []*history.Event
	var journal []Input
	env := seeded(exec.StartTime)
	env.Emit = func(e *history.Event) { events = append(events, e) }
	env.Journal = func(in Input) { journal = append(journal, in) }
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	want := p.Run(ctx, exec, env)
	if want.Status == RunningStatus {
		t.Fatalf("does not end: %d events", len(events))
	}
	checkChain(t, events)
	step := 1 + len(journal)/5
	for k := 0; k <= len(journal); k += step {
		checkReplay(ctx, t, p, journal[:k], events, want)
	}
}

func checkChain(t *testing.T, events []*history.Event) {
	for i, e := range events {
		if e.ID != int64(i+1) || e.PreviousID >= e.ID || e.PreviousID < 0 || !e.Type.Known() {
			t.Errorf("event %d is %s with id %d after %d", i+1, e.Type, e.ID, e.PreviousID)
		}
		again, err := history.FromAPI(mustParse(t, string(e.AppendAPI(nil, true))))
		if err != nil || string(again.AppendAPI(nil, true)) != string(e.AppendAPI(nil, true)) {
			t.Errorf("%s comes back as %s (%v)", e.AppendAPI(nil, true), again.AppendAPI(nil, true), err)
		}
	}
}

func checkReplay(ctx context.Context, t *testing.T, p *Program, journal []Input, events []*history.Event, want Result) {
	exec := randomExecution(t)
	at := exec.StartTime
	if len(journal) > 0 {
		at = journal[len(journal)-1].Time
	}
	var again []*history.Event
	env := seeded(at)
	env.Emit = func(e *history.Event) { again = append(again, e) }
	run := p.Start(exec, env)
	run.Replay(append([]Input(nil), journal...))
	got := run.Wait(ctx)
	if got.Status != want.Status || !value.Equal(got.Output, want.Output) {
		t.Errorf("after %d inputs the run ends %s %s, want %s %s", len(journal), got.Status, got.Output, want.Status, want.Output)
	}
	lines := func(events []*history.Event) (out []string) {
		for _, e := range events {
			out = append(out, string(e.AppendAPI(nil, true)))
		}
		return out
	}
	if diff := cmp.Diff(lines(events), lines(again), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("after %d inputs the events differ (-first +again):\n%s", len(journal), diff)
	}
}
