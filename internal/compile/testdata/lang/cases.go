package lang

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/flow"
)

// Cases are all constructs.
var Cases = []Case{
	Of("call", callCase, zero, one, many),
	Of("pure", pureCase, zero, one, many),
	Of("arithmetic", arithmetic, [2]int{7, 2}, [2]int{-7, 2}, [2]int{7, -2}, [2]int{-8, -3}, [2]int{0, 5}),
	Of("floats", floats, 0, 1.5, -2.75, 100),
	Of("texts", texts, "", "a", " two  words ", "héllo, wörld", "a,b,,c"),
	Of("slices", slicesCase, zero, one, many),
	Of("range-pure", rangePure, zero, one, many),
	Of("range-int", rangeInt, 0, 1, 4),
	Of("maps", mapsCase, zero, one, many),
	Of("pointers", pointers, zero, one, many),
	Of("omitted", omitted, zero, one, many),
	Of("struct-update", structUpdate, zero, one, many),
	Of("if-pure", ifPure, zero, one, many),
	Of("if-steps", ifSteps, zero, one, many),
	Of("else-if", elseIf, -1, 0, 1, 5, 50),
	Of("switch", switchCase, zero, one, many, named("broken")),
	Of("switch-pure", switchPure, 0, 1, 2, 3, 9),
	Of("early-return", earlyReturn, zero, one, many),
	Of("logic", logic, zero, one, many),
	Of("errors-as", errorsAs, named("fine"), named("broken"), named("busy"), named("plain"), named("wrapped"), named("pointed"), named("namesake")),
	Of("errors-kept", errorsKept, named("fine"), named("broken"), named("busy"), named("plain")),
	Of("errors-ignored", errorsIgnored, named("fine"), named("broken")),
	Of("errors-text", errorsText, named("fine"), named("broken"), named("busy")),
	Of("errors-rest", errorsRest, named("fine"), named("broken"), named("busy")),
	Of("errors-later", errorsLater, named("fine"), named("broken"), named("busy")),
	Of("retry", retryCase, named("fine"), named("busy"), named("broken"), named("pointed"), named("namesake")),
	Of("fail", failCase, zero, one, many),
	Of("on-failure", onFailure, named("fine"), named("broken"), named("busy")),
	Of("defer", deferCase, named("fine"), named("broken"), zero),
	Of("map", mapCase, zero, one, many),
	Of("map-first", mapFirst, zero, one, many),
	Of("map-errors", mapErrors, zero, one, Thing{Parts: []Part{{"a", 1}, {"broken", 2}, {"c", 3}}}),
	Of("distributed", distributed, zero, one, many, Thing{Parts: []Part{{"a", 1}, {"broken", 2}, {"c", 3}}}, Thing{Parts: []Part{{"busy", 1}, {"broken", 2}}}),
	Of("parallel", parallelCase, zero, one, many),
	Of("parallel-error", parallelError, named("fine"), named("broken")),
	Of("for-steps", forSteps, 0, 1, 3),
	Of("for-range-steps", forRangeSteps, zero, one, many),
	Of("for-invariant", forInvariant, zero, one, many),
	Of("range-literal", rangeLiteral, zero, one, many),
	Of("poll", poll, 0, 1, 4),
	Of("break-continue", breakContinue, zero, one, many),
	Of("sleep", sleepCase, 0, 90),
	Of("await", awaitCase, zero, one),
	Of("times", times, zero, one),
	Of("helpers", helpers, zero, one, many),
	Of("generics", generics, zero, one, many),
	Of("closures", closures, zero, one, many),
	Of("named-results", namedResults, zero, one, named("broken")),
	Of("first-loop", firstLoop, 0, 2),
	Of("nothing", nothing, zero, one),
	Of("shadow", shadow, 0, 1, 2),
	Of("swap", swap, [2]int{1, 2}),
	Of("wait-then-return", waitThenReturn, 0, 3),
}

// callCase calls one handler with the input as it came.
func callCase(c flow.Context, in Thing) (Thing, error) {
	return flow.Call(c, Echo, in)
}

// pureCase has no step at all.
func pureCase(c flow.Context, in Thing) (Part, error) {
	return Part{ID: in.Name + "!", Count: in.N + 1}, nil
}

type numbers struct {
	Sum, Difference, Product, Quotient, Rest, Negated int
	Less, Equal                                       bool
	Min, Max                                          int
}

