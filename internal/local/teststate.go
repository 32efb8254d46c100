package local

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/lint"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/uuid"
	"github.com/stride-aws/stride/internal/value"
)

// TestStateInput are the parameters of TestState.
type TestStateInput struct {
	Definition         string              `json:"definition"` // of a state or, with StateName, of a machine
	RoleArn            string              `json:"roleArn"`
	Input              *string             `json:"input"`
	InspectionLevel    string              `json:"inspectionLevel"`
	RevealSecrets      bool                `json:"revealSecrets"`
	Variables          *string             `json:"variables"`
	StateName          string              `json:"stateName"`
	Mock               *TestStateMock      `json:"mock"`
	Context            *string             `json:"context"`
	StateConfiguration *StateConfiguration `json:"stateConfiguration"`
}

// TestStateMock is what stands in for a state's work.
type TestStateMock struct {
	Result      *string `json:"result"`
	ErrorOutput *struct {
		Error *string `json:"error"`
		Cause *string `json:"cause"`
	} `json:"errorOutput"`
	FieldValidationMode string `json:"fieldValidationMode"`
}

// StateConfiguration is what a state would know of its past.
type StateConfiguration struct {
	RetrierRetryCount        *int    `json:"retrierRetryCount"`
	ErrorCausedByState       string  `json:"errorCausedByState"`
	MapIterationFailureCount *int    `json:"mapIterationFailureCount"`
	MapItemReaderData        *string `json:"mapItemReaderData"`
}

// TestStateOutput is the answer of TestState.
type TestStateOutput struct {
	Output         *string            `json:"output,omitempty"`
	Error          *string            `json:"error,omitempty"`
	Cause          *string            `json:"cause,omitempty"`
	InspectionData *InspectionData    `json:"inspectionData,omitempty"`
	NextState      string             `json:"nextState,omitempty"`
	Status         machine.TestStatus `json:"status"`
}

// InspectionData is what the state's data was at each step, in JSON.
type InspectionData struct {
	Input                      string                  `json:"input,omitempty"`
	AfterArguments             string                  `json:"afterArguments,omitempty"`
	AfterInputPath             string                  `json:"afterInputPath,omitempty"`
	AfterParameters            string                  `json:"afterParameters,omitempty"`
	Result                     string                  `json:"result,omitempty"`
	AfterResultSelector        string                  `json:"afterResultSelector,omitempty"`
	AfterResultPath            string                  `json:"afterResultPath,omitempty"`
	AfterItemsPath             string                  `json:"afterItemsPath,omitempty"`
	AfterItemSelector          string                  `json:"afterItemSelector,omitempty"`
	AfterItemBatcher           string                  `json:"afterItemBatcher,omitempty"`
	AfterItemsPointer          string                  `json:"afterItemsPointer,omitempty"`
	Variables                  string                  `json:"variables,omitempty"`
	MaxConcurrency             *int                    `json:"maxConcurrency,omitempty"`
	ToleratedFailureCount      *int                    `json:"toleratedFailureCount,omitempty"`
	ToleratedFailurePercentage *float64                `json:"toleratedFailurePercentage,omitempty"`
	ErrorDetails               *InspectionErrorDetails `json:"errorDetails,omitempty"`
	Request                    json.RawMessage         `json:"request,omitempty"`
	Response                   json.RawMessage         `json:"response,omitempty"`
}

// InspectionErrorDetails says which Retry or Catch took the error.
type InspectionErrorDetails struct {
	CatchIndex                  *int `json:"catchIndex,omitempty"`
	RetryIndex                  *int `json:"retryIndex,omitempty"`
	RetryBackoffIntervalSeconds *int `json:"retryBackoffIntervalSeconds,omitempty"`
}

// testStateLimit is how long TestState runs a state. AWS: five minutes.
const testStateLimit = 5 * time.Minute

