package page

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/local"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/server/logs"
	"github.com/stride-aws/stride/internal/value"
)

const (
	account = "123456789012"
	region  = "eu-west-1"
	hostile = `<script>alert(1)</script>"'&` + "\u202e\u0007"
)

// world is a cloud, its page, and the page's token.
type world struct {
	t       *testing.T
	page    *Page
	service *local.Service
	logs    *logs.Store
	server  *httptest.Server

	handedOver chan struct{} // each task that waits for a callback
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, handedOver: make(chan struct{}, 10)}
	changed := func(_, _, _ string, detail value.Value) { w.page.Changed(detail) }
	w.logs = logs.NewStore(time.Now)
	cloud := local.New(local.Options{StatusChanged: changed, StartTask: w.handOver, Logs: w.logs})
	w.page, w.service = New(Options{Source: Local(cloud, w.logs)}), cloud.Service(account, region)
	w.server = httptest.NewServer(w.page)
	t.Cleanup(w.server.Close)
	return w
}

// handOver takes a task whose answer comes later, with its token.
func (w *world) handOver(_ context.Context, _ *machine.Task, r machine.Replier) {
	r.Submitted(history.Verbatim("{}"))
	w.handedOver <- struct{}{}
}

// machine makes a state machine and returns its ARN.
func (w *world) machine(name, definition string) string {
	w.t.Helper()
	out, err := w.service.CreateStateMachine(&local.CreateStateMachineInput{Name: name, Definition: definition, RoleArn: "arn:aws:iam::" + account + ":role/r"})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.StateMachineArn
}

func (w *world) get(path string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.Get(w.server.URL + path)
	if err != nil {
		w.t.Fatal(err)
	}
	return r, body(w.t, r)
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// read decodes the answer of an API path into a T.
func read[T any](w *world, path string) T {
	w.t.Helper()
	r, text := w.get("/_stride/api/" + path)
	if r.StatusCode != http.StatusOK {
		w.t.Fatalf("GET %s: %d %s", path, r.StatusCode, text)
	}
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		w.t.Fatalf("GET %s: %v in %s", path, err, text)
	}
	return v
}

func (w *world) write(token, operation, on, body string) *http.Response {
	w.t.Helper()
	q, err := http.NewRequest("POST", w.server.URL+"/_stride/api/do/"+operation+"?on="+url.QueryEscape(on), strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	q.Header.Set(tokenHeader, token)
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// start starts an execution through the page, and waits for its end where ended is set.
func (w *world) start(machine, input string, ended bool) string {
	w.t.Helper()
	in, _ := json.Marshal(map[string]string{"stateMachineArn": machine, "input": input})
	stream, err := http.Get(w.server.URL + "/_stride/api/live")
	if err != nil {
		w.t.Fatal(err)
	}
	defer stream.Body.Close()
	r := w.write(w.page.token, "StartExecution", machine, string(in))
	text := body(w.t, r)
	var out struct{ ExecutionArn string }
	if err := json.Unmarshal([]byte(text), &out); err != nil || out.ExecutionArn == "" {
		w.t.Fatalf("StartExecution: %d %s", r.StatusCode, text)
	}
	for lines := bufio.NewScanner(stream.Body); ended && lines.Scan(); {
		var change row
		data, isData := strings.CutPrefix(lines.Text(), "data: ")
		if isData && json.Unmarshal([]byte(data), &change) == nil && change.ARN == out.ExecutionArn && change.Status != "RUNNING" {
			break
		}
	}
	return out.ExecutionArn
}

const pass = `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Succeed"}}}`

func TestHeadersLetNothingIn(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/_stride/", "/_stride/app.js", "/_stride/api/machines", "/_stride/nowhere"} {
		r, _ := w.get(path)
		csp := r.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: the policy %q lacks %s", path, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") || r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", path, r.Header)
		}
	}
}

