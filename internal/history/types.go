package history

// Type is the type of an event, in AWS's words.
type Type string

// The types of events. AWS: HistoryEvent, type.
const (
	ActivityFailed               Type = "ActivityFailed"
	ActivityScheduleFailed       Type = "ActivityScheduleFailed"
	ActivityScheduled            Type = "ActivityScheduled"
	ActivityStarted              Type = "ActivityStarted"
	ActivitySucceeded            Type = "ActivitySucceeded"
	ActivityTimedOut             Type = "ActivityTimedOut"
	ChoiceStateEntered           Type = "ChoiceStateEntered"
	ChoiceStateExited            Type = "ChoiceStateExited"
	EvaluationFailed             Type = "EvaluationFailed"
	ExecutionAborted             Type = "ExecutionAborted"
	ExecutionFailed              Type = "ExecutionFailed"
	ExecutionRedriven            Type = "ExecutionRedriven"
	ExecutionStarted             Type = "ExecutionStarted"
	ExecutionSucceeded           Type = "ExecutionSucceeded"
	ExecutionTimedOut            Type = "ExecutionTimedOut"
	FailStateEntered             Type = "FailStateEntered"
	LambdaFunctionFailed         Type = "LambdaFunctionFailed"
	LambdaFunctionScheduleFailed Type = "LambdaFunctionScheduleFailed"
	LambdaFunctionScheduled      Type = "LambdaFunctionScheduled"
	LambdaFunctionStartFailed    Type = "LambdaFunctionStartFailed"
	LambdaFunctionStarted        Type = "LambdaFunctionStarted"
	LambdaFunctionSucceeded      Type = "LambdaFunctionSucceeded"
	LambdaFunctionTimedOut       Type = "LambdaFunctionTimedOut"
	MapIterationAborted          Type = "MapIterationAborted"
	MapIterationFailed           Type = "MapIterationFailed"
	MapIterationStarted          Type = "MapIterationStarted"
	MapIterationSucceeded        Type = "MapIterationSucceeded"
	MapRunAborted                Type = "MapRunAborted"
	MapRunFailed                 Type = "MapRunFailed"
	MapRunRedriven               Type = "MapRunRedriven"
	MapRunStarted                Type = "MapRunStarted"
	MapRunSucceeded              Type = "MapRunSucceeded"
	MapStateAborted              Type = "MapStateAborted"
	MapStateEntered              Type = "MapStateEntered"
	MapStateExited               Type = "MapStateExited"
	MapStateFailed               Type = "MapStateFailed"
	MapStateStarted              Type = "MapStateStarted"
	MapStateSucceeded            Type = "MapStateSucceeded"
	ParallelStateAborted         Type = "ParallelStateAborted"
	ParallelStateEntered         Type = "ParallelStateEntered"
	ParallelStateExited          Type = "ParallelStateExited"
	ParallelStateFailed          Type = "ParallelStateFailed"
	ParallelStateStarted         Type = "ParallelStateStarted"
	ParallelStateSucceeded       Type = "ParallelStateSucceeded"
	PassStateEntered             Type = "PassStateEntered"
	PassStateExited              Type = "PassStateExited"
	SucceedStateEntered          Type = "SucceedStateEntered"
	SucceedStateExited           Type = "SucceedStateExited"
	TaskFailed                   Type = "TaskFailed"
	TaskScheduled                Type = "TaskScheduled"
	TaskStartFailed              Type = "TaskStartFailed"
	TaskStarted                  Type = "TaskStarted"
	TaskStateAborted             Type = "TaskStateAborted"
	TaskStateEntered             Type = "TaskStateEntered"
	TaskStateExited              Type = "TaskStateExited"
	TaskSubmitFailed             Type = "TaskSubmitFailed"
	TaskSubmitted                Type = "TaskSubmitted"
	TaskSucceeded                Type = "TaskSucceeded"
	TaskTimedOut                 Type = "TaskTimedOut"
	WaitStateAborted             Type = "WaitStateAborted"
	WaitStateEntered             Type = "WaitStateEntered"
	WaitStateExited              Type = "WaitStateExited"
)

// shape is how the API shows a type's details: under which key, with which fields.
type shape struct {
	key    string // "taskScheduledEventDetails"; "" for none
	fields []field
}

var (
	failure     = []field{errorField, causeField}
	output      = []field{outputField}
	taskFailure = []field{resourceTypeField, resourceField, errorField, causeField}
	taskOutput  = []field{resourceTypeField, resourceField, outputField}
)

var (
	entered = shape{"stateEnteredEventDetails", []field{nameField, inputField}}
	exited  = shape{"stateExitedEventDetails", []field{nameField, outputField, assignedField}}
)