func arithmetic(c flow.Context, in [2]int) (numbers, error) {
	a, err := flow.Call(c, Double, in[0])
	if err != nil {
		return numbers{}, err
	}
	b := in[1]
	a /= 2
	out := numbers{a + b, a - b, a * b, a / b, a % b, -a, a < b, a == b, min(a, b), max(a, b, 3)}
	out.Sum += 1
	out.Product++
	return out, nil
}

type floatsOut struct {
	Half, Sum float64
	Whole     int
	Big       bool
	Converted float64
}

func floats(c flow.Context, f float64) (floatsOut, error) {
	n, err := flow.Call(c, Double, int(f))
	if err != nil {
		return floatsOut{}, err
	}
	return floatsOut{f / 2, f + 0.25, int(f), f > 1, float64(n) * 1.5}, nil
}

type textsOut struct {
	Upper, Lower, Joined, Trimmed, Replaced, Formatted, Number string
	Has, Starts, Ends, Empty                                   bool
	Parts                                                      []string
}

func texts(c flow.Context, s string) (textsOut, error) {
	s, err := flow.Call(c, Log, s)
	if err != nil {
		return textsOut{}, err
	}
	parts := strings.Split(s, ",")
	return textsOut{
		Upper: strings.ToUpper(s), Lower: strings.ToLower(s), Joined: strings.Join(parts, "-"), Trimmed: strings.TrimSpace(s),
		Replaced: strings.ReplaceAll(s, "l", "L"), Formatted: fmt.Sprintf("<%s|%d|%t|%v%%>", s, len(parts), s == "", len(parts)),
		Number: strconv.Itoa(len(parts)), Has: strings.Contains(s, "w"), Starts: strings.HasPrefix(s, "a"), Ends: strings.HasSuffix(s, "a"),
		Empty: s == "", Parts: parts,
	}, nil
}

type slicesOut struct {
	Count, Tags  int
	Appended     []string
	Two          []string
	Both         []string
	Literal      []Part
	First        string
	Nil, Missing []string
	None         bool
}

func slicesCase(c flow.Context, in Thing) (slicesOut, error) {
	parts, err := flow.Call(c, Make, len(in.Parts))
	if err != nil {
		return slicesOut{}, err
	}
	out := slicesOut{Count: len(parts), Tags: len(in.Tags)}
	out.Appended = append(in.Tags, "end")
	var two []string
	two = append(two, in.Name)
	two = append(two, "b")
	out.Two = two
	out.Both = append(two, in.Tags...)
	out.Literal = []Part{{"lit", in.N}, in.Part}
	out.First = "none"
	if len(in.Tags) > 0 {
		out.First = in.Tags[0]
	}
	out.None = in.Parts == nil
	return out, nil
}

type rangeOut struct {
	Sum   int
	Names []string
	Big   []Part
	Text  string
}

func rangePure(c flow.Context, in Thing) (rangeOut, error) {
	echo, err := flow.Call(c, Echo, in)
	if err != nil {
		return rangeOut{}, err
	}
	var out rangeOut
	for _, p := range echo.Parts {
		out.Sum += p.Count
	}
	names := []string{}
	for _, p := range echo.Parts {
		names = append(names, p.ID+"!")
	}
	out.Names = names
	var big []Part
	for i, p := range echo.Parts {
		if p.Count < 1 {
			continue
		}
		big = append(big, Part{ID: p.ID + strconv.Itoa(i), Count: p.Count})
	}
	out.Big = big
	text := ""
	n := 0
	for _, tag := range in.Tags {
		text += tag
		n++
	}
	out.Text = text + strconv.Itoa(n)
	return out, nil
}

func rangeInt(c flow.Context, n int) (int, error) {
	n, err := flow.Call(c, Double, n)
	if err != nil {
		return 0, err
	}
	total := 0
	for i := range n {
		total += i * 2
	}
	return total, nil
}

type mapsOut struct {
	K, Missing string
	Has        bool
	Made       map[string]int
}

func mapsCase(c flow.Context, in Thing) (mapsOut, error) {
	echo, err := flow.Call(c, Echo, in)
	if err != nil {
		return mapsOut{}, err
	}
	v, ok := echo.Attrs["k"]
	made := map[string]int{"a": in.N}
	made["b"] = 2
	return mapsOut{K: v, Missing: in.Attrs["missing"], Has: ok, Made: made}, nil
}