// The policy would stop inline scripts and styles, and another origin's files: the page has none.
func TestPageNeedsNothingElse(t *testing.T) {
	w := newWorld(t)
	_, index := w.get("/")
	if !strings.Contains(index, w.page.token) {
		t.Error("the page does not carry its token")
	}
	if found := regexp.MustCompile(`(?i)<script>|<style|\sstyle=|\son\w+=|https?://`).FindString(index); found != "" {
		t.Errorf("index.html has %q", found)
	}
	refs := regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(index, -1)
	if len(refs) < 3 {
		t.Fatalf("only %d files are referred to", len(refs))
	}
	seen := map[string]bool{}
	for _, ref := range refs {
		w.reachable(ref[1], seen)
	}
	if !seen["/_stride/map.js"] {
		t.Error("the walk over imports is broken")
	}
}

func (w *world) reachable(path string, seen map[string]bool) {
	if seen[path] {
		return
	}
	seen[path] = true
	r, text := w.get(path)
	if r.StatusCode != http.StatusOK {
		w.t.Errorf("%s: %s", path, r.Status)
	}
	if !strings.HasSuffix(path, ".js") {
		return
	}
	if found := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function`).FindString(text); found != "" {
		w.t.Errorf("%s uses %s, which makes markup or code of text", path, found)
	}
	for _, imported := range regexp.MustCompile(`from "\./([^"]+)"`).FindAllStringSubmatch(text, -1) {
		w.reachable("/_stride/"+imported[1], seen)
	}
}

func TestWritesNeedTheToken(t *testing.T) {
	w := newWorld(t)
	machine := w.machine("m", pass)
	in := `{"stateMachineArn":"` + machine + `"}`
	cases := []struct {
		name, token, operation, on string
		want                       int
	}{
		{"none", "", "StartExecution", machine, http.StatusForbidden},
		{"wrong", "x" + w.page.token[1:], "StartExecution", machine, http.StatusForbidden},
		{"right", w.page.token, "StartExecution", machine, http.StatusOK},
		{"an operation that the page does not offer", w.page.token, "DeleteStateMachine", machine, http.StatusNotFound},
		{"no ARN", w.page.token, "StartExecution", "m", http.StatusBadRequest},
		{"another account", w.page.token, "StartExecution", strings.Replace(machine, account, "210987654321", 1), http.StatusNotFound},
	}
	for _, c := range cases {
		r := w.write(c.token, c.operation, c.on, in)
		if text := body(t, r); r.StatusCode != c.want {
			t.Errorf("%s: %d %s, want %d", c.name, r.StatusCode, text, c.want)
		}
	}
	if rows := read[[]row](w, "executions?machine="+machine); len(rows) != 1 {
		t.Errorf("%d executions were started, want 1", len(rows))
	}
}

func TestExecutionIsTold(t *testing.T) {
	w := newWorld(t)
	machine := w.machine("m", pass)
	arn := w.start(machine, `{"n":1}`, true)
	if m := read[[]machineRow](w, "machines"); len(m) != 1 || m[0].Name != "m" || m[0].Type != "STANDARD" {
		t.Errorf("machines %v", m)
	}
	if g := read[drawing](w, "graph?execution="+arn); len(g.Nodes) != 4 || len(g.Edges) != 3 || g.Width <= 0 || len(g.Edges[0].Way) < 2 {
		t.Errorf("graph %+v", g)
	}
	view := read[executionView](w, "execution?execution="+arn)
	if len(view.Steps) != 2 || view.Steps[0].Name != "A" || view.Steps[1].Status != "SUCCEEDED" || !strings.Contains(string(view.Execution), `"status":"SUCCEEDED"`) {
		t.Errorf("execution %+v", view)
	}
	if again := read[executionView](w, "execution?known=6&execution="+arn); again.Steps != nil || strings.Contains(string(again.Execution), `"input"`) {
		t.Errorf("what is known was sent again: %+v", again)
	}
	events := read[[]eventRow](w, "events?from=1&execution="+arn)
	if len(events) != 5 || events[0].ID != 2 || events[0].Type != "PassStateEntered" || events[0].Step != 2 || events[1].Step != 2 {
		t.Errorf("events %+v", events)
	}
	if e := read[map[string]any](w, "event?id=2&execution="+arn); e["stateEnteredEventDetails"] == nil {
		t.Errorf("event %v", e)
	}
	if s := read[stepView](w, "step?id=2&execution="+arn); s.Input == nil || *s.Input != `{"n":1}` || *s.Output != `{"n":1}` {
		t.Errorf("step %+v", s)
	}
	for _, missing := range []string{"event?id=99", "event?id=x", "step?id=1"} {
		if r, text := w.get("/_stride/api/" + missing + "&execution=" + arn); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d %s", missing, r.StatusCode, text)
		}
	}
}

