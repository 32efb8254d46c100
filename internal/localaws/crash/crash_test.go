package crash

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	rounds = flag.Int("rounds", 8, "how often the server is killed")
	seed   = flag.Uint64("seed", 0, "of the random moments; 0: another each time")
)

const (
	role = "arn:aws:iam::" + account + ":role/r"
	send = `"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","TimeoutSeconds":60,"Retry":[{"ErrorEquals":["SQS.SdkClientException"],"IntervalSeconds":1,"MaxAttempts":3}]`
)

// arguments of a step's message; the execution is the one that the test started.
func arguments(step string) string {
	return `"Arguments":{"QueueUrl":"http://sqs/000000000000/q","MessageBody":{"Execution":"{% $states.context.Execution.Input.id %}","Step":"` + step + `"}},"Output":"{% $merge([$states.input, {'` + step + `': $states.result.MessageId}]) %}"`
}

func machineOf(states string) string {
	return `{"QueryLanguage":"JSONata","StartAt":"First","States":{` + states + `}}`
}

// The kinds of executions. A, B, C … are steps in their order.
var definitions = map[string]string{
	"chain": machineOf(`"First":{` + send + `,` + arguments("A") + `,"Next":"Pause"},"Pause":{"Type":"Wait","Seconds":"{% $states.input.pause %}","Next":"Both"},
		"Both":{"Type":"Parallel","Branches":[{"StartAt":"B1","States":{"B1":{` + send + `,` + arguments("B") + `,"End":true}}},{"StartAt":"B2","States":{"B2":{` + send + `,` + arguments("B") + `,"End":true}}}],
		"Output":"{% $states.result[0] %}","Next":"Last"},"Last":{` + send + `,` + arguments("C") + `,"End":true}`),
	"callback": machineOf(`"First":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","TimeoutSeconds":600,
		"Arguments":{"QueueUrl":"http://sqs/000000000000/q","MessageBody":{"Execution":"{% $states.context.Execution.Input.id %}","Step":"A","Token":"{% $states.context.Task.Token %}"}},
		"Output":"{% $merge([$states.input, {'A': $states.result.said}]) %}","Next":"Last"},"Last":{` + send + `,` + arguments("B") + `,"End":true}`),
	"activity": machineOf(`"First":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:work","TimeoutSeconds":4,
		"Arguments":{"Execution":"{% $states.context.Execution.Input.id %}"},"Retry":[{"ErrorEquals":["States.Timeout"],"IntervalSeconds":1,"MaxAttempts":99,"BackoffRate":1}],
		"Output":"{% $merge([$states.input, {'A': $states.result.said}]) %}","Next":"Last"},"Last":{` + send + `,` + arguments("B") + `,"End":true}`),
	"map": machineOf(`"First":{"Type":"Map","Label":"Each","Items":[1,2,3,4],"ItemSelector":{"id":"{% $states.context.Execution.Input.id %}","item":"{% $states.context.Map.Item.Value %}"},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"One","States":{
		"One":{` + send + `,"Arguments":{"QueueUrl":"http://sqs/000000000000/q","MessageBody":{"Execution":"{% $states.input.id %}","Step":"{% '/' & $states.input.item & '/A' %}"}},"Output":"{% $states.input %}","Next":"Two"},
		"Two":{` + send + `,"Arguments":{"QueueUrl":"http://sqs/000000000000/q","MessageBody":{"Execution":"{% $states.input.id %}","Step":"{% '/' & $states.input.item & '/B' %}"}},"End":true}}},
		"Output":{"id":"{% $states.input.id %}","results":"{% $count($states.result) %}"},"Next":"Last"},"Last":{` + send + `,` + arguments("A") + `,"End":true}`),
	"parent": machineOf(`"First":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","TimeoutSeconds":600,
		"Arguments":{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:chain","Input":"{% $states.context.Execution.Input %}"},
		"Output":"{% $states.result.Output %}","Next":"Last"},"Last":{` + send + `,` + arguments("D") + `,"End":true}`),
	"redriven": machineOf(`"First":{` + send + `,` + arguments("A") + `,"Next":"F"},"F":{` + send + `,` + arguments("F") + `,"Next":"Last"},"Last":{` + send + `,` + arguments("G") + `,"End":true}`),
	"express":  machineOf(`"First":{` + send + `,` + arguments("A") + `,"End":true}`),
}