func pointers(c flow.Context, in Thing) (Part, error) {
	echo, err := flow.Call(c, Echo, in)
	if err != nil {
		return Part{}, err
	}
	if echo.Ref != nil && echo.Ref.Count > 3 {
		return *echo.Ref, nil
	}
	p := &Part{ID: "new", Count: 1}
	if in.Ref == nil {
		p = nil
	}
	_, err = flow.Call(c, Echo, Thing{Ref: p})
	return Part{ID: "none"}, err
}

func omitted(c flow.Context, in Thing) (Thing, error) {
	echo, err := flow.Call(c, Echo, in)
	if err != nil {
		return Thing{}, err
	}
	return Thing{Name: echo.Note, Note: echo.Note, Parts: echo.Parts, Tags: echo.Tags, Ref: echo.Ref, Attrs: echo.Attrs, OK: echo.Note == "", Bytes: echo.Bytes}, nil
}

func structUpdate(c flow.Context, in Thing) (Thing, error) {
	in.Name = in.Name + "+"
	in.Part.Count = in.Part.Count + 1
	echo, err := flow.Call(c, Echo, in)
	if err != nil {
		return Thing{}, err
	}
	echo.Note = "changed"
	echo.Part = Part{ID: "replaced"}
	var fresh Thing
	fresh.Name = echo.Name
	fresh.Part.ID = "deep"
	_, err = flow.Call(c, Echo, fresh)
	return echo, err
}

func ifPure(c flow.Context, in Thing) (Part, error) {
	out := Part{ID: "small"}
	if in.N > 0 {
		out.ID = "big"
		out.Count = in.N
	} else if in.N < 0 {
		out.Count = -in.N
	}
	label := "no"
	if in.OK {
		label = "yes"
	}
	_, err := flow.Call(c, Log, label+out.ID)
	return out, err
}

func ifSteps(c flow.Context, in Thing) (int, error) {
	n := in.N
	if in.OK {
		m, err := flow.Call(c, Double, n)
		if err != nil {
			return 0, err
		}
		n = m
	}
	return flow.Call(c, Double, n+1)
}

func elseIf(c flow.Context, n int) (string, error) {
	if n < 0 {
		return "", flow.Fail("Negative", "below zero")
	} else if n == 0 {
		return flow.Call(c, Log, "zero")
	} else if n < 10 {
		if n > 2 { // More than two?
			return flow.Call(c, Log, "some")
		}
		return "few", nil
	}
	return flow.Call(c, Log, "lots")
}

func switchCase(c flow.Context, in Thing) (string, error) {
	var out string
	switch in.Name {
	case "one", "uno":
		s, err := flow.Call(c, Log, "first")
		if err != nil {
			return "", err
		}
		out = s
	case "many":
		out = "no step"
	default:
		s, err := flow.Call(c, Log, "default "+in.Name)
		if err != nil {
			return "", err
		}
		out = s
	}
	return flow.Call(c, Log, out+"!")
}

func switchPure(c flow.Context, n int) (string, error) {
	text := ""
	switch {
	case n == 0:
		text = "none"
	case n < 3:
		text = "few"
	default:
		text = "many"
	}
	return flow.Call(c, Log, text+" "+grade(n))
}

func grade(n int) string {
	switch n {
	case 0, 1:
		return "low"
	case 2:
		if n == 2 {
			return "two"
		}
	}
	return "high"
}

func earlyReturn(c flow.Context, in Thing) (int, error) {
	if in.Name == "" {
		return -1, nil
	}
	n, err := flow.Call(c, Double, in.N)
	if err != nil {
		return 0, err
	}
	if n < 0 {
		return n, nil
	}
	m, err := flow.Call(c, Double, n)
	if err != nil || m > 100 {
		return 0, err
	}
	return m, nil
}

func logic(c flow.Context, in Thing) (string, error) {
	a := in.OK && in.N > 0 || in.Name == "many"
	b := !(in.OK || in.N != 0)
	d := in.Note != "n" && !(in.Name == "one")
	if a != b && !d || in.Ref == nil {
		return flow.Call(c, Log, fmt.Sprintf("%t %t %t", a, b, d))
	}
	return fmt.Sprintf("%v", a), nil
}

