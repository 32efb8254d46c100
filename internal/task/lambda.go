package task

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/integration"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/uuid"
	"github.com/stride-aws/stride/internal/value"
)

// function runs a Task whose Resource is a function's ARN: its payload is the result as it stands.
func (a *attempt) function() {
	result, err := a.runFunction(a.Resource.ARN, a.Input.AppendJSON(nil))
	switch {
	case err != nil:
		a.reply.Failed(failure(integration.Services["lambda"], err, ""))
	case result.FunctionError != "":
		name, _ := functionError(result)
		a.fail(name, string(result.Payload))
	default:
		a.reply.Succeeded(history.Verbatim(payloadText(result.Payload)))
	}
}

// payloadText is a payload as a result: none is null.
func payloadText(payload []byte) string {
	if len(payload) == 0 {
		return "null"
	}
	return string(payload)
}

// functionError is the name of a function's error, and its cause in compact JSON.
func functionError(r LambdaResult) (name string, cause history.Text) {
	v, err := value.Parse(string(r.Payload))
	if err != nil {
		return r.FunctionError, history.Verbatim(string(r.Payload))
	}
	kind, ok := v.Get("errorType")
	if !ok || kind.Str() == "" {
		return "Exception", history.JSON(v)
	}
	return kind.Str(), history.JSON(v)
}

// invoke runs lambda:invoke.
func (a *attempt) invoke() {
	name := get(a.Input, "FunctionName").Str()
	if qualifier, ok := a.Input.Get("Qualifier"); ok && strings.Count(name, ":") != 7 {
		name = a.functionARN(name) + ":" + qualifier.Str()
	}
	result, err := a.runFunction(a.functionARN(name), a.payload())
	if err != nil {
		a.reply.Failed(failure(integration.Services["lambda"], err, a.Resource.Pattern))
		return
	}
	if result.FunctionError != "" {
		a.failed(functionError(result))
		return
	}
	a.succeed(a.invokeResult(result))
}

// functionARN completes a function's name. AWS: a name, a partial ARN (account:function:name) or an ARN.
func (a *attempt) functionARN(name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	account := a.account
	if head, rest, ok := strings.Cut(name, ":function:"); ok {
		account, name = head, rest
	}
	return "arn:aws:lambda:" + a.region + ":" + account + ":function:" + name
}

// payload is the event: Payload as JSON. Without one, or with null, the function gets an empty object.
func (a *attempt) payload() []byte {
	v, ok := a.Input.Get("Payload")
	if !ok || v.Kind() == value.Null {
		return []byte("{}")
	}
	return v.AppendJSON(nil)
}

// runFunction runs a function that is here, else through the endpoint of Lambda.
func (a *attempt) runFunction(arn string, payload []byte) (LambdaResult, error) {
	if s, err := sdk.Lookup("lambda"); err != nil {
		return LambdaResult{}, err
	} else if err := a.authorized(s); err != nil {
		return LambdaResult{}, err
	}
	if a.Lambda != nil {
		result, err := a.Lambda.Invoke(a.ctx, arn, payload)
		if !errors.Is(err, ErrNoFunction) {
			return result, err
		}
	}
	if endpointOf("Lambda") == "" {
		return LambdaResult{}, a.noFunction(arn)
	}
	return a.invokeRemote(arn, payload)
}

// noFunction is Lambda's own answer for a function that does not exist.
func (a *attempt) noFunction(arn string) error {
	s, err := sdk.Lookup("lambda")
	if err != nil {
		return err
	}
	if strings.Count(arn, ":") < 7 {
		arn += ":$LATEST"
	}
	return &sdk.Error{Service: s, Code: "ResourceNotFoundException", Status: http.StatusNotFound, RequestID: uuid.New(),
		Message: "Function not found: " + arn}
}

func (a *attempt) invokeRemote(arn string, payload []byte) (LambdaResult, error) {
	s, err := sdk.Lookup("lambda")
	if err != nil {
		return LambdaResult{}, err
	}
	op, err := s.Operation("invoke")
	if err != nil {
		return LambdaResult{}, err
	}
	account := a.account
	if p := strings.Split(arn, ":"); len(p) > 4 {
		account = p[4]
	}
	result, err := a.client.Do(a.ctx, sdk.Request{Service: s, Operation: op, Account: account, Region: a.region,
		Params: object("FunctionName", value.OfString(arn), "Payload", value.OfString(string(payload)))})
	if err != nil {
		return LambdaResult{}, err
	}
	return LambdaResult{
		Payload: []byte(get(result.Output, "Payload").Str()), FunctionError: get(result.Output, "FunctionError").Str(),
		Version: get(result.Output, "ExecutedVersion").Str(),
	}, nil
}

// invokeResult is lambda:invoke's result.
func (a *attempt) invokeResult(r LambdaResult) value.Value {
	version := r.Version
	if version == "" {
		version = "$LATEST"
	}
	id := orID(r.RequestID)
	length := fmt.Sprint(len(r.Payload))
	headers := []header{
		{"X-Amz-Executed-Version", version}, {"x-amzn-Remapped-Content-Length", "0"}, {"Connection", "keep-alive"}, {"x-amzn-RequestId", id},
		{"Content-Length", length}, {"X-Amzn-Trace-Id", "root=1-" + strings.ReplaceAll(id, "-", "")[:8] + "-" + strings.ReplaceAll(id, "-", "")[8:] + ";parent=0;sampled=0"},
		{"Content-Type", "application/json"},
	}
	members := []value.Member{{Name: "ExecutedVersion", Value: value.OfString(version)}}
	if get(a.Input, "LogType").Str() == "Tail" {
		log := base64.StdEncoding.EncodeToString(r.LogTail)
		members = append(members, value.Member{Name: "LogResult", Value: value.OfString(log)})
		headers = append(headers, header{"X-Amz-Log-Result", log})
	}
	members = append(members, value.Member{Name: "Payload", Value: payloadValue(r.Payload)})
	members = append(members, metadata(http.StatusOK, id, headers)...)
	return value.OfObject(append(members, value.Member{Name: "StatusCode", Value: value.OfFloat(http.StatusOK)}))
}

// payloadValue is a payload as JSON; what is no JSON is a text.
func payloadValue(payload []byte) value.Value {
	v, err := value.Parse(payloadText(payload))
	if err != nil {
		return value.OfString(string(payload))
	}
	return v
}
