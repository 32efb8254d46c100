package lint

import "github.com/stride-aws/stride/internal/diag"

// Code is a kind of finding: the rule, a definition that breaks it and what to do. `stride explain CODE` prints it; a test checks
// each Example and wants its code.
type Code struct {
	Name     string
	Severity diag.Severity
	Rule     string
	Example  string // a whole definition
	Express  bool   // the example is an Express workflow
	Fix      string // in one line
}

// AWS's codes. API reference, ValidateStateMachineDefinitionDiagnostic; the two of JSONata only stand in its answers.
const (
	SchemaValidationFailed  = "SCHEMA_VALIDATION_FAILED"
	InvalidJSON             = "INVALID_JSON_DESCRIPTION" // given by asl.Parse
	MissingTransitionTarget = "MISSING_TRANSITION_TARGET"
	MissingEndState         = "MISSING_END_STATE"
	DuplicateStateName      = "DUPLICATE_STATE_NAME"
	InvalidStateName        = "INVALID_STATE_NAME"
	DuplicateLabelName      = "DUPLICATE_LABEL_NAME"
	InvalidLabelName        = "INVALID_LABEL_NAME"
	InvalidJSONata          = "INVALID_JSONATA_EXPRESSION"
	UnsupportedJSONata      = "UNSUPPORTED_JSONATA_EXPRESSION"
	InvalidVariableName     = "INVALID_VARIABLE_NAME"
	ReservedVariableName    = "RESERVED_VARIABLE_NAME"
	NoDollar                = "NO_DOLLAR"
	NoPath                  = "NO_PATH"
	PassResultIsStatic      = "PASS_RESULT_IS_STATIC"
)

// stride's codes. A number is never used again for something else.
const (
	EndlessLoop          = "S001"
	PollWithoutWait      = "S002"
	TaskWithoutTimeout   = "S003"
	WaitWithoutTimeout   = "S004"
	RetryWithoutJitter   = "S005"
	RetryEverything      = "S006"
	UnknownStatesError   = "S007"
	ChoiceWithoutDefault = "S008"
	UnassignedVariable   = "S009"
	OuterVariable        = "S010"
	NoStatesResult       = "S011"
	NoContextField       = "S012"
	NoSuchField          = "S013"
	LargeResults         = "S014"
	WholeResponse        = "S015"
	ExpressTooLong       = "S016"
	LambdaChain          = "S017"
	UnpinnedFunction     = "S018"
	DistributedOnly      = "S019"
	DuplicateField       = "S020"
)

// Codes are all kinds of findings, AWS's first.
func Codes() []Code { return append(awsCodes[:len(awsCodes):len(awsCodes)], ownCodes...) }

// Explain is the code called name.
func Explain(name string) (Code, bool) {
	for _, c := range Codes() {
		if c.Name == name {
			return c, true
		}
	}
	return Code{}, false
}