func errorsAs(c flow.Context, in Thing) (string, error) {
	p, err := flow.Call(c, Risky, in)
	var broken Broken
	var busy *Busy
	if errors.As(err, &broken) {
		return "was broken", nil
	} else if errors.As(err, &busy) {
		return flow.Call(c, Log, "was busy")
	}
	if err != nil {
		return "", err
	}
	return p.ID, nil
}

func errorsKept(c flow.Context, in Thing) (string, error) {
	p, err := flow.Call(c, Risky, in)
	if err != nil {
		if _, err := flow.Call(c, Log, "failed"); err != nil {
			return "", err
		}
		return "", err
	}
	return p.ID, nil
}

func errorsIgnored(c flow.Context, in Thing) (int, error) {
	p, _ := flow.Call(c, Risky, in)
	return flow.Call(c, Double, p.Count+1)
}

func errorsText(c flow.Context, in Thing) (string, error) {
	p, err := flow.Call(c, Risky, in)
	if err != nil {
		return "it said " + err.Error(), nil
	}
	return p.ID, nil
}

func errorsRest(c flow.Context, in Thing) (string, error) {
	p, err := flow.Call(c, Risky, in)
	var broken Broken
	if errors.As(err, &broken) {
		return "", err
	}
	if err != nil {
		return "other", nil
	}
	return p.ID, nil
}

func errorsLater(c flow.Context, in Thing) (string, error) {
	p, err := flow.Call(c, Risky, in)
	n, err2 := flow.Call(c, Double, 3)
	if err2 != nil {
		return "", err2
	}
	var broken Broken
	if errors.As(err, &broken) {
		return "broken " + strconv.Itoa(n), nil
	}
	return p.ID, err
}

func retryCase(c flow.Context, in Thing) (Part, error) {
	return flow.Call(c, Risky, in, flow.Retry{On: []error{&Busy{}}, MaxAttempts: 2, Interval: 10 * time.Second, FullJitter: true},
		flow.Retry{On: []error{Broken{}, flow.ErrTimeout}, MaxAttempts: 1, Backoff: 1, FullJitter: true}, flow.Timeout(time.Minute), flow.Name("Try it"))
}

func failCase(c flow.Context, in Thing) (Part, error) {
	if in.N == 0 {
		return Part{}, flow.Fail("Zero", "n is zero")
	}
	if err := check(in); err != nil {
		return Part{}, err
	}
	return flow.Call(c, Risky, in)
}

func check(in Thing) error {
	if in.N < 0 {
		return flow.Fail("Negative", fmt.Sprintf("n is %d", in.N))
	}
	return nil
}

func onFailure(c flow.Context, in Thing) (Part, error) {
	n, err := flow.Call(c, Double, in.N)
	if err != nil {
		return Part{}, err
	}
	flow.OnFailure(c, func(c flow.Context) error {
		_, err := flow.Call(c, Log, fmt.Sprintf("undo %d", n))
		return err
	})
	flow.OnFailure(c, func(c flow.Context) error {
		_, err := flow.Call(c, Log, "undo more")
		return err
	})
	p, err := flow.Call(c, Risky, in)
	if err != nil {
		return Part{}, err
	}
	if p.Count == 4 {
		return Part{}, flow.Fail("Four", "four of "+p.ID)
	}
	return p, nil
}

func deferCase(c flow.Context, in Thing) (Part, error) {
	defer flow.Call(c, Log, "always")
	if in.Name == "" {
		return Part{ID: "empty"}, nil
	}
	p, err := flow.Call(c, Risky, in)
	if err != nil {
		return Part{}, err
	}
	return p, nil
}

func mapCase(c flow.Context, in Thing) ([]int, error) {
	base, err := flow.Call(c, Double, in.N)
	if err != nil {
		return nil, err
	}
	return flow.Map(c, in.Parts, func(c flow.Context, p Part) (int, error) {
		n, err := flow.Call(c, Double, p.Count+base)
		if err != nil {
			return 0, err
		}
		return n + 1, nil
	}, flow.MaxConcurrency(2))
}

func mapFirst(c flow.Context, in Thing) (string, error) {
	out, err := flow.Map(c, in.Tags, func(c flow.Context, tag string) (string, error) {
		if tag == "c" {
			return "skipped", nil
		}
		return flow.Call(c, Log, in.Name+tag)
	})
	if err != nil {
		return "", err
	}
	return strings.Join(out, ",") + in.Name, nil
}

