package jsonpath

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/judges"
	"github.com/stride-aws/stride/internal/value"
)

// suiteCase is a line of the judges' files: a path, a document, and what Jayway 2.0.0 or AWS answers.
type suiteCase struct {
	ID        string          `json:"id"`
	Path      string          `json:"path"`
	Document  json.RawMessage `json:"document"`
	Definite  *bool           `json:"definite"`
	Result    json.RawMessage `json:"result"`
	Error     *suiteError     `json:"error"`
	Unordered bool            `json:"unordered"`
	Doubt     string          `json:"doubt"`
	Nodes     *struct {
		Result json.RawMessage `json:"result"`
	} `json:"nodes-provider"`
}

type suiteError struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

func readLines[T any](t *testing.T, name string) []T {
	t.Helper()
	f, err := os.Open(judges.Dir(t, "suites", "jsonpath", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one T
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, one)
	}
	if err := lines.Err(); err != nil || len(all) == 0 {
		t.Fatalf("%s has %d cases: %v", name, len(all), err)
	}
	return all
}

func TestJayway(t *testing.T) { runSuite(t, "cases.ndjson") }

func TestRecordedOnAWS(t *testing.T) { runSuite(t, "aws-recorded.ndjson") }

func runSuite(t *testing.T, name string) {
	passed, doubts := 0, 0
	cases := readLines[suiteCase](t, name)
	for _, c := range cases {
		if c.Doubt != "" {
			doubts++
		}
		if why := c.check(); why != "" {
			t.Errorf("%s: %s", c.ID, why)
		} else {
			passed++
		}
	}
	t.Logf("%s: %d of %d cases pass (%d of them in doubt)", name, passed, len(cases), doubts)
}

// nullRoot is why null documents are answered as Jayway does over Jackson's nodes, not over Java's objects: a state's input may be
// null on AWS, and "$" is null then, which only a null that is a node allows.
const nullRoot = "root can not be null"

func (c *suiteCase) check() string {
	doc, err := value.Parse(string(c.Document))
	if err != nil {
		return err.Error()
	}
	if c.Error != nil && c.Error.Message == nullRoot && c.Nodes != nil && c.Nodes.Result != nil {
		c.Error, c.Result = nil, c.Nodes.Result
	}
	got, err := evalText(c.Path, doc)
	switch {
	case c.Error != nil && err == nil:
		return "gives " + got.String() + ", want the error " + c.Error.Kind + ": " + c.Error.Message
	case c.Error != nil:
		return c.Error.check(err)
	case err != nil:
		return "fails: " + err.Error() + ", want " + string(c.Result)
	}
	want, err := value.Parse(string(c.Result))
	if err != nil {
		return err.Error()
	}
	if c.Unordered {
		got, want = sorted(got), sorted(want)
	}
	if !value.Equal(got, want) {
		return "gives " + got.String() + ", want " + want.String()
	}
	return c.checkDefinite()
}

func (c *suiteCase) checkDefinite() string {
	p, err := Compile(c.Path)
	if err == nil && c.Definite != nil && p.Definite() != *c.Definite {
		return "is wrong about being definite"
	}
	return ""
}

func evalText(path string, doc value.Value) (value.Value, error) {
	p, err := Compile(path)
	if err != nil {
		return value.Value{}, err
	}
	return p.Eval(Scope{Input: doc})
}

// check compares the kind, and the message where Jayway's is meant for people.
func (want *suiteError) check(err error) string {
	var syntax *SyntaxError
	var missing *NotFoundError
	var kind *TypeError
	var crash *CrashError
	switch {
	case errors.As(err, &syntax):
		return want.is("syntax", "")
	case errors.As(err, &missing):
		return want.is("not-found", missing.Reason)
	case errors.As(err, &kind):
		return want.is("invalid-at-run-time", kind.Reason)
	case errors.As(err, &crash):
		return want.is("other crash", "")
	}
	return "fails with " + err.Error()
}

func (want *suiteError) is(kind, message string) string {
	switch {
	case want.Message == nullRoot: // any error will do
	case want.Kind == "syntax" && strings.Contains(want.Message, "Invalid path $"): // $$ and $name, which AWS adds
	case want.Kind != "" && !strings.Contains(kind, want.Kind):
		return "fails as " + kind + " (" + message + "), want " + want.Kind + ": " + want.Message
	case want.Message != "" && message != "" && message != want.Message:
		return "says " + message + ", want " + want.Message
	}
	return ""
}

func sorted(v value.Value) value.Value {
	items := append([]value.Value(nil), v.Items()...)
	sort.Slice(items, func(i, k int) bool { return items[i].String() < items[k].String() })
	return value.OfArray(items)
}

func TestPathsInTheWildCompile(t *testing.T) {
	type line struct {
		Path     string `json:"path"`
		Definite bool   `json:"definite"`
	}
	cases := readLines[line](t, "in-the-wild.ndjson")
	compiled := 0
	for _, c := range cases {
		p, err := Compile(c.Path)
		switch {
		case err != nil:
			t.Errorf("%s: %v", c.Path, err)
		case p.Definite() != c.Definite:
			t.Errorf("%s: Definite() = %t", c.Path, p.Definite())
		default:
			compiled++
		}
	}
	t.Logf("%d of %d paths compile", compiled, len(cases))
}
