package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maxBody bounds the parameters of one call, in bytes: Lambda's 70 MB request with its base64.
const maxBody = 100 << 20

// JSON is a service of the protocols awsJson1.0 and 1.1: its operations by name.
type JSON map[string]Operation

// Operation answers one call; body is the request's. An error that is not an *Error or a NamedError is answered as an internal
// failure. A nil answer is an empty body; any other is written as JSON, unless it is json.RawMessage, which is written as it is.
type Operation func(c *Call, body []byte) (any, error)

// Op makes an Operation of a function with typed parameters.
func Op[In, Out any](f func(*Call, *In) (Out, error)) Operation {
	return func(c *Call, body []byte) (any, error) {
		in := new(In)
		if len(body) > 0 {
			if err := json.Unmarshal(body, in); err != nil {
				return nil, serialization(err)
			}
		}
		return f(c, in)
	}
}

func serialization(err error) *Error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return Errorf("SerializationException", "%s is a %s, which it cannot be", wrong.Field, wrong.Value)
	}
	return Errorf("SerializationException", "the body is not JSON: %s", err)
}

// Serve implements Service.
func (ops JSON) Serve(w http.ResponseWriter, c *Call) {
	op := ops[c.Operation]
	if op == nil {
		WriteJSONError(w, Errorf("UnknownOperationException", "%s has no operation %q here", c.Service, c.Operation))
		return
	}
	answerJSON(w, c, http.StatusOK, op)
}

// Serve answers a call of a JSON protocol with op.
func Serve(w http.ResponseWriter, c *Call, op Operation) { answerJSON(w, c, http.StatusOK, op) }

func answerJSON(w http.ResponseWriter, c *Call, status int, op Operation) {
	if err := c.Authorized(); err != nil {
		WriteJSONError(w, err)
		return
	}
	body, err := readBody(c.HTTP)
	if err != nil {
		WriteJSONError(w, Errorf("SerializationException", "reading the body: %s", err))
		return
	}
	out, err := op(c, body)
	if err != nil {
		WriteJSONError(w, err)
		return
	}
	writeJSON(w, c.HTTP.Header.Get("Content-Type"), status, out)
}

func readBody(r *http.Request) ([]byte, error) {
	if n := r.ContentLength; n >= 0 && n <= maxBody {
		body := make([]byte, n)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if len(body) > maxBody {
		return nil, fmt.Errorf("it is larger than %d bytes", maxBody)
	}
	return body, err
}

// Streamed is an answer that an Operation writes itself.
type Streamed func(w http.ResponseWriter)

func writeJSON(w http.ResponseWriter, contentType string, status int, out any) {
	var text []byte
	switch v := out.(type) {
	case nil:
	case Streamed:
		v(w)
		return
	case json.RawMessage:
		text = v
	default:
		var err error
		if text, err = json.Marshal(v); err != nil {
			WriteJSONError(w, fmt.Errorf("writing the answer: %w", err))
			return
		}
	}
	if !strings.HasPrefix(contentType, "application/x-amz-json") {
		contentType = "application/json"
	}
	writeRaw(w, contentType, status, text)
}

func writeRaw(w http.ResponseWriter, contentType string, status int, body []byte) {
	h := w.Header()
	if h["Content-Type"] == nil {
		h["Content-Type"] = []string{contentType}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	h["X-Amzn-Requestid"] = []string{NewRequestID()}
	w.WriteHeader(status)
	w.Write(body) // the caller that has gone is not told
}

// WriteJSONError answers err as awsJson and restJson1 do: code in __type and X-Amzn-Errortype, text in message.
func WriteJSONError(w http.ResponseWriter, err error) {
	e := asError(err)
	body := map[string]any{"__type": e.Code, "message": e.Message}
	for name, v := range e.Fields {
		body[name] = v
	}
	text, err := json.Marshal(body)
	if err != nil { // of Fields
		text = fmt.Appendf(nil, `{"__type":%q}`, e.Code)
	}
	w.Header().Set("X-Amzn-Errortype", e.Code)
	writeRaw(w, "application/x-amz-json-1.0", e.status(), text)
}