func mapErrors(c flow.Context, in Thing) (int, error) {
	out, err := flow.Map(c, in.Parts, func(c flow.Context, p Part) (Part, error) {
		return flow.Call(c, Risky, Thing{Name: p.ID, N: p.Count})
	})
	var broken Broken
	if errors.As(err, &broken) {
		return -1, nil
	}
	return len(out), err
}

// distributed runs an execution for each part; one may fail.
func distributed(c flow.Context, in Thing) (string, error) {
	n, err := flow.Call(c, Double, in.N)
	if err != nil {
		return "", err
	}
	parts, err := flow.Distributed(c, in.Parts, func(c flow.Context, p Part) (Part, error) {
		return flow.Call(c, Risky, Thing{Name: p.ID, N: p.Count + n, Note: in.Note})
	}, flow.TolerateFailures(1), flow.MaxConcurrency(100))
	if errors.Is(err, flow.ErrTolerance) {
		return "too many failed", nil
	}
	return fmt.Sprintf("%d of %d", len(parts), len(in.Parts)), err
}

func parallelCase(c flow.Context, in Thing) (string, error) {
	var n, m int
	var s string
	err := flow.Parallel(c,
		func(c flow.Context) error {
			var err error
			n, err = flow.Call(c, Double, in.N)
			return err
		},
		func(c flow.Context) error {
			if in.OK {
				s = "ok"
				return nil
			}
			x, err := flow.Call(c, Double, len(in.Tags))
			m = x + 1
			s = "called"
			return err
		},
		func(c flow.Context) error {
			_, err := flow.Call(c, Log, in.Name)
			return err
		},
	)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d %d %s", n, m, s), nil
}

func parallelError(c flow.Context, in Thing) (string, error) {
	err := flow.Parallel(c,
		func(c flow.Context) error {
			_, err := flow.Call(c, Risky, in)
			return err
		},
		func(c flow.Context) error {
			flow.Sleep(c, time.Minute)
			_, err := flow.Call(c, Log, "late")
			return err
		},
	)
	var broken Broken
	if errors.As(err, &broken) {
		return "broken", nil
	}
	return "fine", err
}

func forSteps(c flow.Context, n int) (int, error) {
	total := 1
	for i := 0; i < n; i++ {
		d, err := flow.Call(c, Double, total)
		if err != nil {
			return 0, err
		}
		total = d + i
	}
	return total, nil
}

func forRangeSteps(c flow.Context, in Thing) (string, error) {
	out := ""
	for i, p := range in.Parts {
		s, err := flow.Call(c, Log, p.ID+strconv.Itoa(i))
		if err != nil {
			return "", err
		}
		out += s
	}
	for range 2 {
		if _, err := flow.Call(c, Log, "again"); err != nil {
			return "", err
		}
	}
	return out, nil
}

// forInvariant computes a variable from itself before a loop that only reads it.
func forInvariant(c flow.Context, in Thing) (string, error) {
	n, err := flow.Call(c, Double, in.N)
	if err != nil {
		return "", err
	}
	n += 10
	text := ""
	for _, tag := range in.Tags {
		s, err := flow.Call(c, Log, tag+strconv.Itoa(n))
		if err != nil {
			return "", err
		}
		text += s + strconv.Itoa(n)
	}
	return text, nil
}

func poll(c flow.Context, n int) (int, error) {
	tries := 0
	for {
		d, err := flow.Call(c, Double, tries)
		if err != nil {
			return 0, err
		}
		if d >= n {
			return tries, nil
		}
		tries++
		flow.Sleep(c, 10*time.Second)
	}
}

func breakContinue(c flow.Context, in Thing) (int, error) {
	sum := 0
	for _, p := range in.Parts {
		if p.Count == 0 {
			continue
		}
		n, err := flow.Call(c, Double, p.Count)
		if err != nil {
			return 0, err
		}
		if n > 8 {
			break
		}
		sum += n
	}
	return sum, nil
}

func sleepCase(c flow.Context, n int) (string, error) {
	flow.Sleep(c, 1500*time.Millisecond)
	flow.Sleep(c, time.Duration(n)*time.Second)
	return flow.Call(c, Log, "slept")
}

