package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/local"
)

const logGroup = "/aws/vendedlogs/states/x"

// express makes an Express machine that logs at a level, "" for none.
func (w *world) express(name, level string) string {
	w.t.Helper()
	in := map[string]any{"name": name, "definition": pass, "type": "EXPRESS", "roleArn": "arn:aws:iam::" + account + ":role/r"}
	if level != "" {
		w.logs.CreateGroup(account, region, logGroup)
		group := map[string]string{"logGroupArn": "arn:aws:logs:" + region + ":" + account + ":log-group:" + logGroup + ":*"}
		in["loggingConfiguration"] = map[string]any{"level": level, "includeExecutionData": true, "destinations": []any{map[string]any{"cloudWatchLogsLogGroup": group}}}
	}
	body, _ := json.Marshal(in)
	answer, err := w.service.Call(w.t.Context(), "CreateStateMachine", body)
	if err != nil {
		w.t.Fatal(err)
	}
	var out struct{ StateMachineArn string }
	if err := json.Unmarshal(answer, &out); err != nil {
		w.t.Fatal(err)
	}
	return out.StateMachineArn
}

// wrote puts events of an execution into the log group, the first of them at a time, the others a millisecond later each.
func (w *world) wrote(execution string, at time.Time, events ...*history.Event) {
	for i, e := range events {
		e.Time = at.Add(time.Duration(i) * time.Millisecond)
		line := string(e.AppendLog(nil, history.Log{ExecutionARN: execution}, true))
		w.logs.Put(account, region, logGroup, fmt.Sprint("stream", i), []local.LogMessage{{Time: e.Time, Text: line}})
	}
}

func ran(machine, name string) string {
	return strings.Replace(machine, ":stateMachine:", ":express:", 1) + ":" + name + ":id"
}

func started() *history.Event {
	return &history.Event{ID: 1, Type: history.ExecutionStarted, Details: &history.Details{Input: history.Verbatim(`{"a":1}`)}}
}

func ended(id int64, t history.Type) *history.Event {
	return &history.Event{ID: id, PreviousID: id - 1, Type: t, Details: &history.Details{}}
}

func names(list loggedList) []string {
	found := []string{}
	for _, r := range list.Rows {
		found = append(found, r.Name+" "+r.Status)
	}
	return found
}