// wanted are the steps that an execution of a kind has done in the end.
var wanted = map[string][]string{
	"chain": {"A", "B", "C"}, "callback": {"A", "B"}, "activity": {"B"}, "parent": {"A", "B", "C", "D"}, "redriven": {"A", "F", "G"}, "express": {"A"},
	"map": {"/1/A", "/1/B", "/2/A", "/2/B", "/3/A", "/3/B", "/4/A", "/4/B", "A"},
}

// ledger is what the server has said, which must stay true.
type ledger struct {
	t      *testing.T
	world  *world
	random *rand.Rand // under mu

	mu         sync.Mutex
	process    *process
	executions map[string]*execution // by id
	worked     map[string]bool       // activity tokens that a worker has
	answers    map[string]string     // answers to activities that were accepted, by token
	order      []string
	counters   map[string]counter
}

type execution struct {
	id, kind, arn string
	seen          []any // events, as GetExecutionHistory told them
	ended         bool
}

// counter is a value that the test writes with rising numbers.
type counter struct{ tried, accepted int }

func TestCrash(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("rerun with -rounds=%d -seed=%d", *rounds, *seed)
	w := newWorld(t, *seed)
	l := &ledger{t: t, world: w, random: rand.New(rand.NewPCG(*seed, 2)), executions: map[string]*execution{}, worked: map[string]bool{},
		answers: map[string]string{}, counters: map[string]counter{}}
	program, dir := build(t), t.TempDir()
	l.process = start(t, program, dir, w.server.URL)
	t.Cleanup(func() { l.process.kill() })
	l.prepare()
	for range *rounds {
		l.load()
		l.process.kill()
		began := time.Now()
		l.process = start(t, program, dir, w.server.URL)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s until the server was up again", took)
		}
		l.checkCounters()
		if t.Failed() {
			return
		}
	}
	l.settle()
	l.verify()
	info, _ := os.Stat(dir + "/stride.db")
	t.Logf("%d kills, %d executions, %d effects, %d callbacks; the store has %d KB", *rounds, len(l.executions), w.calls, len(w.tokens), info.Size()>>10)
}

func (l *ledger) must(err error) {
	if err != nil {
		l.t.Helper()
		l.t.Fatal(err)
	}
}

type object = map[string]any

// prepare makes what executions need.
func (l *ledger) prepare() {
	p := l.process
	for name, definition := range definitions {
		kind := "STANDARD"
		if name == "express" {
			kind = "EXPRESS"
		}
		l.must(p.states("CreateStateMachine", object{"name": name, "definition": definition, "roleArn": role, "type": kind}, nil))
	}
	l.must(p.states("CreateActivity", object{"name": "work"}, nil))
	l.must(p.putObject("/crash", ""))
	l.must(p.rest("pipes", "POST", "/v1/pipes/p", "", pipe(0), nil))
	l.must(p.call("Logs_20140328.CreateLogGroup", object{"logGroupName": "crash"}, nil))
	l.must(p.call("Logs_20140328.CreateLogStream", object{"logGroupName": "crash", "logStreamName": "s"}, nil))
}

// pipe is one that rests, and has a number.
func pipe(n int) object {
	return object{"Source": "arn:aws:sqs:us-east-1:" + account + ":q", "Target": arnOf("stateMachine", "chain"), "RoleArn": role, "DesiredState": "STOPPED", "Description": fmt.Sprint(n)}
}

// watch makes a call of CloudWatch.
func (p *process) watch(operation string, in, out any) error {
	return p.rest("monitoring", "POST", "/", "GraniteServiceVersion20100801."+operation, in, out)
}

func arnOf(kind, name string) string {
	return "arn:aws:states:us-east-1:" + account + ":" + kind + ":" + name
}

func (l *ledger) roll(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.random.IntN(n)
}

// load puts the server to work until a random moment.
func (l *ledger) load() {
	var group sync.WaitGroup
	stop := make(chan struct{})
	for _, work := range []func(){l.startOne, l.startOne, l.answerOne, l.work, l.look, l.redriveOne, l.count} {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					work()
				}
			}
		})
	}
	time.Sleep(time.Duration(20+l.roll(380)) * time.Millisecond)
	l.process.kill()
	close(stop)
	group.Wait()
}

