package lambdahost

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// MaxPayload is the size of a request or response in bytes. AWS: Invoke, synchronous, 6 MB.
const MaxPayload = 6 << 20

// unhandled is the FunctionError of every failed invocation: AWS has no other for functions that use the Runtime API.
const unhandled = "Unhandled"

func errorPayload(errorType, message string) []byte {
	text, _ := json.Marshal(map[string]string{"errorType": errorType, "errorMessage": message}) // strings always have JSON
	return text
}

// timeoutPayload is Lambda's answer for an invocation that took longer than timeout.
func timeoutPayload(requestID string, timeout time.Duration) []byte {
	return errorPayload("Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", requestID, timeout.Seconds()))
}

// tooLarge is Lambda's answer for a response of more than MaxPayload bytes.
func tooLarge() []byte {
	return errorPayload("Function.ResponseSizeTooLarge", fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", MaxPayload+100))
}

// exitMessage says how a process ended, in Lambda's words.
func exitMessage(requestID string, err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "RequestId: " + requestID + " Error: Runtime exited with error: " + exit.Error()
	}
	return "RequestId: " + requestID + " Error: Runtime exited without providing a reason"
}
