package task

import (
	"compress/gzip"
	"io"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// action is an action that is not one call of the integration's service under its own name.
type action struct {
	model     string // "": the integration's
	operation string // of the service; "": the action's name
	// params are the operation's from the task's; nil: the same.
	params func(a *attempt, in value.Value) (value.Value, error)
	// result is the task's, from its parameters and the operation's answer; nil: the answer.
	result maker
}

// emrActions are those of elasticmapreduce. https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr.html
var emrActions = map[string]*action{
	"createCluster":    {operation: "RunJobFlow", result: from("ClusterArn", "ClusterId=JobFlowId")},
	"terminateCluster": {operation: "TerminateJobFlows", params: taking(from("JobFlowIds=ClusterId[]")), result: from("ClusterId")},
	"setClusterTerminationProtection": {operation: "SetTerminationProtection", params: taking(from("JobFlowIds=ClusterId[]", "TerminationProtected")),
		result: from("ClusterId")},
	"addStep":    {operation: "AddJobFlowSteps", params: taking(from("JobFlowId=ClusterId", "Steps=Step[]", "ExecutionRoleArn")), result: from("StepId=StepIds.0")},
	"cancelStep": {operation: "CancelSteps", params: taking(from("ClusterId", "StepIds=StepId[]")), result: from("CancelStepsInfo=CancelStepsInfoList")},
	"modifyInstanceFleetByName": {operation: "ModifyInstanceFleet", params: (*attempt).fleetByName,
		result: from("ClusterId")},
	"modifyInstanceGroupByName": {operation: "ModifyInstanceGroups", params: (*attempt).groupByName,
		result: from("ClusterId")},
}

// serverlessActions answer with the application that they are about.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr-serverless.html
var serverlessActions = map[string]*action{
	"startApplication":  {result: from("ApplicationId")},
	"stopApplication":   {result: from("ApplicationId")},
	"deleteApplication": {result: from("ApplicationId")},
}

var bedrockActions = map[string]*action{
	"createModelCustomizationJob": {model: "bedrock"},
	"invokeModel":                 {params: inJSON, result: invokedModel},
}

// inJSON says what a Body is that the state wrote.
func inJSON(_ *attempt, in value.Value) (value.Value, error) {
	if _, ok := in.Get("ContentType"); ok {
		return in, nil
	}
	return in.With("ContentType", value.OfString("application/json")), nil
}

// s3Actions are what distributed Maps read items with.
var s3Actions = map[string]*action{"getObject": {result: unpacked}}

// unpacked has the content of an object that is compressed with gzip: items may come so. Content that is not what it begins as
// stays as it is, and what reads it says why that is no item.
func unpacked(_, out value.Value) value.Value {
	packed := get(out, "Body").Str()
	if !strings.HasPrefix(packed, "\x1f\x8b") {
		return out
	}
	r, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		return out
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return out
	}
	return out.With("Body", value.OfString(string(body)))
}

// invokedModel has the model's answer as JSON. https://docs.aws.amazon.com/step-functions/latest/dg/connect-bedrock.html
func invokedModel(_, out value.Value) value.Value {
	body, _ := out.Get("Body")
	return out.With("Body", payloadValue([]byte(body.Str())))
}

func taking(m maker) func(*attempt, value.Value) (value.Value, error) {
	return func(_ *attempt, in value.Value) (value.Value, error) { return m(in, value.Value{}), nil }
}

func (a *attempt) fleetByName(in value.Value) (value.Value, error) {
	id, err := a.named(in, "ListInstanceFleets", "InstanceFleets", get(in, "InstanceFleetName").Str())
	fleet, _ := in.Get("InstanceFleet")
	return object("ClusterId", get(in, "ClusterId"), "InstanceFleet", fleet.With("InstanceFleetId", id)), err
}

func (a *attempt) groupByName(in value.Value) (value.Value, error) {
	id, err := a.named(in, "ListInstanceGroups", "InstanceGroups", get(in, "InstanceGroupName").Str())
	group, _ := in.Get("InstanceGroup")
	return object("ClusterId", get(in, "ClusterId"), "InstanceGroups", one(group.With("InstanceGroupId", id))), err
}

// named finds the id of a cluster's fleet or group.
func (a *attempt) named(in value.Value, operation, list, name string) (value.Value, error) {
	answer, err := a.jobCall(a.ctx, "emr", operation, object("ClusterId", get(in, "ClusterId")))
	if err != nil {
		return value.Value{}, err
	}
	found, _ := answer.Get(list)
	for _, f := range found.Items() {
		if get(f, "Name").Str() == name {
			return get(f, "Id"), nil
		}
	}
	return value.Value{}, &missingName{list, name}
}

type missingName struct{ list, name string }

func (e *missingName) Error() string { return "the cluster has no " + e.name + " among its " + e.list }
