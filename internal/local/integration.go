package local

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/integration"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/task"
	"github.com/stride-aws/stride/internal/uuid"
	"github.com/stride-aws/stride/internal/value"
)

// environment is the world of an execution of m: what this service answers itself (nested executions, activities, its own API),
// mocks where the execution was started with a test case, and Options.StartTask for the rest.
func (s *Service) environment(run *machine.Execution, m *stateMachine, mockCase string) (*machine.Env, error) {
	env := &machine.Env{Clock: s.cloud.Clock, StartTask: s.startTask}
	if mockCase == "" {
		return env, nil
	}
	if s.cloud.MockFile == "" {
		return nil, validation("Test case %s: no mock configuration is set; name its file in SFN_MOCK_CONFIG", mockCase)
	}
	mocks, err := task.ReadMocks(s.cloud.MockFile)
	if err != nil {
		return nil, validation("%s", err)
	}
	answers, err := mocks.Case(m.name, mockCase)
	if err != nil {
		return nil, validation("%s", err)
	}
	env.StartTask = answers.Wrap(s.startTask)
	return env, nil
}

// startTask starts a task of any kind.
func (s *Service) startTask(ctx context.Context, t *machine.Task, r machine.Replier) {
	switch {
	case t.Token == "" || t.Resource.Kind == machine.Activity:
	case t.Submitted && t.Resource.Pattern == "waitForTaskToken":
		r.Park()
		s.cloud.tokens.expect(ctx, t, r)
		return
	default:
		r = s.cloud.tokens.gated(ctx, t, r)
	}
	switch {
	case t.Resource.Kind == machine.Activity:
		s.startActivity(ctx, t, r)
	case t.Resource.Service == "states" && t.Submitted:
		s.attachNested(ctx, t, r)
	case t.Resource.Service == "states":
		s.startNested(ctx, t, r)
	case t.Resource.Service == "aws-sdk:sfn":
		go s.callSelf(ctx, t, r)
	case s.cloud.StartTask != nil:
		s.cloud.StartTask(ctx, t, r)
	default:
		r.Failed(machine.Failure{Error: "States.Runtime", Cause: history.Verbatim("nothing here answers for " + t.Resource.ARN)})
	}
}

// startActivity queues a task for an activity's workers.
func (s *Service) startActivity(ctx context.Context, t *machine.Task, r machine.Replier) {
	a, err := s.cloud.activity(t.Resource.ARN)
	if err != nil {
		r.Failed(machine.Failure{Error: "ActivityDoesNotExist", Cause: history.Verbatim(messageOf(err)), Stage: machine.Scheduling})
		return
	}
	r.Park()
	if s.cloud.tokens.expect(ctx, t, r) { // its worker has the token
		return
	}
	a.offer(&activityTask{token: t.Token, task: t, reply: r, ctx: ctx})
}

func (c *Cloud) activity(text string) (*activity, error) {
	a, err := arnOf(text, "activity")
	if err != nil {
		return nil, err
	}
	return c.Service(a.account, a.region).activityOf(text)
}

func messageOf(err error) string {
	if e, ok := err.(*Error); ok {
		return e.Message
	}
	return err.Error()
}

// callSelf answers an aws-sdk:sfn task from this service.
func (s *Service) callSelf(ctx context.Context, t *machine.Task, r machine.Replier) {
	r.Started("")
	operation := strings.ToUpper(t.Resource.Action[:1]) + t.Resource.Action[1:]
	answer, err := s.Call(ctx, operation, recase(t.Input, strings.ToLower).AppendJSON(nil))
	if err != nil {
		r.Failed(sdkFailure("Sfn", err))
		return
	}
	v, err := value.Parse(string(answer))
	if err != nil {
		r.Failed(machine.Failure{Error: "States.Runtime", Cause: history.Verbatim(err.Error())})
		return
	}
	if t.Resource.Pattern == "waitForTaskToken" {
		r.Submitted(history.JSON(recase(v, strings.ToUpper)))
		return
	}
	r.Succeeded(history.JSON(recase(v, strings.ToUpper)))
}

// sdkFailure is an error of this service's API as Step Functions names it: "Sfn.InvalidArnException".
func sdkFailure(prefix string, err error) machine.Failure {
	e, ok := err.(*Error)
	if !ok {
		return machine.Failure{Error: "States.Runtime", Cause: history.Verbatim(err.Error())}
	}
	return task.ServiceFailure(prefix, integration.Error{Service: "Sfn", Code: e.Code, Shape: e.Code, Message: e.Message, Status: 400})
}

// recase changes the first letter of all member names: tasks speak Step Functions' case, the API its own.
func recase(v value.Value, letter func(string) string) value.Value {
	switch v.Kind() {
	case value.Object:
		members := make([]value.Member, 0, v.Len())
		for _, m := range v.Members() {
			name := m.Name
			if name != "" {
				name = letter(name[:1]) + name[1:]
			}
			members = append(members, value.Member{Name: name, Value: recase(m.Value, letter)})
		}
		return value.OfObject(members)
	case value.Array:
		items := make([]value.Value, v.Len())
		for i, item := range v.Items() {
			items[i] = recase(item, letter)
		}
		return value.OfArray(items)
	}
	return v
}

