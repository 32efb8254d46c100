package page

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/value"
)

// post makes a write of the page.
func (w *world) post(path, body string) (int, string) {
	w.t.Helper()
	q := httptest.NewRequest("POST", "/_stride/api/"+path, strings.NewReader(body))
	q.Header.Set(tokenHeader, w.page.token)
	answer := httptest.NewRecorder()
	w.page.ServeHTTP(answer, q)
	return answer.Code, answer.Body.String()
}

const counted = `{"QueryLanguage":"JSONata","StartAt":"A","States":{
	"A":{"Type":"Pass","Assign":{"n":1,"m":"{% [1] %}"},"Output":{"from":"A"},"Next":"B"},
	"B":{"Type":"Pass","Output":{"n":"{% $n %}","m":"{% $m %}","in":"{% $states.input %}"},"End":true}}}`

func TestRerunBeginsInTheMiddle(t *testing.T) {
	w := newWorld(t)
	arn := w.start(w.machine("counted", counted), `{"first":true}`, true)
	if s := read[stepView](w, "step?id=4&execution="+arn); len(s.Known) != 2 || s.Known[1].Value != "1" || s.Known[0].Value != "[1]" || len(s.Assigned) != 0 {
		t.Errorf("the variables that B saw: %+v", s)
	}
	// What looks like an expression is a text, and a rerun of a rerun has one state in front like the first.
	const input, variables = `{"x":"{% $now() %}","big":12345678901234567890,"list":[[1]]}`, `{"n":"{% \"é\" %}","m":null}`
	for range 2 {
		code, answer := w.post("rerun", `{"execution":"`+arn+`","state":"B","input":`+input+`,"variables":`+variables+`}`)
		started, _ := value.Parse(answer)
		again, _ := started.Get("executionArn")
		if arn = again.Str(); code != http.StatusOK || !strings.Contains(arn, ":counted-rerun:") {
			t.Fatalf("%d %s", code, answer)
		}
		view := w.ended(arn)
		if want := `{"n":"{% \"é\" %}","m":null,"in":` + input + `}`; view.output != want || view.input != `{"first":true}` {
			t.Errorf("input %s, output %s, want %s", view.input, view.output, want)
		}
		if g := read[drawing](w, "graph?execution="+arn); g.Nodes[len(g.Nodes)-2].Name != "Run from B" || len(g.Nodes) != 5 {
			t.Errorf("states %+v", g.Nodes)
		}
	}
}

func TestRerunIsRefused(t *testing.T) {
	w := newWorld(t)
	arn := w.start(w.machine("counted", counted), `{}`, true)
	w.machine("counted-rerun", counted)
	body := func(state string) string {
		return `{"execution":"` + arn + `","state":"` + state + `","input":1,"variables":{}}`
	}
	for _, c := range []struct {
		name, body, want string
		code             int
	}{
		{"a state that is not there", body("C"), `"C\" is no state of the top level`, http.StatusBadRequest},
		{"a machine of that name that is the user's", body("B"), "was not made for this", http.StatusConflict},
		{"no JSON", "{", "unexpected end", http.StatusBadRequest},
	} {
		if code, text := w.post("rerun", c.body); code != c.code || !strings.Contains(text, c.want) {
			t.Errorf("%s: %d %s", c.name, code, text)
		}
	}
	w.page.ReadOnly = true
	if code, text := w.post("rerun", body("B")); code != http.StatusForbidden || !strings.Contains(text, "only reads") {
		t.Errorf("read only: %d %s", code, text)
	}
}

type endedView struct{ input, output string }

// ended waits for the end of an execution.
func (w *world) ended(arn string) endedView {
	w.t.Helper()
	var d struct{ Status, Input, Output string }
	for d.Status = "RUNNING"; d.Status == "RUNNING"; {
		if err := w.page.call(w.t.Context(), arn, "DescribeExecution", map[string]string{"executionArn": arn}, &d); err != nil {
			w.t.Fatal(err)
		}
	}
	return endedView{d.Input, d.Output}
}