// startOne starts an execution. One whose start is not answered may have begun: it is started again until it is.
func (l *ledger) startOne() {
	kinds := []string{"chain", "callback", "activity", "map", "parent", "redriven", "express"}
	l.mu.Lock()
	kind := kinds[l.random.IntN(len(kinds))]
	id := fmt.Sprintf("%s-%d", kind, len(l.order))
	pause := l.random.IntN(3)
	l.order = append(l.order, id)
	l.mu.Unlock()
	if kind == "redriven" {
		l.world.fail(id, true)
	}
	var out struct{ ExecutionArn string }
	err := l.process.states("StartExecution", object{"stateMachineArn": arnOf("stateMachine", kind), "name": id,
		"input": fmt.Sprintf(`{"id":%q,"pause":%d}`, id, pause)}, &out)
	if err == nil {
		l.mu.Lock()
		l.executions[id] = &execution{id: id, kind: kind, arn: out.ExecutionArn}
		l.mu.Unlock()
	} else if err != errGone {
		l.t.Errorf("starting %s: %s", id, err)
	}
	time.Sleep(time.Duration(l.roll(12)) * time.Millisecond)
}

// answerOne ends a task that waits for its token. AWS: an answer that was accepted before is refused as timed out.
func (l *ledger) answerOne() {
	list := l.world.unanswered()
	if len(list) == 0 {
		time.Sleep(2 * time.Millisecond)
		return
	}
	c := list[l.roll(len(list))]
	err := l.process.states("SendTaskSuccess", object{"taskToken": c.token, "output": `{"said":"yes"}`}, nil)
	if no, refused := err.(*refusal); refused && no.code != "TaskTimedOut" {
		l.t.Errorf("answering %s: %s", c.execution, err)
	}
	if err != errGone {
		l.world.mu.Lock()
		c.accepted = true
		l.world.mu.Unlock()
	}
}

// work is an activity's worker. No token may be given to a worker twice.
func (l *ledger) work() {
	var task struct{ TaskToken, Input string }
	if l.process.states("GetActivityTask", object{"activityArn": arnOf("activity", "work")}, &task) != nil || task.TaskToken == "" {
		time.Sleep(time.Millisecond)
		return
	}
	l.mu.Lock()
	if l.worked[task.TaskToken] {
		l.t.Errorf("a worker gets the task again: %s", task.Input)
	}
	l.worked[task.TaskToken] = true
	l.mu.Unlock()
	said := fmt.Sprintf(`{"said":"%d"}`, l.roll(1000))
	if l.process.states("SendTaskSuccess", object{"taskToken": task.TaskToken, "output": said}, nil) == nil {
		var in struct{ Execution string }
		l.must(json.Unmarshal([]byte(task.Input), &in))
		l.mu.Lock()
		l.answers[in.Execution] = said
		l.mu.Unlock()
	}
}

func (l *ledger) pick() *execution {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range 8 {
		if len(l.order) == 0 {
			return nil
		}
		recent := l.order[max(0, len(l.order)-60):]
		if e := l.executions[recent[l.random.IntN(len(recent))]]; e != nil && e.kind != "express" {
			return e
		}
	}
	return nil
}

// look reads a history, which must begin with what was read before.
func (l *ledger) look() {
	if e := l.pick(); e != nil {
		l.read(e)
	}
	time.Sleep(time.Millisecond)
}

// read notes an execution's history. One that goes on after the server was killed may for a moment tell less.
func (l *ledger) read(e *execution) {
	var out struct{ Events []any }
	if l.process.states("GetExecutionHistory", object{"executionArn": e.arn, "maxResults": 1000}, &out) != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(e.seen), len(out.Events))
	for i := range n {
		if !reflect.DeepEqual(e.seen[i], out.Events[i]) {
			l.t.Errorf("%s: event %d was %v, and is %v", e.id, i+1, e.seen[i], out.Events[i])
			return
		}
	}
	if len(out.Events) > n {
		e.seen = out.Events
	}
}