// startNested starts an execution for states:startExecution, and with .sync waits for its end.
func (s *Service) startNested(ctx context.Context, t *machine.Task, r machine.Replier) {
	r.Started("")
	if t.Resource.Action != "startExecution" {
		r.Failed(machine.Failure{Error: "States.Runtime", Cause: history.Verbatim("The resource provided " + t.Resource.ARN + " is not recognized.")})
		return
	}
	in := nestedInput(t.Input)
	s.identify(in, t)
	target := s
	if a, err := parseARN(in.StateMachineArn); err == nil {
		target = s.cloud.Service(a.account, a.region)
	}
	out, err := target.StartExecution(in)
	if err != nil {
		failure := sdkFailure("StepFunctions", err)
		if t.Resource.Pattern != "" {
			failure.Stage = machine.Submitting
		}
		r.Failed(failure)
		return
	}
	answer := history.JSON(startedAnswer(out))
	if t.Resource.Pattern == "" {
		r.Succeeded(answer)
		return
	}
	r.Submitted(answer)
	if !strings.HasPrefix(t.Resource.Pattern, "sync") {
		return
	}
	go target.watchNested(ctx, out.ExecutionArn, t.Resource.Pattern, r)
}

// watchNested answers a .sync task when the execution that it started is over.
func (s *Service) watchNested(ctx context.Context, arn, pattern string, r machine.Replier) {
	child, err := s.executionOf(arn)
	if err != nil { // an Express machine: its executions cannot be looked up
		r.Failed(sdkFailure("StepFunctions", noExecution(arn)))
		return
	}
	child.report(ctx, pattern, r)
}

// attachNested waits for the execution that a .sync task had started before the process was.
func (s *Service) attachNested(ctx context.Context, t *machine.Task, r machine.Replier) {
	started, _ := t.SubmitOutput.Value().Get("ExecutionArn")
	target := s
	if a, err := parseARN(started.Str()); err == nil {
		target = s.cloud.Service(a.account, a.region)
	}
	go target.watchNested(ctx, started.Str(), t.Resource.Pattern, r)
}

// identify makes a nested start one that a run which is repeated after the process ended makes again, name and all.
func (s *Service) identify(in *StartExecutionInput, t *machine.Task) {
	found, ok := s.executions.Load(t.Execution.ARN)
	if !ok || !s.cloud.keep.on() {
		return
	}
	in.parent = t.Execution.ARN + "#" + strconv.FormatInt(t.Seq, 10)
	if in.Name == nil {
		source := rand.NewPCG(found.(*execution).seed+1, uint64(t.Seq))
		name := uuid.From(source.Uint64(), source.Uint64())
		in.Name = &name
	}
}

// nestedInput are the parameters of states:startExecution. Input may be any JSON: a text is taken for the JSON it holds.
func nestedInput(v value.Value) *StartExecutionInput {
	in := &StartExecutionInput{}
	arn, _ := v.Get("StateMachineArn")
	in.StateMachineArn = arn.Str()
	if name, ok := v.Get("Name"); ok && name.Kind() == value.String {
		s := name.Str()
		in.Name = &s
	}
	switch input, ok := v.Get("Input"); {
	case !ok || input.Kind() == value.Null:
	case input.Kind() == value.String:
		s := input.Str()
		in.Input = &s
	default:
		s := input.String()
		in.Input = &s
	}
	return in
}

func startedAnswer(out *StartExecutionOutput) value.Value {
	body, err := json.Marshal(out)
	if err != nil { // of two plain fields
		body = nil
	}
	return value.OfObject(append([]value.Member{
		{Name: "ExecutionArn", Value: value.OfString(out.ExecutionArn)}},
		append(task.Metadata(200, len(body), "application/x-amz-json-1.0"),
			value.Member{Name: "StartDate", Value: value.OfString(out.StartDate.UTC().Format("2006-01-02T15:04:05.000Z"))})...))
}

// report answers the .sync task that started e when e is over. AWS: .sync gives input and output as texts, .sync:2 as JSON.
// An ended task stops its execution.
func (e *execution) report(ctx context.Context, pattern string, r machine.Replier) {
	e.mu.Lock()
	done := e.done
	e.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
		e.stop(history.Text{}, history.Text{})
		return
	}
	e.mu.Lock()
	out, status := e.describe(true), e.status
	e.mu.Unlock()
	described := out.nested(pattern == "sync:2" && status == machine.Succeeded)
	if status == machine.Succeeded {
		r.Succeeded(history.JSON(described))
		return
	}
	r.Failed(machine.Failure{Error: "States.TaskFailed", Cause: history.JSON(described)})
}

// nested is what the parent of a nested execution is told, in the order in which AWS tells it.
func (out *DescribeExecutionOutput) nested(asJSON bool) value.Value {
	var members []value.Member
	put := func(name string, v value.Value) { members = append(members, value.Member{Name: name, Value: v}) }
	text := func(name string, s *string) {
		if s != nil {
			put(name, value.OfString(*s))
		}
	}
	data := func(name string, s *string) {
		if v, err := value.Parse(pointee(s)); asJSON && err == nil {
			put(name, v)
		} else {
			text(name, s)
		}
	}
	included := value.OfObject([]value.Member{{Name: "Included", Value: value.True}})
	text("Cause", out.Cause)
	text("Error", out.Error)
	put("ExecutionArn", value.OfString(out.ExecutionArn))
	data("Input", out.Input)
	put("InputDetails", included)
	put("Name", value.OfString(out.Name))
	if out.Output != nil {
		data("Output", out.Output)
		put("OutputDetails", included)
	}
	put("StartDate", value.OfFloat(float64(out.StartDate.UnixMilli())))
	put("StateMachineArn", value.OfString(out.StateMachineArn))
	put("Status", value.OfString(string(out.Status)))
	if out.StopDate != nil {
		put("StopDate", value.OfFloat(float64(out.StopDate.UnixMilli())))
	}
	return value.OfObject(members)
}

func pointee(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
