package observe

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/history"
)

func TestReadCause(t *testing.T) {
	for name, tt := range map[string]struct {
		cause string
		want  Cause
	}{
		"text":           {"it broke\n", Cause{Message: "it broke"}},
		"none":           {"", Cause{}},
		"a Lambda error": {`{"errorMessage":"no tea","errorType":"SoldOut"}`, Cause{Message: "no tea"}},
		"a panic": {`{"errorMessage":"nil","errorType":"errorString","stackTrace":[{"path":"github.com/aws/aws-lambda-go@v1.55.1/lambda/errors.go","line":43,"label":"lambdaPanicResponse"},{"path":"example.com/shop/pay/pay.go","line":66,"label":"Charge"}]}`,
			Cause{"nil", []Frame{{"github.com/aws/aws-lambda-go@v1.55.1/lambda/errors.go", 43, "lambdaPanicResponse"}, {"example.com/shop/pay/pay.go", 66, "Charge"}}}},
		"frames that are texts": {`{"errorMessage":"m","stackTrace":["pay.go:7 Charge"]}`, Cause{"m", []Frame{{"pay.go", 7, "Charge"}}}},
		"a Go stack": {"panic: x\n\ngoroutine 5 [running]:\nexample.com/shop/pay.Charge.func1()\n\t/src/pay/pay.go:69 +0x25\ncreated by example.com/shop/pay.Charge in goroutine 1\n\t/src/pay/pay.go:68 +0x42b\n",
			Cause{"panic: x\n\ngoroutine 5 [running]:\nexample.com/shop/pay.Charge.func1()\n\t/src/pay/pay.go:69 +0x25\ncreated by example.com/shop/pay.Charge in goroutine 1\n\t/src/pay/pay.go:68 +0x42b",
				[]Frame{{"/src/pay/pay.go", 69, "example.com/shop/pay.Charge.func1"}, {"/src/pay/pay.go", 68, "created by example.com/shop/pay.Charge in goroutine 1"}}}},
	} {
		if diff := cmp.Diff(tt.want, ReadCause(history.Verbatim(tt.cause))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func FuzzReadCause(f *testing.F) {
	f.Add(`{"errorMessage":"m","stackTrace":["pay.go:7 Charge",{"path":1,"line":"x"}]}`)
	f.Add("goroutine 1:\n\t/a.go:99999999999999999999 +0x1")
	f.Fuzz(func(t *testing.T, text string) {
		for _, frame := range Frames(text) {
			if !strings.HasSuffix(frame.Path, ".go") || !strings.Contains(text, frame.Path) || !strings.Contains(text, frame.Function) {
				t.Errorf("%q has the frame %+v", text, frame)
			}
		}
		ReadCause(history.Verbatim(text))
	})
}

func TestReports(t *testing.T) {
	var b Invocations
	b.Add("f", LogLine{Text: "REPORT RequestId: r-1\tDuration: 2.30 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 30 MB\tInit Duration: 90.50 ms\t\nXRAY TraceId: 1-5e1b4151-5ac6c58f5c7b5e1b4151\tSegmentId: 1\tSampled: true\n"})
	b.Add("f", LogLine{Text: `{"time":"2026-01-02T03:04:05Z","type":"platform.start","record":{"requestId":"r-2","version":"3","tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-5e1b4151-5ac6c58f5c7b5e1b4151;Parent=1;Sampled=1"}}}`})
	b.Add("f", LogLine{Text: `{"time":"2026-01-02T03:04:05Z","type":"platform.report","record":{"requestId":"r-2","status":"success","metrics":{"durationMs":2.3,"billedDurationMs":3,"memorySizeMB":128,"maxMemoryUsedMB":30,"initDurationMs":90.5}}}`})
	want := Report{Billed: milliseconds(3), MemoryMB: 128, UsedMB: 30, Init: milliseconds(90.5), TraceID: "1-5e1b4151-5ac6c58f5c7b5e1b4151"}
	for id, in := range b.byRequest {
		if in.Report != want {
			t.Errorf("%s: %+v, want %+v", id, in.Report, want)
		}
	}
	if len(b.byRequest) != 2 {
		t.Errorf("%d invocations", len(b.byRequest))
	}
}