func (l *ledger) status(e *execution) (status, output string) {
	var out struct{ Status, Output string }
	if l.process.states("DescribeExecution", object{"executionArn": e.arn}, &out) != nil {
		return "", ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.ended && out.Status != "SUCCEEDED" {
		l.t.Errorf("%s has SUCCEEDED, and is %s", e.id, out.Status)
	}
	e.ended = e.ended || out.Status == "SUCCEEDED"
	return out.Status, out.Output
}

// redriveOne redrives an execution that has failed as it was to.
func (l *ledger) redriveOne() {
	e := l.pick()
	if e == nil || e.kind != "redriven" {
		time.Sleep(time.Millisecond)
		return
	}
	l.redrive(e)
}

func (l *ledger) redrive(e *execution) {
	if status, _ := l.status(e); status != "FAILED" {
		return
	}
	l.world.fail(e.id, false)
	err := l.process.states("RedriveExecution", object{"executionArn": e.arn}, nil)
	if no, refused := err.(*refusal); refused && no.code != "ExecutionNotRedrivable" { // so it was, before an answer that was lost
		l.t.Errorf("redriving %s: %s", e.id, err)
	}
}

// count writes the next number in each of the other services.
func (l *ledger) count() {
	writes := map[string]func(n int) error{
		"tag": func(n int) error {
			return l.process.states("TagResource", object{"resourceArn": arnOf("stateMachine", "chain"), "tags": []object{{"key": "n", "value": fmt.Sprint(n)}}}, nil)
		},
		"object": func(n int) error { return l.process.putObject("/crash/n", fmt.Sprint(n)) },
		"log": func(n int) error {
			return l.process.call("Logs_20140328.PutLogEvents", object{"logGroupName": "crash", "logStreamName": "s",
				"logEvents": []object{{"timestamp": time.Now().UnixMilli(), "message": fmt.Sprint(n)}}}, nil)
		},
		"pipe": func(n int) error { return l.process.rest("pipes", "PUT", "/v1/pipes/p", "", pipe(n), nil) },
		"alarm": func(n int) error {
			return l.process.watch("PutMetricAlarm", object{"AlarmName": "a", "Namespace": "Crash", "MetricName": "n", "Statistic": "Maximum", "Period": 60, "EvaluationPeriods": 1,
				"Threshold": n, "ComparisonOperator": "GreaterThanThreshold"}, nil)
		},
		"metric": func(n int) error {
			return l.process.watch("PutMetricData", object{"Namespace": "Crash", "MetricData": []object{{"MetricName": "n", "Value": n}}}, nil)
		},
	}
	for name, write := range writes {
		l.mu.Lock()
		c := l.counters[name]
		c.tried++
		l.counters[name] = c
		l.mu.Unlock()
		if write(c.tried) == nil {
			l.mu.Lock()
			c.accepted = c.tried
			l.counters[name] = c
			l.mu.Unlock()
		}
	}
	time.Sleep(5 * time.Millisecond)
}

// checkCounters reads the numbers again: each is the last that was accepted, or one whose answer was lost.
func (l *ledger) checkCounters() {
	p := l.process
	var tags struct{ Tags []struct{ Key, Value string } }
	l.must(p.states("ListTagsForResource", object{"resourceArn": arnOf("stateMachine", "chain")}, &tags))
	for _, tag := range tags.Tags {
		l.checkCounter("tag", tag.Value)
	}
	content, err := p.getObject("/crash/n")
	if l.counters["object"].accepted > 0 {
		l.must(err)
	}
	l.checkCounter("object", content)
	var logs struct{ Events []struct{ Message string } }
	l.must(p.call("Logs_20140328.GetLogEvents", object{"logGroupName": "crash", "logStreamName": "s"}, &logs))
	if n := len(logs.Events); n > 0 {
		l.checkCounter("log", logs.Events[n-1].Message)
	}
	var kept struct{ Description string }
	l.must(p.rest("pipes", "GET", "/v1/pipes/p", "", nil, &kept))
	l.checkCounter("pipe", kept.Description)
	var alarms struct{ MetricAlarms []struct{ Threshold int } }
	l.must(p.watch("DescribeAlarms", object{}, &alarms))
	for _, a := range alarms.MetricAlarms {
		l.checkCounter("alarm", fmt.Sprint(a.Threshold))
	}
	highest := 0
	var metric struct{ Datapoints []struct{ Maximum int } }
	l.must(p.watch("GetMetricStatistics", object{"Namespace": "Crash", "MetricName": "n", "StartTime": time.Now().Add(-time.Hour).Unix(), "EndTime": time.Now().Add(time.Minute).Unix(),
		"Period": 60, "Statistics": []string{"Maximum"}}, &metric))
	for _, d := range metric.Datapoints {
		highest = max(highest, d.Maximum)
	}
	l.checkCounter("metric", fmt.Sprint(highest))
}

func (l *ledger) checkCounter(name, text string) {
	c := l.counters[name]
	var n int
	_, _ = fmt.Sscan(text, &n) // "": 0
	if n < c.accepted || n > c.tried {
		l.t.Errorf("%s is %q; %d was accepted, %d tried", name, text, c.accepted, c.tried)
	}
}

// settle lets everything end: what was not answered is answered, what failed is redriven.
func (l *ledger) settle() {
	deadline := time.Now().Add(2 * time.Minute)
	stop := make(chan struct{})
	var group sync.WaitGroup
	for _, work := range []func(){l.answerOne, l.work} {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					work()
				}
			}
		})
	}
	for l.unfinished() && time.Now().Before(deadline) {
		time.Sleep(100 * time.Millisecond)
	}
	close(stop)
	_ = l.process.states("SendTaskHeartbeat", object{"taskToken": "x"}, nil)
	// a worker that still polls is given a task of its own
	_ = l.process.states("StartExecution", object{"stateMachineArn": arnOf("stateMachine", "activity"), "name": "end", "input": `{"id":"end"}`}, nil)
	group.Wait()
}

