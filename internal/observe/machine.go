package observe

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// States is the part of Step Functions that is read.
type States interface {
	Histories
	DescribeStateMachine(context.Context, *sfn.DescribeStateMachineInput, ...func(*sfn.Options)) (*sfn.DescribeStateMachineOutput, error)
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	DescribeMapRun(context.Context, *sfn.DescribeMapRunInput, ...func(*sfn.Options)) (*sfn.DescribeMapRunOutput, error)
}

// Machine is a state machine whose executions are read.
type Machine struct {
	Name, ARN string
	Express   bool
	LogGroup  string   // "" where it logs nothing
	AllEvents bool     // the log has every event
	WithData  bool     // the log has inputs and outputs
	Functions []string // the names of the Lambda functions that its definition calls
}

// logged is whether the machine's executions are told from its log: AWS keeps no other record of Express ones; the history of
// Standard ones says more than a log that leaves things out.
func (m *Machine) logged() bool { return m.LogGroup != "" && (m.Express || m.AllEvents && m.WithData) }

// Describe is the machine at arn.
func Describe(ctx context.Context, states States, arn string) (Machine, error) {
	out, err := states.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
	if err != nil {
		return Machine{}, fmt.Errorf("describing %s: %w", arn, err)
	}
	m := Machine{Name: aws.ToString(out.Name), ARN: arn, Express: out.Type == types.StateMachineTypeExpress}
	if c := out.LoggingConfiguration; c != nil && c.Level != types.LogLevelOff {
		for _, d := range c.Destinations {
			if d.CloudWatchLogsLogGroup != nil {
				m.LogGroup = LogGroup(aws.ToString(d.CloudWatchLogsLogGroup.LogGroupArn))
				m.AllEvents, m.WithData = c.Level == types.LogLevelAll, c.IncludeExecutionData
			}
		}
	}
	if d, err := asl.Parse(aws.ToString(out.Definition), ""); err == nil {
		m.Functions = functionsOf(d)
	}
	return m, nil
}

// LogGroup is the name in a log group's ARN, "" where it is none.
func LogGroup(arn string) string {
	_, name, _ := strings.Cut(strings.TrimSuffix(arn, ":*"), ":log-group:")
	return name
}

// functionsOf are the names of the functions that a definition calls by a constant name or ARN.
func functionsOf(d *asl.Definition) []string {
	found := map[string]bool{}
	add := func(s string) {
		name := functionName(s)
		if s == "" || name == s && strings.HasPrefix(s, "arn:") || strings.HasPrefix(s, "{%") {
			return
		}
		name, _, _ = strings.Cut(name, ":")
		found[name] = true
	}
	asl.Walk(&d.Machine, func(_ *asl.Machine, s *asl.State) {
		if strings.Contains(s.Resource, ":function:") {
			add(s.Resource)
		}
		if strings.Contains(s.Resource, ":lambda:invoke") {
			for _, sent := range []value.Value{s.Arguments, s.Parameters} {
				name, _ := sent.Get("FunctionName")
				add(name.Str())
			}
		}
	})
	names := make([]string, 0, len(found))
	for name := range found {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// MachineOf is the ARN of the state machine that an execution's ARN names, arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME or
// …:express:MACHINE:NAME:ID; of a child of a Distributed Map, whose MACHINE is MACHINE/LABEL, the machine above it. "" where arn is
// no execution's.
func MachineOf(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) < 8 || parts[0] != "arn" || parts[2] != "states" || parts[5] != "execution" && parts[5] != "express" {
		return ""
	}
	name, _, _ := strings.Cut(parts[6], "/")
	return strings.Join(append(parts[:5:5], "stateMachine", name), ":")
}

// NameOf is the name in an execution's ARN.
func NameOf(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) < 8 {
		return arn
	}
	return parts[7]
}

// MachineName is the state machine's name in an execution's ARN.
func MachineName(execution string) string {
	name, _ := machineName(execution)
	return name
}

// machineName is the machine's name in an execution's ARN, "" where it is none, and the label of the map run that the execution is
// a child of.
func machineName(execution string) (name, label string) {
	rest := execution
	for range 6 {
		_, after, ok := strings.Cut(rest, ":")
		if !ok {
			return "", ""
		}
		rest = after
	}
	name, _, _ = strings.Cut(rest, ":")
	name, label, _ = strings.Cut(name, "/")
	return name, label
}
