package difftest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/value"
)

// outcome is what an expression gives: a value, an error's code, or a reason why there is neither.
type outcome struct {
	value   value.Value
	code    string // "" where there is a value; "JS" for an error of JavaScript's own
	message string
}

func (o outcome) String() string {
	switch {
	case o.code != "":
		return o.code + " (" + o.message + ")"
	case !o.value.Defined():
		return "undefined"
	}
	return string(o.value.AppendJSON(nil))
}

// wordFunction stands for functions in the answers of both.
const wordFunction = "<function>"

// same tells whether two outcomes are alike.
func same(theirs, ours outcome) bool {
	if theirs.code != "" || ours.code != "" {
		return theirs.code == ours.code
	}
	return value.Equal(theirs.value, ours.value)
}

const codeHangs = "HANGS"

func theirs(t testing.TB, r reply) outcome {
	switch {
	case r.hangs:
		return outcome{code: codeHangs}
	case r.Code != nil && *r.Code == "":
		return outcome{code: "JS", message: r.Message}
	case r.Code != nil:
		return outcome{code: *r.Code, message: r.Message}
	case r.Undefined == 1:
		return outcome{}
	}
	v, err := value.Parse(string(r.Result))
	if err != nil {
		t.Fatalf("the reference says %s: %v", r.Result, err)
	}
	return outcome{value: v}
}

func ours(q request) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			o = outcome{code: "PANIC", message: fmt.Sprint(p)}
		}
	}()
	e, err := jsonata.Compile(q.Expr)
	if err != nil {
		return failed(err)
	}
	in := jsonata.Input{NestedFunctions: true, Now: time.UnixMilli(nowMillis), Limits: jsonata.Limits{Time: 5 * time.Second}}
	if q.Input != nil {
		if in.Data, err = value.Parse(string(q.Input)); err != nil {
			return outcome{code: "INPUT", message: err.Error()}
		}
	}
	v, err := e.Eval(in)
	if err != nil {
		return failed(err)
	}
	return outcome{value: plain(v)}
}

func failed(err error) outcome {
	var e *jsonata.Error
	if !errors.As(err, &e) {
		return outcome{code: "UNTYPED", message: err.Error()}
	}
	return outcome{code: e.Code, message: e.Message}
}

// plain is v as the reference's answers are written: functions as a word, and null for numbers and nothings inside that JSON cannot
// carry.
func plain(v value.Value) value.Value {
	switch v.Kind() {
	case value.Func:
		return value.OfString(wordFunction)
	case value.Number:
		if f := v.Float(); f-f != 0 {
			return value.NullValue
		}
	case value.Array:
		items := make([]value.Value, v.Len())
		for i, item := range v.Items() {
			if items[i] = plain(item); !item.Defined() {
				items[i] = value.NullValue
			}
		}
		return value.OfArray(items)
	case value.Object:
		members := make([]value.Member, v.Len())
		for i, m := range v.Members() {
			members[i] = value.Member{Name: m.Name, Value: plain(m.Value)}
			if !m.Value.Defined() {
				members[i].Value = value.NullValue
			}
		}
		return value.OfObject(members)
	}
	return v
}

// sample is one generated case.
type sample struct {
	seed, index uint64
	tree        *tree
	request
}

func newSample(seed, index uint64) sample {
	g := newGenerator(seed, index)
	s := sample{seed: seed, index: index}
	if input := g.input(); input != "" {
		s.Input = json.RawMessage(input)
	}
	s.tree = g.expression(anything)
	s.Expr = s.tree.String()
	return s
}

// caseCount is how many cases to run; where that is not said, the test skips.
func caseCount(t *testing.T) uint64 {
	cases, _ := strconv.ParseUint(os.Getenv("STRIDE_JSONATA_FUZZ"), 10, 64)
	if cases == 0 {
		t.Skip("SKIPPED: STRIDE_JSONATA_FUZZ, the number of cases, is not set")
	}
	return cases
}

const batch = 2000

// TestAgainstReference runs STRIDE_JSONATA_FUZZ generated cases through both. Each case depends on its seed and index alone; a
// difference is made as small as it gets before it is shown.
func TestAgainstReference(t *testing.T) {
	cases := caseCount(t)
	seed, _ := strconv.ParseUint(os.Getenv("STRIDE_JSONATA_SEED"), 10, 64)
	ref := startReference(t)
	count := map[string]int{}
	shown := map[string]bool{}
	for from := uint64(0); from < cases && len(shown) < 25; from += batch {
		samples := make([]sample, 0, batch)
		requests := make([]request, 0, batch)
		for i := from; i < min(from+batch, cases); i++ {
			s := newSample(seed, i)
			samples, requests = append(samples, s), append(requests, s.request)
		}
		var different []sample
		ref.ask(t, requests, answerTime, func(i int, r reply) {
			want, got := theirs(t, r), ours(requests[i])
			switch why := explained(requests[i], want, got); {
			case same(want, got):
				count[kindOf(want)]++
			case why != "":
				count["known: "+why]++
			default:
				different = append(different, samples[i])
			}
		})
		for _, s := range different {
			count["unexplained"]++
			report(t, ref, s, shown)
		}
	}
	for what, n := range count {
		t.Logf("%8d %s", n, what)
	}
}

func kindOf(o outcome) string {
	if o.code != "" {
		return "error"
	}
	return o.value.Kind().String()
}

var names = regexp.MustCompile("`[^`]*`|[a-zé]+")

// report shows a difference, made small, unless one like it but for names was shown.
func report(t *testing.T, ref *reference, s sample, shown map[string]bool) {
	small := shrink(s.request, s.tree, func(q request) bool {
		want, got := compare(t, ref, q)
		return !same(want, got) && explained(q, want, got) == ""
	})
	want, got := compare(t, ref, small)
	like := names.ReplaceAllString(small.Expr, "a") + want.code + got.code
	if shown[like] {
		return
	}
	shown[like] = true
	t.Errorf("seed %d index %d\n  %s\n  over %s\n  reference: %s\n  ours:      %s", s.seed, s.index, small.Expr, small.Input, clip(want), clip(got))
}

func clip(o outcome) string {
	text := o.String()
	return text[:min(len(text), 300)]
}

func compare(t *testing.T, ref *reference, q request) (want, got outcome) {
	ref.ask(t, []request{q}, answerTime/5, func(_ int, r reply) { want = theirs(t, r) })
	return want, ours(q)
}
