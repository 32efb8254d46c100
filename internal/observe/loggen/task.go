package loggen

import (
	"fmt"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// task makes a Task that calls a Lambda function, some tries of which fail. It is true where the last one does and nothing catches it.
func (w *writer) task(t *thread, mayFail bool) bool {
	name := w.name("Task")
	function := w.m.Functions[w.IntN(len(w.m.Functions))]
	w.enter(t, "Task", name)
	tries := 1
	if w.IntN(4) == 0 {
		tries += 1 + w.IntN(2)
	}
	end := w.IntN(8) // 0: it fails, 1: it fails and is caught
	if !mayFail && end == 0 {
		end = 2
	}
	status := map[int]string{0: "FAILED", 1: "CAUGHT"}[end]
	if status == "" {
		status = "SUCCEEDED"
	}
	var told []string
	for i := range tries {
		told = append(told, w.attempt(t, function, i == tries-1 && end > 1)...)
		if i < tries-1 {
			t.at = t.at.Add(time.Duration(20+w.IntN(1000)) * time.Millisecond)
		}
	}
	w.tell(t, "%s %s attempts=%d", name, status, tries)
	for _, line := range told {
		w.tell(t, "  | %s", line)
	}
	if end != 0 {
		w.exit(t, "Task", name)
	}
	return end == 0
}

// attempt makes one try, and returns what the function said.
func (w *writer) attempt(t *thread, function string, succeeds bool) []string {
	lambda := func(d history.Details) history.Details {
		d.ResourceType, d.Resource = "lambda", "invoke"
		return d
	}
	parameters := `{"FunctionName":"arn:aws:lambda:` + Account + `:function:` + function + `:3","Payload":{}}`
	w.emit(t, history.TaskScheduled, lambda(history.Details{Region: "us-east-1", Parameters: history.Verbatim(parameters)}))
	w.emit(t, history.TaskStarted, lambda(history.Details{}))
	in := w.invocation(t, function, !succeeds)
	if succeeds {
		output := `{"Payload":{"ok":true},"SdkResponseMetadata":{"RequestId":"` + in.id + `"}}`
		w.emit(t, history.TaskSucceeded, lambda(history.Details{Output: history.Verbatim(output)}))
	} else {
		cause := `{"errorMessage":` + value.OfString(in.failure).String() + `,"errorType":"Bad"}`
		w.emit(t, history.TaskFailed, lambda(history.Details{Error: history.Verbatim("Bad"), Cause: history.Verbatim(cause)}))
	}
	return in.said
}

type invocation struct {
	id, failure string
	said        []string
}

// invocation makes the lines of one run of a function, in a sandbox that is free at the time. It takes a few milliseconds.
func (w *writer) invocation(t *thread, function string, fails bool) *invocation {
	in := &invocation{id: fmt.Sprintf("%08x-%012x", w.Uint32(), w.Uint64()>>16)}
	stream := w.sandbox(function, t.at)
	write := func(text string) {
		t.at = t.at.Add(time.Duration(1+w.IntN(9)) * time.Millisecond)
		w.run.Lines = append(w.run.Lines, Line{Group: "/aws/lambda/" + function, Stream: stream, Time: t.at, Text: text})
	}
	write("START RequestId: " + in.id + " Version: 3\n")
	for n := range w.IntN(4) {
		message := fmt.Sprintf("line %d of %s", n, in.id)
		in.said = append(in.said, message)
		if w.IntN(2) == 0 {
			write(fmt.Sprintf(`{"time":"2026-01-02T03:04:05Z","level":"INFO","message":%q,"requestId":%q}`+"\n", message, in.id))
		} else {
			write(message + "\n")
		}
	}
	if fails {
		in.failure = "bad: " + in.id
		in.said = append(in.said, "ERROR "+in.failure)
		write(fmt.Sprintf(`{"level":"ERROR","message":%q,"requestId":%q}`+"\n", in.failure, in.id))
	}
	write("END RequestId: " + in.id + "\n")
	w.run.Lines = append(w.run.Lines, Line{Group: "/aws/lambda/" + function, Stream: stream, Time: t.at,
		Text: "REPORT RequestId: " + in.id + "\tDuration: 2.30 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 30 MB\t\n"})
	t.at = t.at.Add(time.Duration(1+w.IntN(5)) * time.Millisecond)
	w.sandboxes[function+stream] = t.at
	return in
}

// sandbox is a stream of the function that no invocation uses at the time: threads of an execution run at once.
func (w *writer) sandbox(function string, at time.Time) string {
	for n := 0; ; n++ {
		stream := fmt.Sprintf("2026/01/02/[3]%s-%s-%d", w.m.Name, w.arn[strings.LastIndexByte(w.arn, ':')+1:], n)
		if taken, ok := w.sandboxes[function+stream]; !ok || at.After(taken) {
			return stream
		}
	}
}
