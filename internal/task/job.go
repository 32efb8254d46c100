package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/integration"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/value"
)

// job says how a .sync task watches the job that it started: which call describes it, how its status reads, and what stops it.
// AWS: Run a job (.sync).
type job struct {
	describe string
	params   maker    // of describe
	subject  []string // path in describe's answer of the thing that is watched; nil: the whole
	status   []string // path in the subject
	good     []string
	bad      []string
	gone     bool   // the job is to delete the thing: that it cannot be found is success
	merged   bool   // the result has the start's answer, too
	as       string // the result is an object with the subject as this member; "": the subject itself
	stop     string // "" where nothing stops it
	stopArgs maker  // nil: params
}

// A maker makes parameters from the action's parameters and its answer.
type maker func(in, out value.Value) value.Value

// from takes parameters, NAME or NAME=PATH, from the action's answer or, where that has none, from its parameters.
func from(fields ...string) maker {
	return func(in, out value.Value) value.Value {
		var members []value.Member
		for _, f := range fields {
			name, path, renamed := strings.Cut(f, "=")
			if !renamed {
				path = name
			}
			path, isList := strings.CutSuffix(path, "[]")
			steps := strings.Split(path, ".")
			v := get(out, steps...)
			if !v.Defined() {
				v = get(in, steps...)
			}
			if isList {
				v = value.OfArray([]value.Value{v})
			}
			if v.Defined() {
				members = append(members, value.Member{Name: name, Value: v})
			}
		}
		return value.OfObject(members)
	}
}

// with adds fixed parameters.
func (m maker) with(name, text string) maker {
	return func(in, out value.Value) value.Value { return m(in, out).With(name, value.OfString(text)) }
}

// get follows a path of names; an array on the way stands for its first item, and so does one before "0".
func get(v value.Value, path ...string) value.Value {
	for _, step := range path {
		if v = firstItem(v); step != "0" {
			v, _ = v.Get(step)
		}
	}
	if v.Kind() == value.Array && v.Len() > 0 && v.At(0).Kind() == value.Object {
		v = v.At(0)
	}
	return v
}

func firstItem(v value.Value) value.Value {
	switch {
	case v.Kind() != value.Array:
		return v
	case v.Len() == 0:
		return value.Value{}
	}
	return v.At(0)
}

func object(pairs ...any) value.Value {
	var members []value.Member
	for i := 0; i < len(pairs); i += 2 {
		members = append(members, value.Member{Name: pairs[i].(string), Value: pairs[i+1].(value.Value)})
	}
	return value.OfObject(members)
}

func one(v value.Value) value.Value { return value.OfArray([]value.Value{v}) }

// A job is looked at after the first of these, and then after twice as long each time, up to the second.
const (
	firstPoll = 50 * time.Millisecond
	slowPoll  = 2 * time.Second
)

// watch answers the task when the job that it started has ended. A task that nobody waits for any more stops its job.
func (a *attempt) watch(i *integration.Service, started value.Value) {
	j := jobs[a.Resource.Service+":"+a.Resource.Action]
	if j == nil {
		a.reply.Failed(machine.Failure{Error: "States.Runtime", Cause: history.Verbatim(
			fmt.Sprintf("%s cannot be waited for here: how a job of %s:%s ends is not known", a.Resource.Pattern, a.Resource.Service, a.Resource.Action))})
		return
	}
	for poll := firstPoll; ; poll = min(2*poll, slowPoll) {
		answer, err := a.jobCall(a.ctx, modelOf(i, actions[a.Resource.Service][a.Resource.Action]), j.describe, j.params(a.Input, started))
		switch {
		case a.ctx.Err() != nil:
			a.stopJob(i, j, started)
			return
		case err != nil && j.gone && isNotFound(err):
			a.reply.Succeeded(history.JSON(started))
			return
		case err != nil:
			a.reply.Failed(failure(i, err, ""))
			return
		}
		if a.judge(j, started, get(answer, j.subject...)) {
			return
		}
		select {
		case <-time.After(poll):
		case <-a.ctx.Done():
			a.stopJob(i, j, started)
			return
		}
	}
}

// judge answers the task if its job has ended.
func (a *attempt) judge(j *job, started, subject value.Value) bool {
	status := get(subject, j.status...).Str()
	switch {
	case slices.Contains(j.bad, status), j == jobs["ecs:runTask"] && status == "STOPPED" && !exitedWell(subject):
		a.reply.Failed(machine.Failure{Error: "States.TaskFailed", Cause: history.JSON(j.result(started, subject))})
	case slices.Contains(j.good, status):
		a.reply.Succeeded(history.JSON(j.result(started, subject)))
	default:
		return false
	}
	return true
}

func (j *job) result(started, subject value.Value) value.Value {
	if j.as != "" {
		subject = object(j.as, subject)
	}
	if !j.merged {
		return subject
	}
	for _, m := range started.Members() {
		if _, ok := subject.Get(m.Name); !ok {
			subject = subject.With(m.Name, m.Value)
		}
	}
	return sorted(slices.Clone(subject.Members()))
}

// stopTime is how long stopping a job may take; the execution does not wait for it.
const stopTime = 30 * time.Second

// stopJob stops the job of a task that is over. Nobody is told if that fails. AWS: "Step Functions makes a best-effort attempt".
func (a *attempt) stopJob(i *integration.Service, j *job, started value.Value) {
	if j.stop == "" {
		return
	}
	args := j.stopArgs
	if args == nil {
		args = j.params
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	_, _ = a.jobCall(ctx, modelOf(i, actions[a.Resource.Service][a.Resource.Action]), j.stop, args(a.Input, started))
}

// jobCall makes a call of its own beside the task's.
func (a *attempt) jobCall(ctx context.Context, model, operation string, params value.Value) (value.Value, error) {
	s, err := sdk.Lookup(model)
	if err != nil {
		return value.Value{}, err
	}
	op, err := s.Operation(operation)
	if err != nil {
		return value.Value{}, err
	}
	result, err := a.client.Do(ctx, sdk.Request{Service: s, Operation: op, Params: params, Account: a.account, Region: a.region, Millis: true})
	if err != nil {
		return value.Value{}, err
	}
	return result.Output, nil
}

func isNotFound(err error) bool {
	var e *sdk.Error
	return errors.As(err, &e) && (strings.Contains(e.Code, "NotFound") || e.Status == 404)
}

// exitedWell tells whether all containers of an ECS task ended with 0.
func exitedWell(task value.Value) bool {
	containers, _ := task.Get("Containers")
	for _, c := range containers.Items() {
		if code, ok := c.Get("ExitCode"); !ok || code.Float() != 0 {
			return false
		}
	}
	return !strings.Contains(get(task, "StopCode").Str(), "Failed")
}
