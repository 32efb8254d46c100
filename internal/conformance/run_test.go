package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/local"
)

// world is what a case runs against.
type world struct {
	endpoint string // of the peers that play the other services
	// call makes a call of the API of Step Functions or CloudWatch Logs.
	call func(ctx context.Context, service, operation, account, region string, body []byte) ([]byte, error)
	// peer makes a call of any other service.
	peer func(service, operation string, params map[string]any) (any, error)
	sets map[string][]mask
}

const ourAccount, ourRegion = "000000000000", "us-east-1"

// run runs a case and compares, at first less what LocalStack's tests do not verify either, then strictly.
func (c *testCase) run(w *world) (lenient, strict []string) {
	keyed, order, answers, err := c.play(w)
	if err != nil {
		return []string{err.Error()}, []string{err.Error()}
	}
	for _, k := range order {
		keyed[k] = unwrap(keyed[k])
	}
	masked, err := c.maskAnswers(keyed, order, answers, w.sets)
	if err != nil {
		return []string{err.Error()}, []string{err.Error()}
	}
	strict = compare(map[string]any(c.Expected), masked)
	want := clone(c.Expected).(map[string]any)
	for _, path := range append(c.Unverified, "$..UnsubscribeURL") { // the peer that plays SNS has no subscriptions to end
		without(want, path)
		without(masked, path)
	}
	return compare(want, masked), strict
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = clone(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = clone(x)
		}
		return out
	}
	return v
}

// player makes a case's calls.
type player struct {
	*testCase
	*world
	answers map[int]any
	errors  map[int]*local.Error
	keyed   map[string]any
	order   []string
}

func (c *testCase) play(w *world) (map[string]any, []string, map[int]any, error) {
	p := &player{testCase: c, world: w, answers: map[int]any{}, errors: map[int]*local.Error{}, keyed: map[string]any{}}
	for i := range c.Steps {
		if err := p.step(&c.Steps[i]); err != nil {
			return nil, nil, nil, fmt.Errorf("step %d, %s: %w", c.Steps[i].N, c.Steps[i].Call, err)
		}
	}
	for _, key := range c.Unreached {
		if err := p.unreached(key); err != nil {
			return nil, nil, nil, err
		}
	}
	for _, d := range c.Derived {
		v, err := p.derive(d.Key, d.AfterStep)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("%s: %w", d.Key, err)
		}
		p.record(d.Key, v)
	}
	return p.keyed, p.order, p.answers, nil
}

func (p *player) record(key string, v any) {
	if _, ok := p.keyed[key]; !ok {
		p.order = append(p.order, key)
	}
	p.keyed[key] = clone(v)
}

func (p *player) step(s *step) error {
	answer, err := p.make(s)
	if err != nil {
		return err
	}
	p.answers[s.N] = answer
	for _, e := range s.Expect {
		v := any(answer)
		if e.Field != "" {
			object, _ := answer.(map[string]any)
			v = object[e.Field]
		}
		p.record(e.Key, v)
	}
	return nil
}

// pollFor is how long a step waits for what it waits for.
const pollFor = 30 * time.Second

