// Package asl is the definition of a state machine in the Amazon States Language: pure data, with the place of every field.
// JSON text comes in through Parse, which keeps what it does not understand, and goes out through Marshal, byte for byte stable.
// The compiler makes definitions; lint, machine, policy, plan and graph read them. Nothing here judges: that is lint's.
//
// Field names are the language's own (https://states-language.net/spec.html). A field whose value may be a literal, a path, a
// JSONata string or null is a value.Value; Undefined means that the field is absent.
package asl

import "github.com/stride-aws/stride/internal/value"

// Type is a state's Type field.
type Type string

const (
	Task     Type = "Task"
	Pass     Type = "Pass"
	Choice   Type = "Choice"
	Wait     Type = "Wait"
	Succeed  Type = "Succeed"
	Fail     Type = "Fail"
	Parallel Type = "Parallel"
	Map      Type = "Map"
)

// The query languages. A state's own QueryLanguage wins over the machine's; the default is JSONPath.
const (
	JSONPath = "JSONPath"
	JSONata  = "JSONata"
)

// Definition is a whole state machine: the top level machine and the text that it was read from.
type Definition struct {
	Machine
	// Tree is the text's value as it stands, Undefined for a definition that was not parsed.
	Tree   value.Value
	source *source
}

// Machine is what has StartAt and States: the top level, a branch of Parallel, the processor of a Map.
type Machine struct {
	Pointer        string // JSON Pointer of this machine in its definition; "" at the top
	Comment        string
	QueryLanguage  string // as written; "" where absent
	Version        string
	StartAt        string
	TimeoutSeconds value.Value
	States         []*State // in the order of the text
	Unknown        []value.Member
	// ProcessorConfig is a Map processor's; nil elsewhere and where absent.
	ProcessorConfig *ProcessorConfig
}

// ProcessorConfig says how a Map runs its iterations.
type ProcessorConfig struct {
	Mode          string // INLINE (default) or DISTRIBUTED
	ExecutionType string // STANDARD or EXPRESS, of a DISTRIBUTED Map's children
	Unknown       []value.Member
}

// State is a state of any type; each type reads its own fields.
type State struct {
	Malformed     value.Value // what stands in the state's place when that is no object; then all else is empty
	Name          string
	Pointer       string // JSON Pointer of the state in its definition
	Type          Type
	Comment       string
	QueryLanguage string // as written; "" where absent
	Next          string
	End           bool

	// Input and output processing. JSONPath:
	InputPath, OutputPath, ResultPath, Parameters, ResultSelector value.Value
	// JSONata:
	Arguments, Output value.Value
	// Both:
	Assign value.Value

	Result value.Value // Pass

	// Task. Resource as written; a timeout is a number, or a JSONata string, or in JSONPath a …Path.
	Resource                               string
	TimeoutSeconds, TimeoutSecondsPath     value.Value
	HeartbeatSeconds, HeartbeatSecondsPath value.Value
	Credentials                            value.Value
	Seconds, SecondsPath                   value.Value // Wait
	Timestamp, TimestampPath               value.Value // Wait
	Error, ErrorPath, Cause, CausePath     value.Value // Fail
	Choices                                []*Rule     // Choice
	Default                                string      // Choice
	Branches                               []*Machine  // Parallel
	Processor                              *Machine    // Map: ItemProcessor, or its older name Iterator
	Iterator                               bool        // the Processor was written as Iterator
	Items, ItemsPath, ItemSelector         value.Value // Map; the older name Parameters stays in Parameters
	MaxConcurrency, MaxConcurrencyPath     value.Value
	ItemReader, ItemBatcher, ResultWriter  value.Value // Map DISTRIBUTED: objects, as written
	ToleratedFailureCount                  value.Value
	ToleratedFailureCountPath              value.Value
	ToleratedFailurePercentage             value.Value
	ToleratedFailurePercentagePath         value.Value
	Label                                  string
	Retry                                  []*Retrier
	Catch                                  []*Catcher
	Unknown                                []value.Member // fields that no state has, and fields of the wrong JSON type
}

// Rule is a choice rule, or part of one. In JSONata it has a Condition; in JSONPath either And, Or, Not, or Variable with one
// comparison: Operator ("StringEqualsPath") and Operand.
type Rule struct {
	Pointer   string
	Comment   string
	Next      string // of a top-level rule
	Condition value.Value
	And, Or   []*Rule
	Not       *Rule
	Variable  value.Value
	Operator  string
	Operand   value.Value
	Assign    value.Value
	Output    value.Value
	Unknown   []value.Member
}

// Retrier is one entry of Retry. Numbers as written; Undefined means the language's default
// (IntervalSeconds 1, MaxAttempts 3, BackoffRate 2.0, no MaxDelaySeconds, JitterStrategy NONE).
type Retrier struct {
	Pointer         string
	Comment         string
	ErrorEquals     []string
	IntervalSeconds value.Value
	MaxAttempts     value.Value
	BackoffRate     value.Value
	MaxDelaySeconds value.Value
	JitterStrategy  string
	Unknown         []value.Member
}

// Catcher is one entry of Catch.
type Catcher struct {
	Pointer     string
	Comment     string
	ErrorEquals []string
	Next        string
	ResultPath  value.Value // JSONPath
	Assign      value.Value
	Output      value.Value // JSONata
	Unknown     []value.Member
}

// State is the state called name, nil where there is none.
func (m *Machine) State(name string) *State {
	for _, s := range m.States {
		if s.Name == name {
			return s
		}
	}
	return nil
}
