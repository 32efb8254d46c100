package local

import (
	"context"
	"encoding/json"
	"errors"
	"unsafe"

	"github.com/stride-aws/stride/internal/value"
)

// operation is an operation of the API on JSON.
type operation func(ctx context.Context, s *Service, body []byte) ([]byte, error)

// operations is the API of Step Functions. (A function, since tasks call the API, and the API starts tasks.)
func operations() map[string]operation {
	return map[string]operation{
		"CreateActivity":                   op((*Service).CreateActivity),
		"CreateStateMachine":               op((*Service).CreateStateMachine),
		"CreateStateMachineAlias":          op((*Service).CreateStateMachineAlias),
		"DeleteActivity":                   op((*Service).DeleteActivity),
		"DeleteStateMachine":               op((*Service).DeleteStateMachine),
		"DeleteStateMachineAlias":          op((*Service).DeleteStateMachineAlias),
		"DeleteStateMachineVersion":        op((*Service).DeleteStateMachineVersion),
		"DescribeActivity":                 op((*Service).DescribeActivity),
		"DescribeExecution":                op((*Service).DescribeExecution),
		"DescribeMapRun":                   op((*Service).DescribeMapRun),
		"DescribeStateMachine":             op((*Service).DescribeStateMachine),
		"DescribeStateMachineAlias":        op((*Service).DescribeStateMachineAlias),
		"DescribeStateMachineForExecution": op((*Service).DescribeStateMachineForExecution),
		"GetActivityTask":                  opWithContext((*Service).GetActivityTask),
		"GetExecutionHistory":              opWithContext((*Service).getExecutionHistory),
		"ListActivities":                   op((*Service).ListActivities),
		"ListExecutions":                   op((*Service).ListExecutions),
		"ListMapRuns":                      op((*Service).ListMapRuns),
		"ListStateMachineAliases":          op((*Service).ListStateMachineAliases),
		"ListStateMachineVersions":         op((*Service).ListStateMachineVersions),
		"ListStateMachines":                op((*Service).ListStateMachines),
		"ListTagsForResource":              op((*Service).ListTagsForResource),
		"PublishStateMachineVersion":       op((*Service).PublishStateMachineVersion),
		"RedriveExecution":                 op((*Service).RedriveExecution),
		"SendTaskFailure":                  op((*Service).SendTaskFailure),
		"SendTaskHeartbeat":                op((*Service).SendTaskHeartbeat),
		"SendTaskSuccess":                  op((*Service).SendTaskSuccess),
		"StartExecution":                   op((*Service).StartExecution),
		"StartSyncExecution":               opWithContext((*Service).StartSyncExecution),
		"StopExecution":                    op((*Service).StopExecution),
		"TagResource":                      op((*Service).TagResource),
		"TestState":                        opWithContext((*Service).TestState),
		"UntagResource":                    op((*Service).UntagResource),
		"UpdateMapRun":                     op((*Service).UpdateMapRun),
		"UpdateStateMachine":               op((*Service).UpdateStateMachine),
		"UpdateStateMachineAlias":          op((*Service).UpdateStateMachineAlias),
		"ValidateStateMachineDefinition":   op((*Service).ValidateStateMachineDefinition),
	}
}

// Call makes a call of the API: parameters and answer are its JSON. The body must not be changed afterwards. Its errors are of type
// *Error.
func (s *Service) Call(ctx context.Context, operation string, body []byte) ([]byte, error) {
	do := s.cloud.operations[operation]
	if do == nil {
		return nil, errorf("UnknownOperationException", "Step Functions has no operation %q", operation)
	}
	return do(ctx, s, body)
}

func op[In, Out any](f func(*Service, *In) (Out, error)) operation {
	return opWithContext(func(s *Service, _ context.Context, in *In) (Out, error) { return f(s, in) })
}

func opWithContext[In, Out any](f func(*Service, context.Context, *In) (Out, error)) operation {
	return func(ctx context.Context, s *Service, body []byte) ([]byte, error) {
		in := new(In)
		if err := readParams(body, in); err != nil {
			return nil, err
		}
		out, err := f(s, ctx, in)
		if err != nil {
			return nil, err
		}
		switch answer := any(out).(type) {
		case json.RawMessage:
			return answer, nil
		case writer:
			return answer.append(nil), nil
		}
		return json.Marshal(out)
	}
}

// reader are parameters that read themselves.
type reader interface{ read(value.Value) error }

// writer is an answer that writes itself as JSON.
type writer interface{ append(dst []byte) []byte }

func readParams(body []byte, in any) error {
	if len(body) == 0 {
		return nil
	}
	r, quick := in.(reader)
	if !quick {
		if err := json.Unmarshal(body, in); err != nil {
			return serialization(err)
		}
		return nil
	}
	v, err := value.Parse(unsafe.String(unsafe.SliceData(body), len(body))) // nobody writes into a request's body
	if err != nil {
		return serialization(err)
	}
	return r.read(v)
}

func serialization(err error) *Error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return errorf("SerializationException", "%s cannot be of type %s", wrong.Field, wrong.Value)
	}
	return errorf("SerializationException", "the parameters are not JSON: %s", err)
}