// shapes is the table of types. AWS: HistoryEvent; all states share the details of entering and leaving.
var shapes = map[Type]shape{
	ActivityFailed:               {"activityFailedEventDetails", failure},
	ActivityScheduleFailed:       {"activityScheduleFailedEventDetails", failure},
	ActivityScheduled:            {"activityScheduledEventDetails", []field{resourceField, inputField, timeoutField, heartbeatField}},
	ActivityStarted:              {"activityStartedEventDetails", []field{workerField}},
	ActivitySucceeded:            {"activitySucceededEventDetails", output},
	ActivityTimedOut:             {"activityTimedOutEventDetails", failure},
	ChoiceStateEntered:           entered,
	ChoiceStateExited:            exited,
	EvaluationFailed:             {"evaluationFailedEventDetails", []field{errorField, causeField, locationField, stateField}},
	ExecutionAborted:             {"executionAbortedEventDetails", failure},
	ExecutionFailed:              {"executionFailedEventDetails", failure},
	ExecutionRedriven:            {"executionRedrivenEventDetails", []field{redriveField}},
	ExecutionStarted:             {"executionStartedEventDetails", []field{inputField, roleField, aliasField, versionField}},
	ExecutionSucceeded:           {"executionSucceededEventDetails", output},
	ExecutionTimedOut:            {"executionTimedOutEventDetails", failure},
	FailStateEntered:             entered,
	LambdaFunctionFailed:         {"lambdaFunctionFailedEventDetails", failure},
	LambdaFunctionScheduleFailed: {"lambdaFunctionScheduleFailedEventDetails", failure},
	LambdaFunctionScheduled:      {"lambdaFunctionScheduledEventDetails", []field{resourceField, inputField, timeoutField, credentialsField}},
	LambdaFunctionStartFailed:    {"lambdaFunctionStartFailedEventDetails", failure},
	LambdaFunctionStarted:        {},
	LambdaFunctionSucceeded:      {"lambdaFunctionSucceededEventDetails", output},
	LambdaFunctionTimedOut:       {"lambdaFunctionTimedOutEventDetails", failure},
	MapIterationAborted:          {"mapIterationAbortedEventDetails", []field{nameField, indexField}},
	MapIterationFailed:           {"mapIterationFailedEventDetails", []field{nameField, indexField}},
	MapIterationStarted:          {"mapIterationStartedEventDetails", []field{nameField, indexField}},
	MapIterationSucceeded:        {"mapIterationSucceededEventDetails", []field{nameField, indexField}},
	MapRunAborted:                {},
	MapRunFailed:                 {"mapRunFailedEventDetails", failure},
	MapRunRedriven:               {"mapRunRedrivenEventDetails", []field{mapRunField, redriveField}},
	MapRunStarted:                {"mapRunStartedEventDetails", []field{mapRunField}},
	MapRunSucceeded:              {},
	MapStateAborted:              {},
	MapStateEntered:              entered,
	MapStateExited:               exited,
	MapStateFailed:               {},
	MapStateStarted:              {"mapStateStartedEventDetails", []field{lengthField}},
	MapStateSucceeded:            {},
	ParallelStateAborted:         {},
	ParallelStateEntered:         entered,
	ParallelStateExited:          exited,
	ParallelStateFailed:          {},
	ParallelStateStarted:         {},
	ParallelStateSucceeded:       {},
	PassStateEntered:             entered,
	PassStateExited:              exited,
	SucceedStateEntered:          entered,
	SucceedStateExited:           exited,
	TaskFailed:                   {"taskFailedEventDetails", taskFailure},
	TaskScheduled:                {"taskScheduledEventDetails", []field{resourceTypeField, resourceField, regionField, parametersField, timeoutField, heartbeatField, credentialsField}},
	TaskStartFailed:              {"taskStartFailedEventDetails", taskFailure},
	TaskStarted:                  {"taskStartedEventDetails", []field{resourceTypeField, resourceField}},
	TaskStateAborted:             {},
	TaskStateEntered:             entered,
	TaskStateExited:              exited,
	TaskSubmitFailed:             {"taskSubmitFailedEventDetails", taskFailure},
	TaskSubmitted:                {"taskSubmittedEventDetails", taskOutput},
	TaskSucceeded:                {"taskSucceededEventDetails", taskOutput},
	TaskTimedOut:                 {"taskTimedOutEventDetails", taskFailure},
	WaitStateAborted:             {},
	WaitStateEntered:             entered,
	WaitStateExited:              exited,
}

// Entered is the event type of entering a state of a type: Entered("Task").
func Entered(stateType string) Type { return Type(stateType + "StateEntered") }

// Exited is the event type of leaving a state of a type.
func Exited(stateType string) Type { return Type(stateType + "StateExited") }

// DetailsKey is the name under which the API carries the details of events of this type; "" where they have none.
func (t Type) DetailsKey() string { return shapes[t].key }

// Known is false for a type that this version of stride has not heard of.
func (t Type) Known() bool { _, ok := shapes[t]; return ok }
