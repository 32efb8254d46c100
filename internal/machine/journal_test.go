package machine

import (
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

func TestJournalEntries(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6789, time.UTC)
	count, percent := 3, 12.5
	for _, in := range []Input{
		{Kind: TaskStarted, Time: at, Seq: 4, Worker: "w"},
		{Kind: TaskSucceeded, Time: at, Seq: 4, Output: history.Verbatim("{\n \"a\": 1.0}")},
		{Kind: TaskSucceeded, Time: at, Seq: 4, Output: history.JSON(value.OfInt(7))},
		{Kind: TaskFailed, Time: at, Seq: 4, Failure: Failure{Error: "E", Cause: history.Verbatim(""), Stage: Submitting}},
		{Kind: Stopped, Time: at},
		{Kind: MapRunUpdated, Time: at, Update: &MapRunUpdate{ARN: "arn", ToleratedFailureCount: &count, ToleratedFailurePercentage: &percent}},
	} {
		text := string(in.Append(nil))
		again, err := ParseInput(text)
		if err != nil || string(again.Append(nil)) != text || again.Output.String() != in.Output.String() || !again.Time.Equal(at) {
			t.Errorf("%s comes back as %s (%v)", text, again.Append(nil), err)
		}
	}
	for _, text := range []string{"", "{}", `{"kind":"Timer"}`, `{"time":"2026-01-02T03:04:05Z"}`, "["} {
		if in, err := ParseInput(text); err == nil {
			t.Errorf("ParseInput(%q) = %v, want an error", text, in)
		}
	}
}
