package localaws

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/local"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/server/apigateway"
	"github.com/stride-aws/stride/internal/server/events"
	"github.com/stride-aws/stride/internal/server/pipes"
	"github.com/stride-aws/stride/internal/server/s3"
	"github.com/stride-aws/stride/internal/server/scheduler"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/task"
	"github.com/stride-aws/stride/internal/value"
)

// triggers starts executions on behalf of the services that others trigger: as the role that they were given, if they may.
type triggers struct {
	cloud *local.Cloud
	roles roles
	warn  func(text string)

	bus       *events.Service
	schedules *scheduler.Service
	pipes     *pipes.Service
	apis      *apigateway.Service
}

// newTriggers makes the services that trigger; cloud is set when there is one.
func newTriggers(clock machine.Clock, r roles, objects *s3.Service, caller *task.Caller, warn func(string)) *triggers {
	t := &triggers{roles: r, warn: warn}
	if warn == nil {
		t.warn = func(string) {}
	}
	t.bus = events.New(events.Options{Now: clock.Now, Start: t.by("events.amazonaws.com")})
	t.schedules = scheduler.New(scheduler.Options{Clock: clock, Start: t.by("scheduler.amazonaws.com")})
	q := &queues{caller: caller}
	t.pipes = pipes.New(pipes.Options{Now: clock.Now, Receive: q.receive, Delete: q.remove, Start: t.pipe, Warn: t.warn})
	t.apis = apigateway.New(apigateway.Options{Now: clock.Now, Call: t.api, Warn: t.warn})
	objects.Notify = objectEvents(t.bus)
	return t
}

// by starts executions on behalf of a service. AWS keeps what goes wrong here for a metric and a dead-letter queue; whoever runs a
// local AWS wants to read it.
func (t *triggers) by(service string) func(account, region, target, role, input string) {
	return func(account, region, target, role, input string) {
		if _, err := t.start(context.Background(), service, "StartExecution", account, region, target, role, input); err != nil {
			t.warn(fmt.Sprintf("%s did not start %s: %v", service, target, err))
		}
	}
}

// start makes a call of Step Functions about a machine, and returns its answer.
func (t *triggers) start(ctx context.Context, service, operation, account, region, target, role, input string) ([]byte, error) {
	if err := t.may(service, operation, account, target, role); err != nil {
		return nil, err
	}
	body := value.OfObject([]value.Member{{Name: "stateMachineArn", Value: value.OfString(target)}, {Name: "input", Value: value.OfString(input)}})
	return t.cloud.Service(account, region).Call(ctx, operation, body.AppendJSON(nil))
}

// may is why a service may not make a call about a machine as a role.
func (t *triggers) may(service, operation, account, target, role string) error {
	parts := strings.SplitN(target, ":", 8)
	if len(parts) < 7 || parts[2] != "states" || parts[5] != "stateMachine" {
		return fmt.Errorf("the local AWS starts state machines alone")
	}
	qualifier := ""
	if len(parts) == 8 {
		qualifier = parts[7]
	}
	request := policy.Request{Action: "states:" + operation, Resource: strings.Join(parts[:7], ":"), Context: map[string]string{"states:StateMachineQualifier": qualifier}}
	if r, known := t.roles.Role(role); known {
		if !policy.Assumable(r.Trust, service, map[string]string{"aws:SourceAccount": account}) {
			return fmt.Errorf("role %s does not trust it", role)
		}
		if d := t.roles.denied(role, request); d != nil {
			return fmt.Errorf("role %s does not allow %s on %s", role, d.Action, d.Resource)
		}
	}
	return nil
}

// api makes a call of Step Functions for API Gateway. What Step Functions refuses is a *wire.Error.
func (t *triggers) api(ctx context.Context, account, region, role, operation string, body []byte) ([]byte, error) {
	parameters, err := value.Parse(string(body))
	if err != nil {
		return nil, &wire.Error{Code: "SerializationException", Message: err.Error()}
	}
	target, _ := parameters.Get("stateMachineArn")
	if err := t.may("apigateway.amazonaws.com", operation, account, target.Str(), role); err != nil {
		return nil, &wire.Error{Code: "AccessDeniedException", Message: err.Error()}
	}
	out, err := t.cloud.Service(account, region).Call(ctx, operation, body)
	var named wire.NamedError
	if errors.As(err, &named) {
		code, message, _ := named.AWSError()
		return nil, &wire.Error{Code: code, Message: message}
	}
	return out, err
}

// close ends what runs by itself.
func (t *triggers) close() {
	t.schedules.Close()
	t.pipes.Close()
}

// pipe starts an execution for a pipe; with sync an execution that does not succeed is an error.
func (t *triggers) pipe(ctx context.Context, account, region, target, role, input string, sync bool) error {
	if !sync {
		_, err := t.start(ctx, "pipes.amazonaws.com", "StartExecution", account, region, target, role, input)
		return err
	}
	out, err := t.start(ctx, "pipes.amazonaws.com", "StartSyncExecution", account, region, target, role, input)
	if err != nil {
		return err
	}
	answer, err := value.Parse(string(out))
	if err != nil {
		return err
	}
	if status, _ := answer.Get("status"); status.Str() != "SUCCEEDED" {
		return fmt.Errorf("%s ended as %s; its messages come again", target, status.Str())
	}
	return nil
}

// changed sends an execution's status to EventBridge's default bus.
func (t *triggers) changed(account, region, execution string, detail value.Value) {
	t.bus.Put(account, region, events.Event{Source: "aws.states", DetailType: "Step Functions Execution Status Change", Resources: []string{execution}, Detail: detail})
}

// objectEvents sends the objects that come and go in a bucket to EventBridge's default bus.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
func objectEvents(bus *events.Service) func(s3.Change) {
	return func(c s3.Change) {
		text := value.OfString
		object := []value.Member{{Name: "key", Value: text(c.Key)}}
		kind, reason, more := "Object Deleted", "DeleteObject", value.Member{Name: "deletion-type", Value: text("Permanently Deleted")}
		if c.Object != nil {
			kind, reason, more = "Object Created", "PutObject", value.Member{Name: "source-ip-address", Value: text("127.0.0.1")}
			object = append(object, value.Member{Name: "size", Value: value.OfInt(int64(len(c.Object.Body)))},
				value.Member{Name: "etag", Value: text(strings.Trim(c.Object.ETag, `"`))},
				value.Member{Name: "sequencer", Value: text(strings.ToUpper(strconv.FormatInt(c.Object.Modified.UnixNano(), 16)))})
		}
		bus.Put(c.Account, c.Region, events.Event{Source: "aws.s3", DetailType: kind, Resources: []string{"arn:aws:s3:::" + c.Bucket}, Detail: value.OfObject([]value.Member{
			{Name: "version", Value: text("0")}, {Name: "bucket", Value: value.OfObject([]value.Member{{Name: "name", Value: text(c.Bucket)}})},
			{Name: "object", Value: value.OfObject(object)}, {Name: "request-id", Value: text(wire.NewRequestID())}, {Name: "requester", Value: text(c.Account)},
			{Name: "reason", Value: text(reason)}, more,
		})})
	}
}
