package conformance

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/task"
	"github.com/stride-aws/stride/internal/uuid"
)

// functions are a case's Lambda functions, by name.
type functions map[string]function

// Invoke implements task.Lambda with the behaviours that the recordings' functions had.
func (f functions) Invoke(ctx context.Context, arn string, payload []byte) (task.LambdaResult, error) {
	parts := strings.Split(arn, ":")
	if len(parts) < 7 {
		return task.LambdaResult{}, task.ErrNoFunction
	}
	fn, ok := f[parts[6]]
	if !ok {
		return task.LambdaResult{}, task.ErrNoFunction
	}
	switch fn.Behaviour {
	case "bytes_hello":
		return task.LambdaResult{Payload: []byte(`"HelloWorld!"`)}, nil
	case "raise_exception":
		return raised("Some exception was raised.", "Exception", `  File "/var/task/handler.py", line 2, in handler\n    raise Exception("Some exception was raised.")\n`), nil
	case "raise_custom_exception":
		return raised("", "CustomException", `  File "/var/task/handler.py", line 9, in handler\n    raise CustomException()\n`), nil
	case "large_output":
		return task.LambdaResult{Payload: []byte(`"` + strings.Repeat("a", 257*1024) + `"`)}, nil
	case "sleep_60":
		select {
		case <-ctx.Done():
			return task.LambdaResult{}, ctx.Err()
		case <-time.After(time.Minute):
		}
	case "echo":
	default:
		return task.LambdaResult{}, fmt.Errorf("no behaviour %s", fn.Behaviour)
	}
	return task.LambdaResult{Payload: payload, LogTail: []byte("START\nEND\n")}, nil
}

// raised is what the Python runtime returns for an exception, with its spaces.
func raised(message, kind, trace string) task.LambdaResult {
	trace = strings.ReplaceAll(trace, `"`, `\"`)
	text := fmt.Sprintf(`{"errorMessage": "%s", "errorType": "%s", "requestId": "%s", "stackTrace": ["%s"]}`, message, kind, uuid.New(), trace)
	return task.LambdaResult{Payload: []byte(text), FunctionError: "Unhandled"}
}
