package lambdamain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"
)

type soldOut struct{ SKU string }

func (e soldOut) Error() string { return "no " + e.SKU + " left" }

type broken struct{ parts []error }

func (e *broken) Error() string   { return "broken" }
func (e *broken) Unwrap() []error { return e.parts }

type plain struct{}

func (*plain) Error() string { return "plain" }

var errLate = errors.New("too late")

var names = Names{
	Types: map[string]string{"github.com/stride-aws/stride/internal/lambdamain.soldOut": "SoldOut", "*github.com/stride-aws/stride/internal/lambdamain.broken": "Broken", "example.com/other.plain": "plain"},
	Value: func(err error) string {
		if err == errLate {
			return "ErrLate"
		}
		return ""
	},
}

func TestWrapNamesTheFirstMatchedError(t *testing.T) {
	unnamed := errors.New("plain")
	ready := messages.InvokeResponse_Error{Type: "Mine", Message: "m"}
	for name, tt := range map[string]struct {
		err      error
		wantType string // "" when the error stays as it is
		wantText string
	}{
		"value type":        {soldOut{"tea"}, "SoldOut", "no tea left"},
		"pointer to it":     {&soldOut{"tea"}, "", ""},
		"a namesake":        {&plain{}, "*lambdamain.plain", "plain"},
		"one inside":        {fmt.Errorf("x: %w", &plain{}), "", ""},
		"wrapped":           {fmt.Errorf("reserving: %w", soldOut{"tea"}), "SoldOut", "reserving: no tea left"},
		"outermost wins":    {&broken{[]error{soldOut{"tea"}}}, "Broken", "broken"},
		"joined":            {errors.Join(unnamed, nil, errLate, soldOut{"tea"}), "ErrLate", "plain\ntoo late\nno tea left"},
		"variable":          {fmt.Errorf("x: %w", errLate), "ErrLate", "x: too late"},
		"not matched":       {unnamed, "", ""},
		"named by the user": {ready, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			fn := Wrap(func(context.Context, int) (string, error) { return "", tt.err }, names).(func(context.Context, int) (string, error))
			_, got := fn(context.Background(), 1)
			if tt.wantType == "" {
				if got.Error() != tt.err.Error() {
					t.Errorf("got %v, want the error as it was", got)
				}
				return
			}
			want := messages.InvokeResponse_Error{Type: tt.wantType, Message: tt.wantText}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWrapKeepsResults(t *testing.T) {
	fn := Wrap(func(n int) (int, error) { return n + 1, nil }, names).(func(int) (int, error))
	if n, err := fn(1); n != 2 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	ran := false
	Wrap(func() { ran = true }, names).(func())()
	if !ran {
		t.Error("a handler without results did not run")
	}
	if got := Wrap("text", names); got != "text" {
		t.Errorf("got %v", got)
	}
}

func TestLogLines(t *testing.T) {
	old := slog.Default()
	t.Cleanup(func() { slog.SetDefault(old); current.Store(nil) })
	t.Setenv("AWS_LAMBDA_LOG_LEVEL", "DEBUG")
	var out bytes.Buffer
	logJSON(&out)
	lc := &lambdacontext.LambdaContext{AwsRequestID: "id", ClientContext: lambdacontext.ClientContext{Custom: map[string]string{"execution": "arn", "state": "Charge"}}}
	ctx := lambdacontext.NewContext(context.Background(), lc)

	slog.Info("before")
	slog.DebugContext(ctx, "with", "n", 1)
	Wrap(func(context.Context) { log.Print("without") }, Names{}).(func(context.Context))(ctx)
	log.Print(`{"errorMessage":"sold out","errorType":"SoldOut"}`)
	log.Print(`{"errorMessage":"cut of`)

	const request = `"requestId":"id","execution":"arn","state":"Charge"}`
	want := []string{
		`"level":"INFO","message":"before"}`,
		`"level":"DEBUG","message":"with","n":1,` + request,
		`"level":"INFO","message":"without",` + request,
		`"level":"ERROR","message":"sold out","errorType":"SoldOut",` + request,
		`"level":"INFO","message":"{\"errorMessage\":\"cut of",` + request,
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ",") // the time
		got = append(got, rest)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