func awaitCase(c flow.Context, in Thing) (Part, error) {
	p, err := flow.Await(c, Ask, func(token flow.Token) Request { return Request{Thing: in, Token: token} }, flow.Timeout(time.Hour))
	if err != nil {
		return Part{}, err
	}
	p.Count++
	return p, nil
}

type timesOut struct {
	Later  time.Time
	Before bool
	Millis int64
	Zero   bool
}

func times(c flow.Context, in Thing) (timesOut, error) {
	start := flow.Now(c)
	flow.Sleep(c, time.Hour)
	now := flow.Now(c)
	if _, err := flow.Call(c, Log, "tick"); err != nil {
		return timesOut{}, err
	}
	flow.SleepUntil(c, now.Add(2*time.Hour))
	return timesOut{
		Later: in.When.Add(90 * time.Minute), Before: start.Before(now), Millis: now.Sub(start).Milliseconds(), Zero: in.When.IsZero(),
	}, nil
}

func helpers(c flow.Context, in Thing) (string, error) {
	a, err := twice(c, in.N)
	if err != nil {
		return "", err
	}
	b, err := twice(c, a+1)
	if err != nil {
		return "", err
	}
	return describe(in, b), nil
}

// twice doubles two times.
func twice(c flow.Context, n int) (int, error) {
	n, err := flow.Call(c, Double, n)
	if err != nil {
		return 0, err
	}
	if n > 1000 {
		return 0, flow.Fail("TooBig", "too big")
	}
	return flow.Call(c, Double, n)
}

func describe(in Thing, n int) string {
	if in.Name == "" {
		return "nameless"
	}
	text := in.Name + ":"
	if n > 0 {
		text += "positive"
	}
	return text + strconv.Itoa(n)
}

func pick[T any](ok bool, a, b T) T {
	if ok {
		return a
	}
	return b
}

type pair[T any] struct {
	First, Second T
}

func generics(c flow.Context, in Thing) (pair[string], error) {
	n, err := flow.Call(c, Double, pick(in.OK, in.N, 5))
	if err != nil {
		return pair[string]{}, err
	}
	return pair[string]{First: pick(n > 3, in.Name, "small"), Second: strconv.Itoa(n)}, nil
}

func closures(c flow.Context, in Thing) (string, error) {
	add := func(n int) int { return n + in.N }
	call := func(c flow.Context, n int) (int, error) { return flow.Call(c, Double, add(n)) }
	a, err := call(c, 1)
	if err != nil {
		return "", err
	}
	b, err := call(c, a)
	return strconv.Itoa(b), err
}

func namedResults(c flow.Context, in Thing) (out Part, err error) {
	out.ID = "named"
	if in.N == 0 {
		return
	}
	out, err = flow.Call(c, Risky, in)
	if err != nil {
		return
	}
	out.Count++
	return
}

func firstLoop(c flow.Context, n int) (int, error) {
	i := 0
	for i < n {
		flow.Sleep(c, time.Second)
		i++
	}
	return i, nil
}

func nothing(c flow.Context, in Thing) (string, error) {
	if in.Name == "" {
		return "", flow.Fail("Nameless", "no name")
	}
	return in.Name, nil
}

func shadow(c flow.Context, n int) (int, error) {
	x := n
	if n > 0 {
		x := 10
		x, err := flow.Call(c, Double, x)
		if err != nil {
			return 0, err
		}
		if x > 100 {
			return x, nil
		}
	}
	{
		n := n + 1
		x += n
	}
	return flow.Call(c, Double, x+n)
}

func swap(c flow.Context, in [2]int) (string, error) {
	a, b := in[0], in[1]
	for range 3 {
		n, err := flow.Call(c, Double, a)
		if err != nil {
			return "", err
		}
		a, b = b, n
	}
	return fmt.Sprintf("%d %d", a, b), nil
}

func waitThenReturn(c flow.Context, n int) (int, error) {
	m := n + 1
	flow.Sleep(c, time.Minute)
	return m, nil
}

// rangeLiteral goes over a literal and leaves the function from inside.
func rangeLiteral(c flow.Context, in Thing) (int, error) {
	flow.Sleep(c, time.Second)
	count := [2]Part{{Count: 1}, {Count: 2}}[in.N%2*(in.N%2)].Count
	for _, p := range []Part{{Count: 1}, {}, {Count: count}} {
		if p.Count != in.Part.Count {
			return in.N, nil
		}
	}
	return len(in.Tags), nil
}
