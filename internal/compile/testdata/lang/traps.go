package lang

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
)

// raw is an input as it came.
func raw(text string) json.RawMessage { return json.RawMessage(text) }

// trap is Of with inputs of any kind.
func trap[I, O any](name string, fn func(flow.Context, I) (O, error), inputs ...any) Case {
	c := Of(name, fn)
	c.Run = func(t *testing.T) {
		for i, in := range inputs {
			t.Run(fmt.Sprint(i), func(t *testing.T) { flowtest.Run[O](flowtest.New(t, c.Workflow), in) })
		}
	}
	return c
}

// Traps are programs that once ran otherwise as state machines than as Go: too small for the language's documentation.
var Traps = []Case{
	trap("trap-variadic", trapVariadic, zero, one, many),
	trap("trap-results-as-arguments", trapResults, zero, one),
	trap("trap-method-values", trapMethodValues, zero, one),
	trap("trap-env", trapEnv, named("prod-1"), named("x")),
	trap("trap-placeholders", trapPlaceholders, zero, one),
	trap("trap-nil-interface", trapNilInterface, zero, one),
	trap("trap-null-text", trapNullText, raw(`null`), "x"),
	trap("trap-null-number", trapNullNumber, raw(`null`), 3),
	trap("trap-null-items", trapNullItems, raw(`["a",null]`), raw(`null`)),
	trap("trap-any-items", trapAnyItems, raw(`{"any":[1,2],"list":[[3],4,null,[]]}`), raw(`{"any":[],"list":[[[1]]]}`), raw(`{"any":"x"}`), raw(`{}`)),
	trap("trap-literals", trapLiterals, zero),
	trap("trap-times", trapTimes, raw(`{"n":-3,"when":"2026-01-01T00:00:00+02:00"}`), raw(`{"n":1500}`), one),
	trap("trap-tag-names", trapTagNames, raw(`{"a'b":"no","Quote":"yes","__proto__":"p","$.x":"path","*":"star"}`)),
	trap("trap-cut-out", trapCutOut, many),
	trap("trap-returned-loan", trapReturnedLoan, zero, one),
	trap("trap-tally", trapTally, zero, one, many),
	trap("trap-beside", trapBeside, zero, one),
	trap("trap-functions-read", trapFunctionsRead, zero, one, many),
	trap("trap-undo-reads", trapUndoReads, zero, one),
	trap("trap-keys", trapKeys, one, raw(`{"attrs":{"a`+"`"+`b":"tick","${env:STRIDE_LANG_STAGE}":"env","":"none"}}`)),
}

// trapVariadic gives functions any number of arguments.
func trapVariadic(c flow.Context, in Thing) ([]int, error) {
	all := []int{total(), total(in.N), total(1, in.N, 3), total([]int{1, 2}...)}
	note := func(c flow.Context, first string, more ...string) error {
		_, err := flow.Call(c, Log, first+strings.Join(more, "+"))
		return err
	}
	if err := note(c, "none"); err != nil {
		return nil, err
	}
	if err := note(c, "two ", in.Name, in.Note); err != nil {
		return nil, err
	}
	return all, note(c, "all ", in.Tags...)
}

func total(numbers ...int) int {
	sum := len(numbers) * 7
	for _, n := range numbers {
		sum += n
	}
	return sum
}

// trapResults gives a function all that another one returns.
func trapResults(c flow.Context, in Thing) (string, error) {
	text := labelled(nameAndNumber(in))
	if _, err := flow.Call(c, Log, text); err != nil {
		return "", err
	}
	return counted(nameAndNumber(in))
}

func nameAndNumber(in Thing) (string, int) { return in.Name, in.N }

func labelled(name string, n int) string { return fmt.Sprintf("%s-%d", name, n) }

func counted(name string, numbers ...int) (string, error) {
	return fmt.Sprintf("%s of %d", name, len(numbers)), nil
}

func (p Part) label(suffix string) string { return p.ID + suffix }

func (p Part) say(c flow.Context, text string) error {
	_, err := flow.Call(c, Log, p.ID+text)
	return err
}