// TestState runs one state.
func (s *Service) TestState(ctx context.Context, in *TestStateInput) (*TestStateOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	t, err := s.stateTest(in)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, testStateLimit)
	defer cancel()
	result, err := t.Do(ctx, &machine.Env{Clock: s.cloud.Clock, StartTask: s.startTask})
	if err != nil {
		return nil, errorf("InvalidDefinition", "Invalid State Machine Definition: '%s'", err)
	}
	out := &TestStateOutput{Output: optionalText(result.Output), Error: optionalText(result.Error), Cause: optionalText(result.Cause),
		NextState: result.NextState, Status: result.Status}
	if in.InspectionLevel == "DEBUG" || in.InspectionLevel == "TRACE" {
		if t.Definition.State(t.State).Type == asl.Parallel { // AWS tells of a Parallel only what comes after it
			result.Data.AfterInputPath, result.Data.AfterParameters = value.Value{}, value.Value{}
		}
		out.InspectionData = inspectionData(&result.Data)
		if in.InspectionLevel == "TRACE" && result.Data.Request.Defined() {
			out.InspectionData.Request, out.InspectionData.Response = result.Data.Request.AppendJSON(nil), result.Data.Response.AppendJSON(nil)
		}
	}
	return out, nil
}

func (in *TestStateInput) check() error {
	var v violations
	v.text("definition", in.Definition, longestDefinition)
	v.optional("roleArn", in.RoleArn, longestARN)
	v.oneOf("inspectionLevel", in.InspectionLevel, []string{"INFO", "DEBUG", "TRACE"})
	v.optional("stateName", in.StateName, longestName)
	if in.Mock != nil {
		v.oneOf("mock.fieldValidationMode", in.Mock.FieldValidationMode, []string{"STRICT", "PRESENT", "NONE"})
	}
	if err := v.err(); err != nil {
		return err
	}
	switch {
	case in.Mock == nil && in.StateConfiguration != nil && in.StateConfiguration.MapIterationFailureCount != nil:
		return validation("TestState does not support MapIterationFailureCount when a mock is not specified.")
	case in.Mock == nil:
	case in.Mock.Result != nil && in.Mock.ErrorOutput != nil:
		return validation("A test mock should have only one of the following fields: [result, errorOutput].")
	case in.RevealSecrets:
		return validation("TestState does not support RevealSecrets when a mock is specified.")
	}
	return nil
}

// stateTest is the test that the parameters describe.
func (s *Service) stateTest(in *TestStateInput) (*machine.Test, error) {
	def, name, err := testedDefinition(in)
	if err != nil {
		return nil, err
	}
	state := def.State(name)
	if err := in.checkMock(state); err != nil {
		return nil, err
	}
	t := &machine.Test{Definition: def, State: name, Secrets: in.RevealSecrets}
	if t.Execution, err = s.testedExecution(in); err != nil {
		return nil, err
	}
	if in.Variables != nil {
		vars, err := value.Parse(*in.Variables)
		if err != nil || vars.Kind() != value.Object {
			return nil, validation("Invalid variables provided: variables must be a JSON object")
		}
		t.Variables = vars.Members()
	}
	if in.Context != nil {
		if t.Context, err = parseTestContext(*in.Context); err != nil {
			return nil, err
		}
	}
	if c := in.StateConfiguration; c != nil && c.RetrierRetryCount != nil {
		t.Retries = *c.RetrierRetryCount
	}
	if c := in.StateConfiguration; c != nil && c.MapIterationFailureCount != nil {
		t.FailedIterations = *c.MapIterationFailureCount
	}
	if c := in.StateConfiguration; c != nil && c.MapItemReaderData != nil {
		if t.ReaderData, err = value.Parse(*c.MapItemReaderData); err != nil {
			return nil, validation("mapItemReaderData must be a valid JSON.")
		}
	}
	t.Mock = in.machineMock()
	return t, nil
}

func (in *TestStateInput) machineMock() *machine.Mock {
	m := in.Mock
	if m == nil {
		return nil
	}
	mock := &machine.Mock{Result: textOf(m.Result)}
	if e := m.ErrorOutput; e != nil {
		mock.Failure = &machine.Failure{Error: pointee(e.Error), Cause: textOf(e.Cause)}
	}
	return mock
}