// unfinished tells whether an execution has not succeeded yet; what has failed is redriven.
func (l *ledger) unfinished() (some bool) {
	for _, id := range l.order {
		e := l.executions[id]
		if e == nil || e.kind == "express" || e.ended {
			continue
		}
		if status, _ := l.status(e); status != "SUCCEEDED" {
			some = true
			l.redrive(e)
		}
	}
	return some
}

// verify holds what is at the end against what was seen on the way.
func (l *ledger) verify() {
	for _, id := range l.order {
		e := l.executions[id]
		if e == nil {
			continue // its start was not answered
		}
		l.verifySteps(e)
		if e.kind == "express" {
			continue
		}
		status, output := l.status(e)
		if status != "SUCCEEDED" {
			l.t.Errorf("%s is %s at the end", id, status)
			continue
		}
		l.verifyOutput(e, output)
		before := len(e.seen)
		if l.read(e); len(e.seen) < before {
			l.t.Errorf("%s had %d events, and has %d", id, before, len(e.seen))
		}
	}
	l.verifyNested()
}

func (l *ledger) verifySteps(e *execution) {
	done := map[string]bool{}
	for _, s := range l.world.steps(e.id) {
		done[s.step] = true
	}
	for _, step := range wanted[e.kind] {
		if !done[step] {
			l.t.Errorf("%s: step %s is lost", e.id, step)
		}
	}
}

// verifyOutput looks for each step's result, which is the number of one of its effects, in the output.
func (l *ledger) verifyOutput(e *execution, output string) {
	var out map[string]any
	l.must(json.Unmarshal([]byte(output), &out))
	effects := l.world.steps(e.id)
	for step, result := range out {
		known := slices.ContainsFunc(effects, func(x effect) bool { return x.step == step && fmt.Sprint(x.n) == result })
		answered := e.kind == "callback" || e.kind == "activity"
		if len(step) == 1 && !known && !(answered && step == "A") {
			l.t.Errorf("%s: the result of step %s is %v, which none of its effects had: %v", e.id, step, result, effects)
		}
	}
	if said := l.answers[e.id]; said != "" && e.kind == "activity" {
		if want := strings.TrimSuffix(strings.TrimPrefix(said, `{"said":"`), `"}`); out["A"] != want {
			l.t.Errorf("%s: the worker was told that its answer %s is accepted, and the result is %v", e.id, want, out["A"])
		}
	}
}

// verifyNested counts the executions of "chain": one for each that was started, and one for each parent.
func (l *ledger) verifyNested() {
	byInput := map[string][]string{}
	token := any(nil)
	for {
		var out struct {
			Executions []struct{ ExecutionArn, Name string }
			NextToken  *string
		}
		in := object{"stateMachineArn": arnOf("stateMachine", "chain"), "maxResults": 1000}
		if token != nil {
			in["nextToken"] = token
		}
		l.must(l.process.states("ListExecutions", in, &out))
		for _, x := range out.Executions {
			var described struct{ Input string }
			l.must(l.process.states("DescribeExecution", object{"executionArn": x.ExecutionArn}, &described))
			byInput[described.Input] = append(byInput[described.Input], x.Name)
		}
		if out.NextToken == nil {
			break
		}
		token = *out.NextToken
	}
	for input, names := range byInput {
		if len(names) > 1 {
			l.t.Errorf("%d executions for %s: %v", len(names), input, names)
		}
	}
}
