package gosource

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

func (f *function) task(s *asl.State, d doc, x *around) code {
	a := f.about[s]
	if len(s.Catch) > 0 && !d.isVariable() {
		before, in := f.variable(d, s.Name)
		out := f.task(s, in, x)
		return code{before + out.text, out.ends}
	}
	p := f.places(s, d)
	awaits := strings.HasSuffix(s.Resource, ".waitForTaskToken")
	p.token = awaits
	argument := f.taken(s, p, true).expr
	fn := "flow.Task"
	if awaits {
		fn = "flow.TaskAwait"
		typ := f.goType(a.in)
		if a.argument != nil {
			typ = "map[string]any"
		}
		argument = "func(token flow.Token) " + typ + " {\nreturn " + argument + "\n}"
		if a.input != nil {
			f.refuse(s, "InputPath", "the state waits for a token")
		}
	}
	args := append([]string{"c", f.filled(s.Resource), argument}, f.taskOptions(s, p, awaits)...)
	v := f.resultName(s)
	given := func() doc { return f.selected(s, p, v) }
	call := func(used bool) string {
		if !used {
			return fn + "[any]" + lines(args)
		}
		return fn + "[" + f.goType(a.result) + "]" + lines(args)
	}
	return f.step(s, d, call, v, given, x)
}

// lines are the arguments of a call, on several lines where they are long.
func lines(args []string) string {
	one := "(" + strings.Join(args, ", ") + ")"
	last := args[len(args)-1]
	if len(one) <= 130 && !strings.Contains(one, "\n") || strings.HasSuffix(last, "\n}") && strings.Count(one, "\n}") == 1 && len(one) < 1000 {
		return one
	}
	n := min(3, len(args))
	if options := strings.Join(args[n:], ", "); strings.HasSuffix(args[n-1], "\n}") && len(options) <= 110 && !strings.Contains(options, "\n") {
		return "(" + strings.Join(args, ", ") + ")"
	}
	return "(" + strings.Join(args[:n], ", ") + ",\n" + strings.Join(args[n:], ",\n") + ",\n)"
}

// taskOptions keep a Task's name, retries and timeout as they are.
func (f *function) taskOptions(s *asl.State, p *places, awaits bool) []string {
	out := []string{"flow.Name(" + strconv.Quote(s.Name) + ")"}
	switch t := f.about[s].extra["TimeoutSeconds"]; {
	case t != nil:
		out = append(out, "flow.Timeout("+f.duration(s, t, p)+")")
	case s.TimeoutSeconds.Defined():
		out = append(out, "flow.Timeout("+f.seconds(s.TimeoutSeconds)+")")
	case awaits && !s.HeartbeatSeconds.Defined():
		f.src.uses["time"] = true
		out = append(out, "flow.Timeout(365*24*time.Hour)")
	}
	if s.HeartbeatSeconds.Defined() {
		out = append(out, "flow.Heartbeat("+f.seconds(s.HeartbeatSeconds)+")")
	}
	return append(out, f.retries(s)...)
}

func (f *function) retries(s *asl.State) (out []string) {
	for _, r := range s.Retry {
		if text := f.retry(s, r); text != "" {
			f.retriers = append(f.retriers, text)
			out = append(out, text)
		}
	}
	return out
}

func (f *function) retry(s *asl.State, r *asl.Retrier) string {
	var fields []string
	if !slices.Contains(r.ErrorEquals, "States.ALL") {
		names := make([]string, len(r.ErrorEquals))
		for i, name := range r.ErrorEquals {
			names[i] = errorName(name)
		}
		fields = append(fields, "On: []error{"+strings.Join(names, ", ")+"}")
	}
	if r.MaxAttempts.Defined() && r.MaxAttempts.Float() == 0 {
		if r == s.Retry[len(s.Retry)-1] {
			return ""
		}
		f.refuse(s, "Retry", "a retrier of no attempts before others")
	}
	for _, field := range []struct {
		name string
		v    value.Value
		time bool
	}{{"MaxAttempts", r.MaxAttempts, false}, {"Interval", r.IntervalSeconds, true}, {"Backoff", r.BackoffRate, false}, {"MaxDelay", r.MaxDelaySeconds, true}} {
		switch {
		case !field.v.Defined():
		case field.v.Kind() != value.Number || field.v.Float() == 0:
			f.refuse(s, "Retry", "the %s %s has no form in Go", field.name, field.v)
		case field.time:
			fields = append(fields, field.name+": "+f.seconds(field.v))
		default:
			fields = append(fields, field.name+": "+field.v.NumberText())
		}
	}
	if r.JitterStrategy == "FULL" {
		fields = append(fields, "FullJitter: true")
	}
	return "flow.Retry{" + strings.Join(fields, ", ") + "}"
}

func (f *function) duration(s *asl.State, t *term, p *places) string {
	f.src.uses["time"] = true
	return "time.Duration(" + f.value(s, t, p) + ")*time.Second"
}

func (f *function) seconds(v value.Value) string {
	f.src.uses["time"] = true
	n := int64(v.Float())
	for _, unit := range []struct {
		n    int64
		name string
	}{{3600, "time.Hour"}, {60, "time.Minute"}, {1, "time.Second"}} {
		if n == unit.n {
			return unit.name
		}
		if n > 0 && n%unit.n == 0 {
			return strconv.FormatInt(n/unit.n, 10) + "*" + unit.name
		}
	}
	return "0"
}
