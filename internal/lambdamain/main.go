// Package lambdamain is what stands around a handler in Lambda: it names the handler's errors as the workflow matches them, and
// sends slog and log lines to stdout as JSON with the request they belong to. A handler goes in; Start does not come back, and
// Wrap returns what package lambda can call. Package bundle copies this file into every generated main; package lambdahost calls
// Wrap for handlers in its own process.
//
// The handler's input is the invocation's payload as it is. An execution's identity is not part of it: where the caller sends
// {"custom":{"execution":…,"state":…}} as the ClientContext, log lines carry both.
package lambdamain

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Names says which errors a workflow matches on, and the name that its ErrorEquals has for each.
type Names struct {
	Types map[string]string  // of an error's type, "import/path.TypeName" or "*import/path.TypeName"
	Value func(error) string // of an error that is a variable such as ErrSoldOut; "" for any other. It gets what == can compare
}

// Start serves handler in Lambda; it does not return.
func Start(handler any, names Names) {
	logJSON(os.Stdout)
	lambda.Start(Wrap(handler, names))
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// Wrap is handler, of the same type, whose error carries the name that the workflow knows it by. What is not a function that
// returns an error comes back as it is.
func Wrap(handler any, names Names) any {
	fn := reflect.ValueOf(handler)
	if fn.Kind() != reflect.Func {
		return handler
	}
	t := fn.Type()
	last := t.NumOut() - 1
	return reflect.MakeFunc(t, func(args []reflect.Value) []reflect.Value {
		if len(args) > 0 && t.In(0) == contextType {
			noteRequest(args[0].Interface().(context.Context))
		}
		results := fn.Call(args)
		if last < 0 || t.Out(last) != errorType {
			return results
		}
		if err, _ := results[last].Interface().(error); err != nil {
			results[last] = reflect.ValueOf(names.report(err)).Convert(errorType)
		}
		return results
	}).Interface()
}

// report is err as package lambda shall send it: under the first name in its chain that the workflow matches on, with err's whole
// text; else err itself, which goes under the name of its outermost type.
func (n Names) report(err error) error {
	if _, ready := err.(messages.InvokeResponse_Error); ready {
		return err
	}
	if name := n.Of(err); name != "" {
		return messages.InvokeResponse_Error{Type: name, Message: err.Error()}
	}
	return err
}

// Of is the name of the first error in err's chain, in the order of errors.Is, that has one, else "": err goes under the name of its
// type. Where that is the name of another type that the workflow matches, it has its package, "other.Declined".
func (n Names) Of(err error) string {
	name := n.inChain(err)
	if name != "" {
		return name
	}
	t, _ := named(err)
	for _, matched := range n.Types {
		if matched == t.Name() {
			return fmt.Sprintf("%T", err)
		}
	}
	return ""
}

func (n Names) inChain(err error) string {
	if name := n.nameOf(err); name != "" {
		return name
	}
	var inner []error
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		inner = []error{e.Unwrap()}
	case interface{ Unwrap() []error }:
		inner = e.Unwrap()
	}
	for _, err := range inner {
		if err == nil {
			continue
		}
		if name := n.inChain(err); name != "" {
			return name
		}
	}
	return ""
}

func (n Names) nameOf(err error) string {
	if n.Value != nil && reflect.ValueOf(err).Comparable() {
		if name := n.Value(err); name != "" {
			return name
		}
	}
	t, star := named(err)
	return n.Types[star+t.PkgPath()+"."+t.Name()]
}

// named is err's type, or the one that it points to, and "*" then.
func named(err error) (t reflect.Type, star string) {
	if t = reflect.TypeOf(err); t.Kind() == reflect.Pointer {
		return t.Elem(), "*"
	}
	return t, ""
}

// current is the invocation that runs, for log lines written without a context; nil where several may run at once.
var current atomic.Pointer[lambdacontext.LambdaContext]

func noteRequest(ctx context.Context) {
	if lc, ok := lambdacontext.FromContext(ctx); ok && lambdacontext.MaxConcurrency() == 1 {
		current.Store(lc)
	}
}

// logJSON sends what slog and log print to w, one JSON object a line, from AWS_LAMBDA_LOG_LEVEL up. A handler package that has
// set its own default logger keeps it.
func logJSON(w io.Writer) {
	if fmt.Sprintf("%T", slog.Default().Handler()) != "*slog.defaultHandler" {
		return
	}
	var level slog.Level
	_ = level.UnmarshalText([]byte(strings.TrimSpace(os.Getenv("AWS_LAMBDA_LOG_LEVEL")))) // unknown or unset: INFO
	h := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: lambdacontext.ReplaceAttr})
	slog.SetDefault(slog.New(requestHandler{h}))
}

// requestHandler adds the request, and the execution and state where the caller told them.
type requestHandler struct{ slog.Handler }

func (h requestHandler) Handle(ctx context.Context, r slog.Record) error {
	r = failure(r)
	lc, ok := lambdacontext.FromContext(ctx)
	if !ok {
		lc = current.Load()
	}
	if lc != nil {
		r.AddAttrs(slog.String("requestId", lc.AwsRequestID))
		for _, key := range []string{"execution", "state"} {
			if v := lc.ClientContext.Custom[key]; v != "" {
				r.AddAttrs(slog.String(key, v))
			}
		}
	}
	return h.Handler.Handle(ctx, r)
}

// failure makes package lambda's own line about a failed invocation, its answer as text, an error with fields.
func failure(r slog.Record) slog.Record {
	var e messages.InvokeResponse_Error
	if !strings.HasPrefix(r.Message, `{"errorMessage":`) || json.Unmarshal([]byte(r.Message), &e) != nil {
		return r
	}
	told := slog.NewRecord(r.Time, slog.LevelError, e.Message, r.PC)
	told.AddAttrs(slog.String("errorType", e.Type))
	if len(e.StackTrace) > 0 {
		told.AddAttrs(slog.Any("stackTrace", e.StackTrace))
	}
	return told
}

func (h requestHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestHandler{h.Handler.WithAttrs(attrs)}
}

func (h requestHandler) WithGroup(name string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(name)}
}