var awsCodes = []Code{
	{
		Name: SchemaValidationFailed, Rule: "a field is missing, is not supported where it stands, or has a value that it cannot have",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Seconds": 3, "End": true}}}`,
		Fix:     "compare the field with https://states-language.net/spec.html",
	},
	{
		Name: MissingTransitionTarget, Rule: "StartAt, Next and Default name states of the same machine, and each state is reached by one of them",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}, "B": {"Type": "Pass", "End": true}}}`,
		Fix:     "correct the name, or take the state out",
	},
	{
		Name: MissingEndState, Rule: "each machine has a state with End, a Succeed or a Fail",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}`,
		Fix:     `give the last state "End": true`,
	},
	{
		Name: DuplicateStateName, Rule: "a state's name is given once in the whole definition, branches and iterations included",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true, "Branches": [
			{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}]}}}`,
		Fix: "rename one of the states",
	},
	{
		Name: InvalidStateName, Rule: "a state's name has 1 to 80 characters",
		Example: `{"StartAt": "", "States": {"": {"Type": "Pass", "End": true}}}`,
		Fix:     "shorten the name; a longer text can stand in Comment",
	},
	{
		Name: DuplicateLabelName, Rule: "a Label names one Map state",
		Example: `{"StartAt": "A", "States": {
			"A": {"Type": "Map", "Label": "x", "Next": "B", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
				"StartAt": "C", "States": {"C": {"Type": "Pass", "End": true}}}},
			"B": {"Type": "Map", "Label": "x", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
				"StartAt": "D", "States": {"D": {"Type": "Pass", "End": true}}}}}}`,
		Fix: "change one of the labels",
	},
	{
		Name: InvalidLabelName, Rule: "a Label has 1 to 40 characters and no spaces, wildcards, brackets or special characters",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Map", "Label": "a b", "End": true, "ItemProcessor": {
			"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "C", "States": {"C": {"Type": "Pass", "End": true}}}}}}`,
		Fix: "use letters, digits, - and _",
	},
	{
		Name: InvalidJSONata, Rule: "what stands between {% and %} is JSONata 2.0",
		Example: `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "{% 1 + %}", "End": true}}}`,
		Fix:     "correct the expression; https://try.jsonata.org runs it",
	},
	{
		Name: UnsupportedJSONata, Rule: "an expression starts from $states or from a variable; $states.errorOutput exists only in a Catch",
		Example: `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "{% $states.errorOutput %}", "End": true}}}`,
		Fix:     "read $states.input, $states.context, $states.result or a variable",
	},
	{
		Name: InvalidVariableName, Rule: "a variable's name is an identifier of at most 80 characters",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"order-id": 1}, "End": true}}}`,
		Fix:     "use letters, digits and _",
	},
	{
		Name: ReservedVariableName, Rule: "$states is AWS's own variable",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"states": 1}, "End": true}}}`,
		Fix:     "choose another name",
	},
	{
		Name: NoDollar, Severity: diag.Warning, Rule: "a path or an intrinsic function is evaluated only in a field whose name ends in .$",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"id": "$.id"}, "End": true}}}`,
		Fix:     "end the field's name with .$",
	},
	{
		Name: NoPath, Severity: diag.Warning, Rule: "Error, Cause and Timestamp are literal; their twins ErrorPath, CausePath and TimestampPath take paths",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "$.error"}}}`,
		Fix:     "use the field whose name ends in Path",
	},
	{
		Name: PassResultIsStatic, Severity: diag.Warning, Rule: "the Result of a Pass state is literal",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"id.$": "$.id"}, "End": true}}}`,
		Fix:     "use Parameters",
	},
}

var ownCodes = []Code{
	{
		Name: EndlessLoop, Severity: diag.Warning, Rule: "a loop has a way out; without one an execution runs, and costs, until its history is full",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "End", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "B"}]},
			"B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "Next": "B"}, "End": {"Type": "Succeed"}}}`,
		Fix: "leave the loop by a Choice",
	},
	{
		Name: PollWithoutWait, Severity: diag.Warning, Rule: "a loop that asks how something stands waits between two questions",
		Example: `{"StartAt": "Ask", "States": {
			"Ask": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:getJobRun", "TimeoutSeconds": 9, "Next": "Done?"},
			"Done?": {"Type": "Choice", "Default": "Ask", "Choices": [{"Variable": "$.Done", "BooleanEquals": true, "Next": "End"}]}, "End": {"Type": "Succeed"}}}`,
		Fix: "put a Wait state into the loop, or use the .sync form of the integration",
	},
	{
		Name: TaskWithoutTimeout, Severity: diag.Note, Rule: "a Task says how long it may take; the default is a year (99,999,999 seconds)",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {}, "End": true}}}`,
		Fix:     "set TimeoutSeconds",
	},
	{
		Name: WaitWithoutTimeout, Severity: diag.Warning, Rule: "a Task that waits for a callback, a job or a worker says how long; an answer that is lost would keep it for a year",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
			"Parameters": {"MessageBody.$": "$$.Task.Token"}, "End": true}}}`,
		Fix: "set TimeoutSeconds or HeartbeatSeconds",
	},
	{
		Name: RetryWithoutJitter, Severity: diag.Note, Rule: "retries are spread, or executions that failed together fail together again",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {}, "End": true,
			"Retry": [{"ErrorEquals": ["SQS.SqsException"]}]}}}`,
		Fix: `set "JitterStrategy": "FULL"; in Go, FullJitter of flow.Retry`,
	},
	{
		Name: RetryEverything, Severity: diag.Note, Rule: "a Retry names the errors that may pass; States.ALL also repeats what will fail each time, and what must not be done twice",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {}, "End": true,
			"Retry": [{"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL"}]}}}`,
		Fix: "name the errors, such as States.Timeout or Lambda.TooManyRequestsException",
	},
	{
		Name: UnknownStatesError, Severity: diag.Warning, Rule: "errors whose names begin with States. are AWS's own, and only those on its list",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {}, "End": true,
			"Catch": [{"ErrorEquals": ["States.TimeOut"], "Next": "B"}]}, "B": {"Type": "Fail"}}}`,
		Fix: "correct the name; the list is at https://states-language.net/spec.html#appendix-a",
	},
	{
		Name: ChoiceWithoutDefault, Severity: diag.Warning, Rule: "a Choice says what happens where no rule holds; without Default the execution fails",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "B"}]}, "B": {"Type": "Succeed"}}}`,
		Fix:     "add Default, if only to a Fail state that says what was unexpected",
	},
	{
		Name: UnassignedVariable, Severity: diag.Warning, Rule: "a variable is assigned by a state of the same machine, or by one around it; a distributed Map sees none from outside",
		Example: `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "{% $total %}", "End": true}}}`,
		Fix:     "assign the variable, or correct its name",
	},
	{
		Name: OuterVariable, Severity: diag.Warning, Rule: "states in a Map or Parallel read the variables around it and cannot set them",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"n": 1}, "Next": "B"}, "B": {"Type": "Parallel", "End": true, "Branches": [
			{"StartAt": "C", "States": {"C": {"Type": "Pass", "Assign": {"n": 2}, "End": true}}}]}}}`,
		Fix: "return the value from the branch and assign it in the Map or Parallel state",
	},
	{
		Name: NoStatesResult, Severity: diag.Warning, Rule: "$states has the fields input and context, result in Output and Assign of Task, Parallel and Map, and errorOutput in Catch",
		Example: `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "{% $states.result %}", "End": true}}}`,
		Fix:     "read $states.input, or assign the result where there is one",
	},
	{
		Name: NoContextField, Severity: diag.Warning, Rule: "the context object has Execution, State, StateMachine, in a callback Task.Token, and in a Map Map.Item",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"id.$": "$$.Execution.ID"}, "End": true}}}`,
		Fix:     "see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html",
	},
	{
		Name: NoSuchField, Severity: diag.Warning, Rule: "a path leads to a field that the states before it can have given",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"id": 1}, "Next": "B"}, "B": {"Type": "Pass", "InputPath": "$.ids", "End": true}}}`,
		Fix:     "correct the name in the path, or keep the field by a ResultPath before",
	},
	{
		Name: LargeResults, Severity: diag.Note, Rule: "a distributed Map writes its results to S3, or drops them; a state's output has at most 262,144 bytes",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
			"StartAt": "C", "States": {"C": {"Type": "Pass", "End": true}}}}}}`,
		Fix: `add a ResultWriter, or "ResultPath": null`,
	},
	{
		Name: WholeResponse, Severity: diag.Note, Rule: "of lambda:invoke's answer the next state needs Payload; the rest counts towards 262,144 bytes",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 9,
			"Parameters": {"FunctionName": "f", "Payload.$": "$"}, "End": true}}}`,
		Fix: `set "OutputPath": "$.Payload", or Output in JSONata`,
	},
	{
		Name: ExpressTooLong, Severity: diag.Warning, Rule: "an Express execution ends after five minutes, whatever it waits for",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 600, "End": true}}}`, Express: true,
		Fix: "make the workflow Standard",
	},
	{
		Name: LambdaChain, Severity: diag.Note, Rule: "functions that always run one after the other, with no error handled between them, cost a transition each and gain nothing",
		Example: `{"StartAt": "A", "States": {
			"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:a:1", "Next": "B"},
			"B": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:b:1", "Next": "C"},
			"C": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:c:1", "End": true}}}`,
		Fix: "give each a Retry or Catch, or make them one function",
	},
	{
		Name: UnpinnedFunction, Severity: diag.Note, Rule: "a definition names a version or an alias of a function; executions that run already should not meet a newer one",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:a", "End": true}}}`,
		Fix:     "end the ARN with a version or an alias",
	},
	{
		Name: DistributedOnly, Severity: diag.Warning, Rule: "ItemReader, ItemBatcher, ResultWriter and Label belong to a distributed Map",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Map", "Label": "x", "End": true, "ItemProcessor": {
			"StartAt": "C", "States": {"C": {"Type": "Pass", "End": true}}}}}}`,
		Fix: `set "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}`,
	},
	{
		Name: DuplicateField, Severity: diag.Warning, Rule: "a name stands once in its object; of two the last counts",
		Example: `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Comment": "x", "Comment": "y", "End": true}}}`,
		Fix:     "take one of them out",
	},
}