// trapMethodValues keeps methods with their receivers as they were.
func trapMethodValues(c flow.Context, in Thing) (string, error) {
	label, say := in.Part.label, in.Part.say
	in.Part.ID = "changed"
	if err := say(c, "!"); err != nil {
		return "", err
	}
	if _, err := flow.Call(c, Double, 1); err != nil {
		return "", err
	}
	return label("?") + in.Part.label("."), say(c, ";")
}

const stage = "STRIDE_LANG_STAGE"

func init() { os.Setenv(stage, "prod") }

// trapEnv decides by what only the deployment knows.
func trapEnv(c flow.Context, in Thing) ([]string, error) {
	out := []string{strings.ToUpper(flow.Env(stage)), map[string]string{"prod": "P"}[flow.Env(stage)], "in " + flow.Env(stage) + "!"}
	if flow.Env(stage) == "prod" {
		out = append(out, "live")
	}
	if strings.HasPrefix(in.Name, flow.Env(stage)) {
		out = append(out, "prefix")
	}
	switch flow.Env(stage) {
	case "":
		return nil, flow.Fail("Nowhere", "")
	case "prod":
		return flow.Map(c, out, func(c flow.Context, s string) (string, error) { return flow.Call(c, Log, s) })
	}
	return out, nil
}

// trapPlaceholders has texts that look like placeholders and like JSONata.
func trapPlaceholders(c flow.Context, in Thing) (map[string]string, error) {
	if in.Name == "${env:STRIDE_LANG_STAGE}" {
		return nil, flow.Fail("Same", "")
	}
	text, err := flow.Call(c, Log, "{% $states.input %}")
	return map[string]string{"${env:STRIDE_LANG_STAGE}": "${fn:lang.Log} " + in.Name, "a": "${env:STRIDE_LANG_STAGE}", "b": text}, err
}

// trapKeys reads entries whose names paths cannot have.
func trapKeys(c flow.Context, in Thing) (string, error) {
	return in.Attrs["a`b"] + in.Attrs["${env:STRIDE_LANG_STAGE}"] + in.Attrs[""] + in.Attrs["a\"b\\"] + in.Attrs["\n"], nil
}

// trapNilInterface has interfaces that hold nil, and are not nil.
func trapNilInterface(c flow.Context, in Thing) ([]bool, error) {
	var ref, tags any = in.Ref, in.Tags
	var none any
	return []bool{ref == nil, tags != nil, none == nil, heldNothing(in.Ref), heldNothing(nil)}, nil
}

func heldNothing(v any) bool { return v == nil }

func trapNullText(c flow.Context, s string) (string, error) { return flow.Call(c, Log, s+"!") }

func trapNullNumber(c flow.Context, n int) (int, error) {
	m, err := flow.Call(c, Double, n)
	return m + n + 1, err
}

func trapNullItems(c flow.Context, list []string) ([]string, error) {
	if slices.Contains(list, "") {
		list = append(list, "has none")
	}
	return flow.Map(c, list, func(c flow.Context, s string) (string, error) { return flow.Call(c, Log, s+"!") })
}

// Anything holds what Go does not know.
type Anything struct {
	Any  any   `json:"any"`
	List []any `json:"list"`
}

// trapAnyItems has arrays among items that may be anything.
func trapAnyItems(c flow.Context, in Anything) ([]any, error) {
	var kept []any
	for _, v := range in.List {
		if v != nil {
			kept = append(kept, v)
		}
	}
	var echoed []any
	for _, v := range kept {
		if _, err := flow.Call(c, Double, len(echoed)); err != nil {
			return nil, err
		}
		echoed = append(echoed, v, in.Any)
	}
	rest := in.List[min(1, len(in.List)):]
	return append(echoed, in.Any, []any{in.Any}, rest), nil
}

// trapLiterals has literals that say less than they are.
func trapLiterals(c flow.Context, in Thing) (string, error) {
	list := []*Part{{ID: "a"}, {ID: "b"}}
	byName := map[string]*Part{"c": {ID: "c"}}
	three := [3]int{1}
	return fmt.Sprintf("%s%s%s%d%d", list[0].ID, list[1].ID, byName["c"].ID, three[2], len(three)), nil
}