// What an Express machine's log says is listed: the latest first, as far back as is asked for, by how it ended.
func TestExpressListed(t *testing.T) {
	w := newWorld(t)
	m := w.express("m", "ALL")
	now := time.Now()
	w.logs.Put(account, region, logGroup, "else", []local.LogMessage{{Time: now, Text: "no event"}, {Time: now, Text: `{"type":"ExecutionStarted","id":"1","execution_arn":"` + ran(m+"2", "other") + `"}`}})
	w.wrote(ran(m, "runs"), now.Add(-5*time.Second), started())
	w.wrote(ran(m, "lost"), now.Add(-50*time.Second-expressSpan), started())
	w.wrote(ran(m, "good"), now.Add(-20*time.Second), started(), ended(2, history.ExecutionSucceeded))
	w.wrote(ran(m, "bad"), now.Add(-40*time.Second), started(), ended(2, history.ExecutionFailed))
	w.wrote(ran(m, "no-start"), now.Add(-30*time.Second), ended(9, history.ExecutionFailed))
	at := "logged?machine=" + m
	cases := []struct {
		name, path string
		want       []string
	}{
		{"all", at, []string{"runs RUNNING", "good SUCCEEDED", "bad FAILED"}},
		{"how they ended", at + "&status=FAILED", []string{"no-start FAILED", "bad FAILED"}},
		{"since", fmt.Sprint(at, "&since=", now.Add(-25*time.Second).UnixMilli()), []string{"runs RUNNING", "good SUCCEEDED"}},
		{"before", fmt.Sprint(at, "&before=", now.Add(-25*time.Second).UnixMilli()), []string{"bad FAILED"}},
		{"no end came", fmt.Sprint(at, "&since=", now.Add(-time.Hour).UnixMilli()), []string{"runs RUNNING", "good SUCCEEDED", "bad FAILED", "lost UNKNOWN"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, names(read[loggedList](w, c.path))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A part of the list is bounded, and the next one goes on where it ended: each execution is listed once.
func TestExpressListedInParts(t *testing.T) {
	w := newWorld(t)
	m := w.express("m", "ALL")
	const count = 1000
	now := time.Now()
	for i := range count {
		w.wrote(ran(m, fmt.Sprint(i)), now.Add(-time.Duration(i)*300*time.Millisecond), started(), ended(2, history.ExecutionSucceeded))
	}
	seen, path, parts := map[string]bool{}, "logged?machine="+m, 0
	// The machine is younger than what its log says: parts end with its creation, and go on where they are asked to.
	for before := now.Add(time.Second).UnixMilli(); len(seen) < count && parts < 10; parts++ {
		list := read[loggedList](w, fmt.Sprint(path, "&before=", before))
		for _, r := range list.Rows {
			if seen[r.Name] {
				t.Fatalf("%s is listed twice", r.Name)
			}
			seen[r.Name] = true
			before = r.Start
		}
	}
	if len(seen) != count || parts < 2 {
		t.Errorf("%d of %d executions in %d parts", len(seen), count, parts)
	}
}

// A log level below ALL knows failures alone, and no logging nothing; both are said.
func TestExpressLogLevels(t *testing.T) {
	w := newWorld(t)
	now := time.Now()
	m := w.express("errors", "ERROR")
	w.wrote(ran(m, "bad"), now.Add(-time.Second), ended(9, history.ExecutionFailed))
	if got := names(read[loggedList](w, "logged?machine="+m)); !cmp.Equal(got, []string{"bad FAILED"}) {
		t.Errorf("at level ERROR: %v", got)
	}
	view := read[executionView](w, fmt.Sprint("execution?execution=", ran(m, "bad"), "&at=", now.UnixMilli()))
	if !view.Ended || view.Events != 1 || !strings.Contains(string(view.Execution), `"FAILED"`) {
		t.Errorf("at level ERROR: %+v %s", view, view.Execution)
	}
	if log := read[drawing](w, "graph?machine="+m).Log; log == nil || *log != (logging{"ERROR", true, logGroup}) {
		t.Errorf("the map says %v of its log", log)
	}
	off := w.express("off", "")
	if log := read[drawing](w, "graph?machine="+off).Log; log == nil || log.Level != "OFF" {
		t.Errorf("the map says %v of no log", log)
	}
	r, text := w.get("/_stride/api/execution?execution=" + ran(off, "x"))
	if r.StatusCode != http.StatusNotFound || !strings.Contains(text, "set its logging level to ALL") {
		t.Errorf("an execution that nobody logged: %d %s", r.StatusCode, text)
	}
}

// An Express execution is told from its log as it grows, whatever the order of its lines.
func TestExpressTold(t *testing.T) {
	w := newWorld(t)
	m := w.express("m", "ALL")
	arn, at := ran(m, `q"uote`), time.Now().Add(-time.Second)
	path := fmt.Sprint("execution?execution=", url.QueryEscape(arn), "&at=", at.UnixMilli())
	view := read[executionView](w, path)
	if view.Events != 0 || view.Ended || !strings.Contains(string(view.Execution), `"RUNNING"`) {
		t.Errorf("before its first line: %+v %s", view, view.Execution)
	}
	entered := &history.Event{ID: 2, PreviousID: 1, Type: history.PassStateEntered, Details: &history.Details{Name: "A", Input: history.Verbatim(`{"a":1}`)}}
	exited := &history.Event{ID: 3, PreviousID: 2, Type: history.PassStateExited, Details: &history.Details{Name: "A", Output: history.Verbatim(`{"b":2}`)}}
	w.wrote(arn, at, started())
	w.wrote(arn, at.Add(20*time.Millisecond), exited)
	if view = read[executionView](w, path); view.Events != 1 || view.Ended {
		t.Errorf("an event is missing: %+v", view)
	}
	w.wrote(arn, at.Add(10*time.Millisecond), entered)
	w.wrote(arn, at.Add(30*time.Millisecond), &history.Event{ID: 4, PreviousID: 3, Type: history.ExecutionSucceeded, Details: &history.Details{Output: history.Verbatim(`{"b":2}`)}})
	if view = read[executionView](w, path); view.Events != 4 || !view.Ended || len(view.Steps) != 1 || view.Steps[0].Status != "SUCCEEDED" {
		t.Errorf("told: %+v", view)
	}
	if s := read[stepView](w, "step?id=2&execution="+url.QueryEscape(arn)); s.Input == nil || *s.Input != `{"a":1}` || s.Output == nil || *s.Output != `{"b":2}` {
		t.Errorf("the step's data: %+v", s)
	}
	r, text := w.get("/_stride/api/execution?execution=" + ran(m, "never"))
	if r.StatusCode != http.StatusNotFound || !strings.Contains(text, "has no events of") {
		t.Errorf("an execution that never was: %d %s", r.StatusCode, text)
	}
}