// late is a Source whose history lags behind: the first time it is asked, its end is missing.
type late struct {
	Source
	asked bool
}

func (l *late) Events(ctx context.Context, arn string, known int) ([]*history.Event, error) {
	events, err := l.Source.Events(ctx, arn, known)
	if !l.asked && len(events) > 3 {
		l.asked = true
		return events[:3], err
	}
	return events, err
}

// An execution ends between a look at its events and one at its status: it is told to its end all the same.
func TestEndIsNotMissed(t *testing.T) {
	w := newWorld(t)
	arn := w.start(w.machine("m", pass), `{}`, true)
	w.page.Source = &late{Source: w.page.Source}
	w.page.stories = newStories(w.page.fresh)
	view := read[executionView](w, "execution?execution="+arn)
	if len(view.Steps) != 2 || view.Events != 6 || !view.Ended || !strings.Contains(string(view.Execution), `"output"`) {
		t.Errorf("the end is missing: %+v", view)
	}
}

// The token is offered while the task waits for it, found anywhere in the parameters, and not afterwards.
func TestCallbackIsOffered(t *testing.T) {
	w := newWorld(t)
	machine := w.machine("m", `{"StartAt":"Ask","States":{"Ask":{"Type":"Task","End":true,"Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
		"Parameters":{"QueueUrl":"http://q","MessageBody":{"list":["x",{"t.$":"$$.Task.Token"}]}}}}}`)
	arn := w.start(machine, `{}`, false)
	<-w.handedOver
	ask := read[stepView](w, "step?id=2&execution="+arn)
	if len(ask.Attempts) != 1 || ask.Attempts[0].Token == "" {
		t.Fatalf("no token is offered: %+v", ask)
	}
	if s := read[executionView](w, "execution?execution="+arn).Steps; len(s) != 1 || len(s[0].Tries) != 1 || !s[0].Tries[0].Waits {
		t.Errorf("the step does not wait: %+v", s)
	}
	answer := w.write(w.page.token, "SendTaskSuccess", arn, `{"taskToken":"`+ask.Attempts[0].Token+`","output":"7"}`)
	if text := body(t, answer); answer.StatusCode != http.StatusOK {
		t.Fatalf("SendTaskSuccess: %d %s", answer.StatusCode, text)
	}
	if s := read[stepView](w, "step?id=2&execution="+arn); s.Attempts[0].Token != "" {
		t.Errorf("the token is still offered: %+v", s)
	}
}

func TestStreamsEndWithThePage(t *testing.T) {
	w := newWorld(t)
	stream, err := http.Get(w.server.URL + "/_stride/api/live")
	if err != nil {
		t.Fatal(err)
	}
	w.page.Close()
	body(t, stream)
	w.get("/_stride/api/live")
}

func TestHostileNamesStayText(t *testing.T) {
	w := newWorld(t)
	state, _ := json.Marshal(hostile[:20])
	machine := w.machine("m", `{"Comment":`+quote(hostile)+`,"StartAt":`+string(state)+`,"States":{`+string(state)+`:{"Type":"Fail","Error":`+quote(hostile)+`}}}`)
	arn := w.start(machine, `{"x":`+quote(hostile)+`}`, true)
	for _, path := range []string{"graph?machine=" + machine, "execution?execution=" + arn, "events?execution=" + arn, "event?id=1&execution=" + arn, "graph?machine=" + url.QueryEscape(hostile)} {
		r, text := w.get("/_stride/api/" + path)
		if kind := r.Header.Get("Content-Type"); kind != "application/json" || !json.Valid([]byte(text)) {
			t.Errorf("%s: %s: %s", path, kind, text)
		}
		if strings.Contains(text, "<script") {
			t.Errorf("%s: markup stands in the answer as it came: %s", path, text)
		}
	}
}

func quote(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}