// make makes a step's call, until it answers what it waits for where it polls.
func (p *player) make(s *step) (any, error) {
	params, err := p.params(s, p.answers)
	if err != nil {
		return nil, err
	}
	service, operation, _ := strings.Cut(s.Call, ":")
	end := time.Now().Add(pollFor)
	for {
		answer, err := p.once(s, service, operation, params)
		if err != nil || !s.Poll && s.Call != "logs:GetLogEvents" || p.settled(s, answer) {
			return answer, err
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("%s did not come: %s", s.Call, brief(answer))
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (p *player) once(s *step, service, operation string, params map[string]any) (any, error) {
	if service != "stepfunctions" && service != "logs" {
		return p.peer(service, operation, params)
	}
	if text := refusedByClient(params); text != "" {
		p.errors[s.N] = &local.Error{Code: "ParamValidationError", Message: text}
		return failure(p.errors[s.N]), nil
	}
	body, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	body = []byte(strings.ReplaceAll(string(body), "${SERVICES_ENDPOINT}", p.endpoint))
	account, region := s.Account, s.Region
	if account == "" {
		account = ourAccount
	}
	if region == "" {
		region = ourRegion
	}
	text, err := p.call(context.Background(), service, operation, account, region, body)
	var refused *local.Error
	if errors.As(err, &refused) {
		p.errors[s.N] = refused
		return failure(refused), nil
	}
	if err != nil {
		return nil, err
	}
	answer := map[string]any{}
	if len(text) > 0 {
		if err := decode(text, &answer); err != nil {
			return nil, fmt.Errorf("the answer is not JSON: %w: %s", err, text)
		}
	}
	answer["ResponseMetadata"] = map[string]any{"HTTPHeaders": map[string]any{}, "HTTPStatusCode": json.Number("200")}
	return answer, nil
}

// refusedByClient is what boto3 says of parameters before it sends them: nulls, and empty tokens.
func refusedByClient(params map[string]any) string {
	var texts []string
	for _, k := range slices.Sorted(maps.Keys(params)) {
		switch v := params[k].(type) {
		case nil:
			texts = append(texts, "Invalid type for parameter "+k+", value: None, type: <class 'NoneType'>, valid types: <class 'str'>")
		case string:
			if k == "definition" && (v == "null" || v == "") {
				texts = append(texts, "Invalid type for parameter "+k+", value: None, type: <class 'NoneType'>, valid types: <class 'str'>")
			}
			if k == "nextToken" && v == "" {
				texts = append(texts, "Invalid length for parameter "+k+", value: 0, valid min length: 1")
			}
		}
	}
	if texts == nil {
		return ""
	}
	return "Parameter validation failed:\n" + strings.Join(texts, "\n")
}

// failure is an error as boto3 shows it.
func failure(e *local.Error) map[string]any {
	out := map[string]any{
		"Error":            map[string]any{"Code": e.Code, "Message": e.Message},
		"message":          e.Message,
		"ResponseMetadata": map[string]any{"HTTPHeaders": map[string]any{}, "HTTPStatusCode": json.Number("400")},
	}
	if e.Reason != "" {
		out["reason"] = e.Reason
	}
	return out
}

var finals = []string{"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}

// settled tells whether a polled answer is the one that is waited for.
func (p *player) settled(s *step, answer any) bool {
	object, _ := answer.(map[string]any)
	if p.errors[s.N] != nil {
		return !strings.HasPrefix(s.Call, "logs:")
	}
	switch s.Call {
	case "stepfunctions:GetExecutionHistory":
		events, _ := object["events"].([]any)
		if len(events) == 0 {
			return false
		}
		last, _ := events[len(events)-1].(map[string]any)
		for _, kind := range finals {
			if last["type"] == kind {
				return true
			}
		}
		return p.expectsRunning(s) || p.endedLater(s) && waiting[fmt.Sprint(last["type"])]
	case "stepfunctions:ListExecutions":
		list, _ := object["executions"].([]any)
		for _, e := range list {
			if e.(map[string]any)["status"] == "RUNNING" {
				return false
			}
		}
		return len(list) > 0 || s.Params["statusFilter"] == nil
	case "sqs:ReceiveMessage":
		list, _ := object["Messages"].([]any)
		return len(list) > 0
	case "logs:GetLogEvents":
		list, _ := object["events"].([]any)
		if len(list) == 0 {
			return false
		}
		text, _ := list[len(list)-1].(map[string]any)["message"].(string)
		return slices.ContainsFunc(finals, func(kind string) bool { return strings.Contains(text, `"type":"`+kind+`"`) })
	}
	return true
}

// waiting are the events behind which an execution waits for somebody.
var waiting = map[string]bool{"TaskSubmitted": true, "ActivityScheduled": true, "WaitStateEntered": true}

// endedLater tells whether a later step moves the execution on, or ends it.
func (p *player) endedLater(s *step) bool {
	for _, later := range p.Steps {
		_, operation, _ := strings.Cut(later.Call, ":")
		if later.N > s.N && p.answers[later.N] == nil && (operation == "StopExecution" || strings.HasPrefix(operation, "SendTask") || operation == "ReceiveMessage") {
			return true
		}
	}
	return false
}

// expectsRunning tells whether the recording shows an execution that is not over.
func (p *player) expectsRunning(s *step) bool {
	keys := slices.Clone(p.Unreached)
	for _, e := range s.Expect {
		keys = append(keys, e.Key)
	}
	for _, key := range keys {
		want, _ := p.Expected[key].(map[string]any)
		events, _ := want["events"].([]any)
		if len(events) == 0 {
			continue
		}
		last, _ := events[len(events)-1].(map[string]any)
		for _, kind := range finals {
			if last["type"] == kind {
				return false
			}
		}
		return true
	}
	return false
}

// unreached finds an answer whose step is missing: the history of the last run, else the last step's answer.
func (p *player) unreached(key string) error {
	last := p.Steps[len(p.Steps)-1]
	want, _ := p.Expected[key].(map[string]any)
	switch {
	case want["exception_typename"] != nil:
		v, err := p.derive(key, last.N)
		p.record(key, v)
		return err
	case want["events"] != nil && len(p.Runs) == 0 && strings.HasSuffix(last.Call, "CreateStateMachine"):
		return p.runAsRecorded(key, last.N, want["events"].([]any)[0])
	case want["events"] != nil && len(p.Runs) > 0 && !strings.HasSuffix(last.Call, "GetExecutionHistory"):
		run := p.Runs[len(p.Runs)-1].Step
		s := &step{N: last.N + 1, Call: "stepfunctions:GetExecutionHistory", Poll: true, Params: map[string]any{"executionArn": fmt.Sprintf("{{%d.executionArn}}", run)}}
		s.Expect = append(s.Expect, struct{ Key, Field string }{key, ""})
		return p.step(s)
	}
	p.record(key, p.answers[last.N])
	return nil
}

// runAsRecorded starts the machine that the last step made with the input that the recording shows.
func (p *player) runAsRecorded(key string, n int, started any) error {
	details, _ := started.(map[string]any)["executionStartedEventDetails"].(map[string]any)
	start := &step{N: n + 1, Call: "stepfunctions:StartExecution", Params: map[string]any{
		"stateMachineArn": fmt.Sprintf("{{%d.stateMachineArn}}", n), "input": details["input"]}}
	if err := p.step(start); err != nil {
		return err
	}
	read := &step{N: n + 2, Call: "stepfunctions:GetExecutionHistory", Poll: true, Params: map[string]any{"executionArn": fmt.Sprintf("{{%d.executionArn}}", n+1)}}
	read.Expect = append(read.Expect, struct{ Key, Field string }{key, ""})
	return p.step(read)
}

// derive computes what the test computed from several answers.
func (p *player) derive(key string, after int) (any, error) {
	want := p.Expected[key]
	object, _ := want.(map[string]any)
	_, isText := want.(string)
	e := p.errors[after]
	if e == nil && (isText || object["exception_typename"] != nil) {
		return nil, fmt.Errorf("step %d did not fail", after)
	}
	text := ""
	if e != nil {
		_, operation, _ := strings.Cut(p.callOf(after), ":")
		text = fmt.Sprintf("An error occurred (%s) when calling the %s operation: %s", e.Code, operation, e.Message)
		if e.Code == "ParamValidationError" {
			text = e.Message
		}
	}
	switch {
	case isText:
		return text, nil
	case object["exception_typename"] != nil:
		return map[string]any{"exception_typename": e.Code, "exception_value": text}, nil
	case key == "cases":
		return p.cases()
	case key == "end_event":
		return p.endEvent(after)
	}
	return p.messages(key)
}

func (p *player) callOf(n int) string {
	for _, s := range p.Steps {
		if s.N == n {
			return s.Call
		}
	}
	return ""
}

// cases are a Choice test's runs: each one's input and output.
func (p *player) cases() (any, error) {
	var list []any
	for i, s := range p.Steps {
		if !strings.HasSuffix(s.Call, "StartExecution") || i+1 >= len(p.Steps) {
			continue
		}
		answer, _ := p.answers[p.Steps[i+1].N].(map[string]any)
		events, _ := answer["events"].([]any)
		if len(events) == 0 {
			return nil, fmt.Errorf("step %d has no history", p.Steps[i+1].N)
		}
		last, _ := events[len(events)-1].(map[string]any)
		details, _ := last["executionSucceededEventDetails"].(map[string]any)
		params, err := p.params(&p.Steps[i], p.answers)
		if err != nil {
			return nil, err
		}
		list = append(list, map[string]any{"input": params["input"], "output": details["output"]})
	}
	return list, nil
}

// endEvent is the last log event of the execution.
func (p *player) endEvent(after int) (any, error) {
	answer, _ := p.answers[after].(map[string]any)
	events, _ := answer["events"].([]any)
	if len(events) == 0 {
		return nil, fmt.Errorf("nothing was logged")
	}
	last, _ := events[len(events)-1].(map[string]any)
	var event any
	message, _ := last["message"].(string)
	return event, decode([]byte(message), &event)
}

// messages are the bodies of the messages that a queue got.
func (p *player) messages(string) (any, error) {
	list := []any{}
	for _, s := range p.Steps {
		if s.Call != "sqs:ReceiveMessage" {
			continue
		}
		answer, _ := p.answers[s.N].(map[string]any)
		messages, _ := answer["Messages"].([]any)
		for _, m := range messages {
			var body any
			text, _ := m.(map[string]any)["Body"].(string)
			if err := decode([]byte(text), &body); err != nil {
				return nil, err
			}
			list = append(list, body)
		}
	}
	return list, nil
}