// loneState is what TestState calls a state that is given without its machine.
const loneState = "StateName"

// testedDefinition is a machine that holds the state: the given one, or one made around it.
func testedDefinition(in *TestStateInput) (*asl.Definition, string, error) {
	def, err := asl.Parse(in.Definition, "")
	if err != nil {
		return nil, "", invalidDefinition(parseFinding(in.Definition, err))
	}
	name := in.StateName
	_, isMachine := def.Tree.Get("States")
	if !isMachine {
		name = loneState
		def = asl.FromValue(value.OfObject([]value.Member{
			{Name: "StartAt", Value: value.OfString(name)},
			{Name: "States", Value: value.OfObject([]value.Member{{Name: name, Value: def.Tree}})},
		}))
	}
	if isMachine && name == "" {
		return nil, "", validation("stateName is required when the definition is a state machine")
	}
	var found diag.List
	for _, d := range lint.Validate(def, lint.Options{Type: Standard, Knows: sdk.Knows}).Errors() {
		if isMachine || d.Code != lint.MissingTransitionTarget && d.Code != lint.MissingEndState {
			found = append(found, d)
		}
	}
	if len(found) > 0 {
		return nil, "", invalidDefinition(found...)
	}
	if def.State(name) == nil {
		return nil, "", validation("State '%s' does not exist in the state machine definition", name)
	}
	return def, name, nil
}

func (s *Service) testedExecution(in *TestStateInput) (*machine.Execution, error) {
	input, text := value.OfObject(nil), "{}"
	if in.Input != nil {
		var err error
		text = *in.Input
		if input, err = value.Parse(text); err != nil {
			return nil, errorf("InvalidExecutionInput", "Invalid State Machine Execution Input: '%s'", jacksonWords(text, err))
		}
	}
	name, machineName := uuid.New(), uuid.New()
	return &machine.Execution{
		ARN: s.arn("express", machineName+":"+name), Name: name, StartTime: s.cloud.Now(), Input: input, InputText: text, RoleARN: in.RoleArn,
		MachineARN: s.arn("stateMachine", machineName), MachineName: machineName, Express: true,
	}, nil
}

// checkMock holds AWS's rules of what may, and must, be mocked.
func (in *TestStateInput) checkMock(st *asl.State) error {
	fans := st.Type == asl.Map || st.Type == asl.Parallel
	switch {
	case in.Mock == nil && fans:
		return errorf("InvalidDefinition", "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]")
	case in.Mock == nil:
		return nil
	case !fans && st.Type != asl.Task:
		return validation("State type '%s' is not supported when a mock is specified", st.Type)
	case in.Mock.Result == nil:
		return nil
	}
	result, err := value.Parse(*in.Mock.Result)
	if err != nil {
		return validation("Mocked result must be a valid JSON.")
	}
	switch st.Type {
	case asl.Parallel:
		return checkParallelMock(st, result)
	case asl.Map:
		return in.checkMapMock(st, result)
	}
	return in.checkTaskMock(st, result)
}

func checkParallelMock(st *asl.State, result value.Value) error {
	if result.Kind() != value.Array {
		return validation("Mocked result must be an array.")
	}
	if result.Len() != len(st.Branches) {
		return validation("Mocked result must contain the same number of items as number of Parallel branches.")
	}
	return nil
}

func (in *TestStateInput) checkMapMock(st *asl.State, result value.Value) error {
	if st.ResultWriter.Defined() {
		if result.Kind() != value.Object {
			return validation("Mocked result must be a JSON object.")
		}
		return nil
	}
	if result.Kind() != value.Array {
		return validation("Mocked result must be an array.")
	}
	if c := in.StateConfiguration; c != nil && c.MapIterationFailureCount != nil && *c.MapIterationFailureCount > result.Len() {
		return validation("Map iteration failure count must be less than or equal to the number of Map iterations")
	}
	return nil
}

