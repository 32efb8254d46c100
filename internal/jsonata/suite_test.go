package jsonata_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/judges"
	"github.com/stride-aws/stride/internal/value"
)

// suiteCase is a case of the reference's own test suite, as the judges keep it.
type suiteCase struct {
	Expr      json.RawMessage            `json:"expr"`
	ExprFile  string                     `json:"expr-file"`
	Bindings  map[string]json.RawMessage `json:"bindings"`
	Data      json.RawMessage            `json:"data"`
	Dataset   *string                    `json:"dataset"`
	Result    json.RawMessage            `json:"result"`
	Undefined bool                       `json:"undefinedResult"`
	Code      string                     `json:"code"`
	Error     struct {
		Code string `json:"code"`
	} `json:"error"`
	Unordered bool `json:"unordered"`
	TimeLimit int  `json:"timelimit"`
	Depth     int  `json:"depth"`

	name   string // GROUP/NAME, #i in an array of cases
	folder string
}

// exceptions are the cases that end otherwise here, and why.
var exceptions = map[string]string{}

func TestSuite(t *testing.T) {
	folder := judges.Dir(t, "suites", "jsonata")
	aws := map[string]*suiteCase{}
	readJSON(t, filepath.Join(folder, "v2.0.6.json"), &aws)
	cases := suiteCases(t, folder)
	if len(cases) < 1000 {
		t.Fatalf("only %d cases in %s", len(cases), folder)
	}
	var failed []string
	passed := 0
	for _, c := range cases {
		if other := aws[c.name]; other != nil {
			c.Result, c.Undefined, c.Code, c.Error = other.Result, other.Undefined, other.Code, other.Error
		}
		problem := c.run(t, folder)
		reason, listed := exceptions[c.name]
		if listed = listed || strings.Contains(c.expr(t), "$eval("); listed && reason == "" {
			reason = "AWS has no $eval"
		}
		switch {
		case problem == "" && listed:
			t.Errorf("%s passes, but is listed as an exception: %s", c.name, reason)
		case problem == "":
			passed++
		case !listed:
			failed = append(failed, fmt.Sprintf("%s: %s: %s", c.name, c.expr(t), problem))
		}
	}
	sort.Strings(failed)
	for _, f := range failed {
		t.Error(f)
	}
	t.Logf("%d of %d cases pass, %d fail, %d are exceptions", passed, len(cases), len(failed), len(cases)-passed-len(failed))
}

func readJSON(t testing.TB, path string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(readText(t, path)), into); err != nil {
		t.Fatalf("reading %s: %v", path, err)
	}
}

func readText(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func suiteCases(t testing.TB, folder string) []*suiteCase {
	paths, err := filepath.Glob(filepath.Join(folder, "groups", "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*suiteCase
	for _, path := range paths {
		var text json.RawMessage
		readJSON(t, path, &text)
		name := filepath.Base(filepath.Dir(path)) + "/" + strings.TrimSuffix(filepath.Base(path), ".json")
		var list []*suiteCase
		if text[0] != '[' {
			c := &suiteCase{name: name}
			readJSON(t, path, c)
			list = append(list, c)
		} else {
			readJSON(t, path, &list)
			for i, c := range list {
				c.name = fmt.Sprintf("%s#%d", name, i)
			}
		}
		for _, c := range list {
			c.folder = filepath.Dir(path)
		}
		all = append(all, list...)
	}
	return all
}

func (c *suiteCase) expr(t *testing.T) string {
	if c.ExprFile == "" {
		return mustParse(t, string(c.Expr)).Str() // encoding/json would lose half surrogate pairs
	}
	return readText(t, filepath.Join(c.folder, c.ExprFile))
}

func (c *suiteCase) input(t *testing.T, folder string) value.Value {
	switch {
	case c.Data != nil:
		return mustParse(t, string(c.Data))
	case c.Dataset == nil:
		return value.Value{}
	}
	return mustParse(t, readText(t, filepath.Join(folder, "datasets", *c.Dataset+".json")))
}

func mustParse(t testing.TB, text string) value.Value {
	t.Helper()
	v, err := value.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// run evaluates the case and says what is wrong, "" where nothing is.
func (c *suiteCase) run(t *testing.T, folder string) string {
	bindings := map[string]value.Value{}
	for name, text := range c.Bindings {
		bindings[name] = mustParse(t, string(text))
	}
	in := jsonata.Input{
		Data:   c.input(t, folder),
		Lookup: func(name string) (value.Value, bool) { v, ok := bindings[name]; return v, ok },
		Limits: jsonata.Limits{Time: time.Duration(c.TimeLimit) * time.Millisecond, Depth: c.Depth},
	}
	expr, err := jsonata.Compile(c.expr(t))
	var got value.Value
	if err == nil {
		if again, err := jsonata.Compile(expr.String()); err != nil || again.String() != expr.String() {
			return fmt.Sprintf("prints as %s, which is no fixed point (%v)", expr, err)
		}
		got, err = expr.Eval(in)
	}
	return c.judge(t, got, err)
}

func (c *suiteCase) judge(t *testing.T, got value.Value, err error) string {
	code := c.Code + c.Error.Code
	var mistake *jsonata.Error
	switch {
	case err != nil && !errors.As(err, &mistake):
		return fmt.Sprintf("fails with %v, which is no Error", err)
	case err != nil && mistake.Code != code:
		return fmt.Sprintf("fails with %v, want %q %s", err, code, c.Result)
	case err != nil:
		return ""
	case code != "":
		return fmt.Sprintf("is %s, want error %s", got, code)
	case c.Undefined || c.Result == nil:
		if got.Defined() {
			return fmt.Sprintf("is %s, want nothing", got)
		}
		return ""
	case !got.Defined():
		return fmt.Sprintf("is nothing, want %s", c.Result)
	}
	if !c.same(t, got) {
		return fmt.Sprintf("is %s, want %s", got, c.Result)
	}
	return ""
}

func (c *suiteCase) same(t *testing.T, got value.Value) bool {
	var a, b any
	if err := json.Unmarshal([]byte(got.String()), &a); err != nil {
		return false
	}
	if err := json.Unmarshal(c.Result, &b); err != nil {
		t.Fatal(err)
	}
	if c.Unordered {
		sortJSON(a)
		sortJSON(b)
	}
	return reflect.DeepEqual(a, b)
}

func sortJSON(v any) {
	list, _ := v.([]any)
	sort.Slice(list, func(i, j int) bool { return fmt.Sprint(list[i]) < fmt.Sprint(list[j]) })
}
