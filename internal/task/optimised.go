package task

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/integration"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/value"
)

// actions are those of optimised integrations that are not one call of the service under the action's own name.
var actions = map[string]map[string]*action{
	"bedrock": bedrockActions, "elasticmapreduce": emrActions, "emr-serverless": serverlessActions, "s3": s3Actions,
}

// modelOf is the model of an action.
func modelOf(i *integration.Service, does *action) string {
	if does != nil && does.model != "" {
		return does.model
	}
	return i.Model
}

// optimised makes the call of an optimised integration.
func (a *attempt) optimised(i *integration.Service) {
	if a.Submitted {
		a.watch(i, a.SubmitOutput.Value())
		return
	}
	result, err := a.callAction(i)
	var unknown *sdk.Unknown
	if errors.As(err, &unknown) {
		a.reply.Failed(unrecognized(a.Resource, err))
		return
	}
	if err != nil {
		a.reply.Failed(failure(i, err, a.Resource.Pattern))
		return
	}
	if failure := partly(i, a.Resource.Pattern, result.Output); failure != "" {
		a.failed(failure, history.JSON(result.Output))
		return
	}
	out := result.Output
	if !i.Newer {
		out = sorted(append(slices.Clone(out.Members()), metadata(result.Status, result.RequestID, headersOf(result.Header))...))
	}
	if strings.HasPrefix(a.Resource.Pattern, "sync") {
		a.reply.Submitted(history.JSON(out))
		a.watch(i, out)
		return
	}
	a.succeed(out)
}

// callAction makes the call that an action stands for.
func (a *attempt) callAction(i *integration.Service) (*sdk.Result, error) {
	java := i.Newer && i.Model != "eventbridge"
	if i.Model == "eventbridge" {
		a.Task = withInput(a.Task, withResources(a.Task))
	}
	does := actions[a.Resource.Service][a.Resource.Action]
	if does == nil {
		return a.call(i.Model, a.Resource.Action, a.Input, java)
	}
	params, operation := a.Input, a.Resource.Action
	if does.operation != "" {
		operation = does.operation
	}
	var err error
	if does.params != nil {
		if params, err = does.params(a, params); err != nil {
			return nil, err
		}
	}
	result, err := a.call(modelOf(i, does), operation, params, java)
	if err == nil && does.result != nil {
		result.Output = does.result(a.Input, result.Output)
	}
	return result, err
}

// partly is the error of an answer that says, with status 200, that something failed; "" for none. AWS: putEvents fails for each
// such entry; runTask only where it is waited for (connect-ecs, "Key features of Optimized Amazon ECS/Fargate integration").
func partly(i *integration.Service, pattern string, out value.Value) string {
	if failed, ok := out.Get("FailedEntryCount"); ok && i.Model == "eventbridge" && failed.Float() > 0 {
		return "EventBridge.FailedEntry"
	}
	if failures, _ := out.Get("Failures"); i.Model == "ecs" && pattern != "" && failures.Len() > 0 {
		return "AmazonECS.Unknown"
	}
	return ""
}

func withInput(t *machine.Task, input value.Value) *machine.Task {
	copied := *t
	copied.Input = input
	return &copied
}

// sorted is an object with its members by name, as results of optimised integrations come.
func sorted(members []value.Member) value.Value {
	slices.SortStableFunc(members, func(x, y value.Member) int { return strings.Compare(x.Name, y.Name) })
	return value.OfObject(members)
}

func headersOf(h http.Header) []header {
	var list []header
	for name, values := range h {
		list = append(list, header{wireCase(name), values[0]})
	}
	slices.SortFunc(list, func(x, y header) int { return strings.Compare(x.name, y.name) })
	return list
}

// wireCase undoes Go's spelling of AWS's own headers.
func wireCase(name string) string {
	switch name {
	case "X-Amzn-Requestid":
		return "x-amzn-RequestId"
	case "X-Amz-Crc32":
		return "x-amz-crc32"
	case "Connection":
		return "connection"
	}
	return name
}

// failure is a failed call of an optimised integration as Step Functions tells it.
func failure(i *integration.Service, err error, pattern string) machine.Failure {
	f := machine.Failure{Error: i.Prefix + ".SdkClientException", Cause: history.Verbatim(err.Error())}
	var e *sdk.Error
	var none *sdk.NoEndpoint
	switch {
	case errors.As(err, &e):
		f = optimisedFailure(i, serviceError(e))
	case errors.As(err, &none):
		f.Error = "States.Runtime"
	}
	if pattern != "" {
		f.Stage = machine.Submitting
	}
	return f
}

// withResources are PutEvents' parameters with what AWS adds to the Resources of each entry: the execution and its machine.
func withResources(t *machine.Task) value.Value {
	entries, ok := t.Input.Get("Entries")
	if !ok || entries.Kind() != value.Array {
		return t.Input
	}
	ours := []value.Value{value.OfString(t.Execution.MachineARN), value.OfString(t.Execution.ARN)}
	list := make([]value.Value, entries.Len())
	for i, e := range entries.Items() {
		given, _ := e.Get("Resources")
		list[i] = e.With("Resources", value.OfArray(append(slices.Clone(given.Items()), ours...)))
	}
	return t.Input.With("Entries", value.OfArray(list))
}