// checkTaskMock compares a mocked result with the model of the service's answer. What a task token or a job brings is free.
func (in *TestStateInput) checkTaskMock(st *asl.State, result value.Value) error {
	r := machine.ParseResource(st.Resource)
	if r.Kind != machine.Service || r.Pattern != "" || in.Mock.FieldValidationMode == "NONE" {
		return nil
	}
	name, java := strings.CutPrefix(r.Service, "aws-sdk:")
	if name == "states" {
		name = "sfn"
	}
	s, err := sdk.Lookup(name)
	if err != nil {
		return nil // http, eks and the like have no model
	}
	op, err := s.Operation(r.Action)
	if err != nil {
		return nil
	}
	if err := s.CheckResult(op, result, java, in.Mock.FieldValidationMode != "PRESENT"); err != nil {
		return validation("Mock result schema validation error: %s", err)
	}
	return nil
}

// contextFields are the fields of a context object, with what they must be; "" for anything.
var contextFields = map[string]map[string]string{
	"Execution": {"Id": "string", "Input": "", "Name": "string", "RoleArn": "string", "StartTime": "string", "RedriveCount": "number",
		"RedriveTime": "string"},
	"State":        {"EnteredTime": "string", "Name": "string", "RetryCount": "number"},
	"StateMachine": {"Id": "string", "Name": "string"},
	"Task":         {"Token": "string"},
}

func invalidContext(reason string) error {
	return validation("Invalid Context object provided: %s", reason)
}

func parseTestContext(text string) (value.Value, error) {
	c, err := value.Parse(text)
	if err != nil || c.Kind() != value.Object {
		return c, invalidContext("Context must be a JSON object")
	}
	for _, part := range c.Members() {
		fields := contextFields[part.Name]
		switch {
		case part.Name == "Map":
			return c, invalidContext("'Map' field is not supported when mocking a Context object")
		case fields == nil:
			return c, invalidContext("Field '" + part.Name + "' is not allowed")
		case part.Value.Kind() != value.Object:
			return c, invalidContext(part.Name + " must be an object")
		}
		for _, f := range part.Value.Members() {
			kind, known := fields[f.Name]
			if !known {
				return c, invalidContext("Field '" + f.Name + "' is not allowed")
			}
			if kind != "" && f.Value.Kind().String() != kind {
				return c, invalidContext(part.Name + "." + f.Name + " must be a " + kind)
			}
		}
	}
	return c, nil
}

func inspectionData(d *machine.Inspection) *InspectionData {
	text := func(v value.Value) string {
		if !v.Defined() {
			return ""
		}
		return machine.Spaced(v)
	}
	out := &InspectionData{
		Input: text(d.Input), AfterArguments: text(d.AfterArguments), AfterInputPath: text(d.AfterInputPath), AfterParameters: text(d.AfterParameters),
		Result: text(d.Result), AfterResultSelector: text(d.AfterResultSelector), AfterResultPath: text(d.AfterResultPath),
		AfterItemsPath: text(d.AfterItemsPath), AfterItemSelector: text(d.AfterItemSelector),
		AfterItemBatcher: text(d.AfterItemBatcher), AfterItemsPointer: text(d.AfterItemsPointer),
		MaxConcurrency: d.MaxConcurrency, ToleratedFailureCount: d.ToleratedFailureCount, ToleratedFailurePercentage: d.ToleratedFailurePercentage,
	}
	if len(d.Variables) > 0 {
		out.Variables = text(value.OfObject(d.Variables))
	}
	if d.CatchIndex != nil || d.RetryIndex != nil {
		out.ErrorDetails = &InspectionErrorDetails{CatchIndex: d.CatchIndex, RetryIndex: d.RetryIndex}
		if d.RetryDelay > 0 {
			seconds := int(d.RetryDelay / time.Second)
			out.ErrorDetails.RetryBackoffIntervalSeconds = &seconds
		}
	}
	return out
}