// trapTimes sleeps for less than no time, and asks for UTC.
func trapTimes(c flow.Context, in Thing) (time.Time, error) {
	flow.Sleep(c, time.Duration(in.N)*time.Millisecond)
	flow.Sleep(c, 180*24*time.Hour)
	return in.When.UTC(), nil
}

// Oddly has names that encoding/json takes, and one that it does not.
type Oddly struct {
	Quote string `json:"a'b"`
	Proto string `json:"__proto__"`
	Path  string `json:"$.x"`
	Star  string `json:"*"`
}

func trapTagNames(c flow.Context, in Oddly) (Oddly, error) {
	return Oddly{Quote: in.Quote + "1", Proto: in.Proto + "2", Path: in.Path + "3", Star: in.Star + "4"}, nil
}

// trapCutOut takes an item out of a slice.
func trapCutOut(c flow.Context, in Thing) ([]string, error) {
	in.Tags = append(in.Tags[:1], in.Tags[2:]...)
	return in.Tags, nil
}

// trapReturnedLoan returns what a function gives that changes what it is given.
func trapReturnedLoan(c flow.Context, in Thing) (int, error) { return raised(&in) }

func raised(t *Thing) (int, error) {
	t.N++
	return t.N, nil
}

// trapTally calls a function that adds to a variable around it: in a loop, from a helper, from another function and in a branch.
func trapTally(c flow.Context, in Thing) (int, error) {
	sum := 1
	add := func(c flow.Context, n int) error {
		m, err := flow.Call(c, Double, n)
		sum += m
		return err
	}
	for _, p := range in.Parts {
		if err := add(c, p.Count); err != nil {
			return 0, err
		}
	}
	if err := forEachOf(c, 2, add); err != nil {
		return 0, err
	}
	if err := forEachOf(c, 2, func(c flow.Context, n int) error { return add(c, n+sum) }); err != nil {
		return 0, err
	}
	err := flow.Parallel(c,
		func(c flow.Context) error { return add(c, in.N) },
		func(c flow.Context) error { _, err := flow.Call(c, Log, in.Name); return err },
	)
	return sum, err
}

func forEachOf(c flow.Context, n int, do func(flow.Context, int) error) error {
	for i := range n {
		if err := do(c, i); err != nil {
			return err
		}
	}
	return nil
}

// trapBeside returns a variable beside a helper with steps.
func trapBeside(c flow.Context, in Thing) (string, error) {
	text, err := flow.Call(c, Log, in.Name+"?")
	if err != nil {
		return "", err
	}
	return text + in.Note, twiceLogged(c, in.Name)
}

func twiceLogged(c flow.Context, text string) error {
	if _, err := flow.Call(c, Log, text); err != nil {
		return err
	}
	_, err := flow.Call(c, Log, text+"!")
	return err
}

// trapFunctionsRead reads variables by way of functions: in the iterations of a Map, and in branches.
func trapFunctionsRead(c flow.Context, in Thing) ([]string, error) {
	name := func(p Part) string { return p.ID + in.Name }
	item := in.Note // the name of what ItemSelector has besides
	of := in.Part.label
	out, err := flow.Map(c, in.Parts, func(c flow.Context, p Part) (string, error) {
		if _, err := flow.Call(c, Double, p.Count); err != nil {
			return "", err
		}
		return flow.Call(c, Log, name(p)+of("?")+item)
	})
	if err != nil {
		return nil, err
	}
	var text string
	err = flow.Parallel(c, func(c flow.Context) error {
		first, err := flow.Call(c, Log, "first")
		if err != nil {
			return err
		}
		text, err = flow.Call(c, Log, first+name(in.Part))
		return err
	})
	return append(out, text), err
}

// trapUndoReads has a compensation that reads a variable by way of a function.
func trapUndoReads(c flow.Context, in Thing) (string, error) {
	name := func(s string) string { return s + in.Name }
	flow.OnFailure(c, func(c flow.Context) error {
		_, err := flow.Call(c, Log, name("undone "))
		return err
	})
	if _, err := flow.Call(c, Double, in.N); err != nil {
		return "", err
	}
	return "", flow.Fail("Stop", name("at "))
}
