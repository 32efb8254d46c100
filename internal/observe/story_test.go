package observe

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/golden"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/judges"
	"github.com/stride-aws/stride/internal/value"
)

// events reads testdata/NAME.events: a line an event, "milliseconds id previous type details".
func events(t *testing.T, name string) []*history.Event {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".events"))
	if err != nil {
		t.Fatal(err)
	}
	var list []*history.Event
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var ms, id, previous int64
		var kind string
		if _, err := fmt.Sscan(line, &ms, &id, &previous, &kind); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		details := "{}"
		if i := strings.IndexByte(line, '{'); i >= 0 {
			details = line[i:]
		}
		log := fmt.Sprintf(`{"id":"%d","type":%q,"details":%s,"previous_event_id":"%d","event_timestamp":"%d","execution_arn":"a"}`,
			id, kind, details, previous, 1700000000000+ms)
		e, _, err := history.FromLog(log)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

func TestNarrate(t *testing.T) {
	files, err := filepath.Glob("testdata/*.events")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories in testdata: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".events")
		t.Run(name, func(t *testing.T) {
			s := NewStory("arn:aws:states:us-east-1:000000000000:execution:m:e")
			var b strings.Builder
			for _, e := range events(t, name) {
				if l, ok := s.Narrate(s.Add(e)); ok {
					fmt.Fprintf(&b, "%s %s%s %s\n", l.Time.UTC().Format("05.000"), strings.Repeat("  ", l.Depth), l.Mood.Mark(), strings.TrimSpace(l.Text+"  "+l.Data))
				}
			}
			golden.Compare(t, filepath.Join("testdata", name+".story"), b.String())
		})
	}
}

// TestRecordedOnAWS tells every execution that was recorded on AWS: each event finds its step, and the end is the recorded one.
func TestRecordedOnAWS(t *testing.T) {
	told := 0
	for _, file := range judges.Files(t, "conformance", "*", "*.json") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c struct {
			Expected map[string]json.RawMessage `json:"expected"`
			Masks    json.RawMessage            `json:"masks"`
		}
		if err := json.Unmarshal(text, &c); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(c.Masks), "parallel-unordered") {
			continue // the recording's ids are masked
		}
		for _, raw := range c.Expected {
			answer, _ := value.Parse(string(raw))
			list, ok := answer.Get("events")
			if !ok || list.Len() == 0 {
				continue
			}
			if tellRecorded(t, filepath.Base(file), list) {
				told++
			}
		}
	}
	t.Logf("%d recorded executions told", told)
	if told < 100 {
		t.Errorf("only %d recorded executions found", told)
	}
}

func tellRecorded(t *testing.T, name string, list value.Value) bool {
	s := NewStory("a")
	last := ""
	for i, v := range list.Items() {
		v = v.With("timestamp", value.OfInt(int64(1700000000+i)))
		e, err := history.FromAPI(v)
		if err != nil || e.ID != int64(i+1) {
			return false // ids masked, or a page in reverse
		}
		scene := s.Add(e)
		last = string(e.Type)
		if scene.Step == nil && !strings.HasPrefix(last, "Execution") {
			t.Errorf("%s: event %s belongs to no step", name, e.Line())
		}
		s.Narrate(scene)
	}
	want := strings.ToUpper(strings.TrimPrefix(last, "Execution"))
	if want == "TIMEDOUT" {
		want = "TIMED_OUT"
	}
	if strings.HasPrefix(last, "Execution") && string(s.Status) != want && last != "ExecutionStarted" {
		t.Errorf("%s: status %s after %s", name, s.Status, last)
	}
	return true
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 90 * time.Microsecond: "90µs", 86400 * time.Microsecond: "86ms", 1500 * time.Millisecond: "1.5s",
		time.Minute: "1m", 90 * time.Second: "1m30s", 3 * time.Hour: "3h", 3*time.Hour + 10*time.Minute: "3h10m",
		72 * time.Hour: "3d", 75 * time.Hour: "3d3h",
	} {
		if got := Span(d); got != want {
			t.Errorf("Span(%v) = %s, want %s", d, got, want)
		}
	}
}

func TestCleanShowsWhatATerminalWouldObey(t *testing.T) {
	for in, want := range map[string]string{
		"plain é 漢":           "plain é 漢",
		"a\x1b[31mb":          `a\x1b[31mb`,
		"\u202eevil\u2066":    `\u202eevil\u2066`,
		"tab\tbell\a\u009b2J": `tab\tbell\a\u009b2J`,
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// A Parallel ends when one branch fails. AWS: the aborts of the others point at the failure, and name no state.
func TestAbortedBranches(t *testing.T) {
	s := NewStory("arn:aws:states:us-east-1:000000000000:execution:m:e")
	for _, e := range events(t, "aborted") {
		s.Add(e)
	}
	branches := s.Steps[0].Threads
	if len(branches) != 2 {
		t.Fatalf("%d branches, want 2", len(branches))
	}
	email, sms := branches[0].Steps[0], branches[1].Steps[0]
	if email.Status != Aborted || branches[0].Status != Aborted {
		t.Errorf("the other branch is %s, its step %s", branches[0].Status, email.Status)
	}
	if sms.Status != Failed || sms.Error.String() != "BadAddress" || branches[1].Status != Failed {
		t.Errorf("the failed branch is %s, its step %s with error %q", branches[1].Status, sms.Status, sms.Error)
	}
}
