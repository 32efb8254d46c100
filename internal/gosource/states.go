package gosource

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// function writes the states of one machine.
type function struct {
	*writer
	machine *asl.Machine
	takes   string
}

// val is a Go expression and its type, any or []any.
type val struct{ expr, typ string }

// as is v as any: the type parameters of flow's functions take no other.
func (v val) any() string {
	if v.typ == "any" {
		return v.expr
	}
	return "any(" + v.expr + ")"
}

// from writes the states from name on; way are those that lead here.
func (f *function) from(name string, in val, way []string) string {
	s := f.machine.State(name)
	switch {
	case s == nil:
		f.refuse("", "%q is not a state", name)
	case slices.Contains(way, name):
		f.refuse(s.Pointer, "state %s is entered again: a loop", name)
	case s.Type == asl.Choice:
		f.refuse(s.Pointer, "state %s is a Choice, which asks for fields of values whose types nobody knows", s.Name)
	case f.written >= tooMany:
		f.refuse(s.Pointer, "so many ways lead to state %s that each cannot be written out", name)
	}
	f.written++
	way = append(slices.Clone(way), name)
	f.plain(s)
	comment := ""
	if s.Comment != "" {
		comment = "// " + strings.Join(strings.Fields(s.Comment), " ") + "\n"
	}
	switch s.Type {
	case asl.Task:
		return comment + f.task(s, in, way)
	case asl.Pass:
		return comment + f.pass(s, in, way)
	case asl.Wait:
		return comment + f.wait(s, in, way)
	case asl.Succeed:
		return "return " + in.expr + ", nil\n"
	case asl.Fail:
		return "return nil, " + f.fail(s) + "\n"
	case asl.Parallel:
		return comment + f.parallel(s, in, way)
	case asl.Map:
		return comment + f.fan(s, in, way)
	}
	f.refuse(s.Pointer, "state %s is of the unknown type %s", s.Name, s.Type)
	return ""
}

// plain refuses what changes values in ways that need their types.
func (f *function) plain(s *asl.State) {
	for _, field := range []struct {
		name string
		v    value.Value
	}{
		{"ResultSelector", s.ResultSelector}, {"Assign", s.Assign}, {"Output", s.Output}, {"Credentials", s.Credentials},
		{"ItemSelector", s.ItemSelector}, {"ItemsPath", s.ItemsPath}, {"Items", s.Items}, {"ItemReader", s.ItemReader},
		{"ItemBatcher", s.ItemBatcher}, {"ResultWriter", s.ResultWriter}, {"HeartbeatSeconds", s.HeartbeatSeconds},
		{"HeartbeatSecondsPath", s.HeartbeatSecondsPath}, {"TimeoutSecondsPath", s.TimeoutSecondsPath},
		{"ToleratedFailureCount", s.ToleratedFailureCount}, {"ToleratedFailurePercentage", s.ToleratedFailurePercentage},
		{"MaxConcurrencyPath", s.MaxConcurrencyPath},
	} {
		known := field.name == "ItemsPath" && field.v.Str() == "$" || field.name == "Output" && f.payload(s, field.v)
		if field.v.Defined() && !known {
			f.refuse(s.Pointer, "state %s has %s, which makes values of fields whose types nobody knows", s.Name, field.name)
		}
	}
	if v := s.InputPath; v.Defined() && v.Str() != "$" {
		f.refuse(s.Pointer, "state %s has InputPath, which makes values of fields whose types nobody knows", s.Name)
	}
	if v := s.OutputPath; v.Defined() && v.Str() != "$" && !f.payload(s, v) {
		f.refuse(s.Pointer, "state %s has OutputPath, which makes values of fields whose types nobody knows", s.Name)
	}
	if v := s.ResultPath; v.Defined() && v.Kind() != value.Null && v.Str() != "$" {
		f.refuse(s.Pointer, "state %s puts its result into a field (ResultPath), of values whose types nobody knows", s.Name)
	}
}

const invokeARN = "arn:aws:states:::lambda:invoke"

// payload says whether v takes the result of lambda:invoke apart in the way that flow.Call does.
func (f *function) payload(s *asl.State, v value.Value) bool {
	if s.Resource != invokeARN {
		return false
	}
	return v.Str() == "$.Payload" || strings.ReplaceAll(v.Str(), " ", "") == "{%$states.result.Payload%}"
}

func (f *function) task(s *asl.State, in val, way []string) string {
	resource, input := f.called(s, in)
	after := val{f.unique(s.Name, false), "any"}
	if next := f.machine.State(s.Next); next != nil && next.Type == asl.Map && s.ResultPath.Kind() != value.Null {
		after.typ = "[]any"
	}
	call := "flow.Call(c, " + f.options.Handlers + f.handler(resource, after.typ) + ", " + strings.Join(append([]string{input}, f.taskOptions(s)...), ", ") + ")"
	return f.step(s, call, after, in, way)
}

// called is the function that a Task calls, and with what.
func (f *function) called(s *asl.State, in val) (resource, input string) {
	input = in.any()
	arguments := s.Parameters
	if f.def.Language(s) == asl.JSONata {
		arguments = s.Arguments
	}
	if strings.Contains(s.Resource, ":function:") || strings.HasPrefix(s.Resource, "${") {
		if arguments.Defined() {
			input = "any(" + f.constant(s, arguments) + ")"
		}
		return s.Resource, input
	}
	if s.Resource != invokeARN {
		f.refuse(s.Pointer, "state %s calls %s, which is no Lambda function", s.Name, s.Resource)
	}
	if !f.payload(s, s.OutputPath) && !f.payload(s, s.Output) && s.ResultPath.Kind() != value.Null {
		f.refuse(s.Pointer, "state %s hands on the whole answer of lambda:invoke, and not its Payload alone", s.Name)
	}
	for _, m := range arguments.Members() {
		switch text := strings.ReplaceAll(m.Value.Str(), " ", ""); {
		case m.Name == "FunctionName" && !strings.HasPrefix(text, "{%"):
			resource = m.Value.Str()
		case m.Name == "Payload.$" && text == "$", m.Name == "Payload" && (text == "{%$states.input%}"):
		case m.Name == "Payload":
			input = "any(" + f.constant(s, m.Value) + ")"
		default:
			f.refuse(s.Pointer, "state %s gives lambda:invoke %s", s.Name, m.Name)
		}
	}
	if resource == "" {
		f.refuse(s.Pointer, "state %s calls a function whose name is computed", s.Name)
	}
	return resource, input
}

// taskOptions keep a Task's name, retries and timeout as they are.
func (f *function) taskOptions(s *asl.State) []string {
	out := []string{"flow.Name(" + strconv.Quote(s.Name) + ")", "flow.NoRetry()"}
	if t := s.TimeoutSeconds; t.Defined() {
		if t.Kind() != value.Number {
			f.refuse(s.Pointer, "state %s has a timeout that is computed", s.Name)
		}
		out = append(out, "flow.Timeout("+f.seconds(t)+")")
	}
	for _, r := range s.Retry {
		if text := f.retry(s, r); text != "" {
			out = append(out, text)
		}
	}
	return out
}

func (f *function) seconds(v value.Value) string {
	f.src.uses["time"] = true
	if v.Float() == 1 {
		return "time.Second"
	}
	return v.NumberText() + "*time.Second"
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
		f.refuse(r.Pointer, "state %s has a retrier of no attempts before others", s.Name)
	}
	for _, field := range []struct {
		name string
		v    value.Value
		time bool
	}{{"MaxAttempts", r.MaxAttempts, false}, {"Interval", r.IntervalSeconds, true}, {"Backoff", r.BackoffRate, false}, {"MaxDelay", r.MaxDelaySeconds, true}} {
		switch {
		case !field.v.Defined():
		case field.v.Kind() != value.Number || field.v.Float() == 0:
			f.refuse(r.Pointer, "state %s has a retrier whose %s Go cannot say", s.Name, field.name)
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

func errorName(name string) string {
	switch name {
	case "States.TaskFailed":
		return "flow.ErrTaskFailed"
	case "States.Timeout":
		return "flow.ErrTimeout"
	}
	return "flow.ErrorName(" + strconv.Quote(name) + ")"
}

// step writes a call with its error ways, and what follows it.
func (f *function) step(s *asl.State, call string, after, in val, way []string) string {
	caught := f.failed(s, in, way)
	next := after
	if s.ResultPath.Defined() && s.ResultPath.Kind() == value.Null {
		next = in
	}
	rest := f.onward(s, next, way)
	if !mentions(rest, after.expr) {
		return "if _, err := " + call + "; err != nil {\n" + caught + "}\n" + rest
	}
	return after.expr + ", err := " + call + "\nif err != nil {\n" + caught + "}\n" + rest
}

// failed writes what follows the errors of a state: those that it catches, and the others, which it returns. What a Catch hands on is the error as an object, which Go does not
// have: only states that do not look at it may follow.
func (f *function) failed(s *asl.State, in val, way []string) string {
	var b strings.Builder
	for _, c := range s.Catch {
		if c.Assign.Defined() || c.Output.Defined() {
			f.refuse(c.Pointer, "state %s has a Catch that makes a value of the error", s.Name)
		}
		handed := val{"caught", "error"}
		if c.ResultPath.Kind() == value.Null {
			handed = in
		}
		body := f.from(c.Next, handed, way)
		if mentions(body, "caught") {
			f.refuse(c.Pointer, "state %s hands an error on as an object", s.Name)
		}
		if slices.Contains(c.ErrorEquals, "States.ALL") {
			return b.String() + body
		}
		tests := make([]string, len(c.ErrorEquals))
		for i, name := range c.ErrorEquals {
			tests[i] = "errors.Is(err, " + errorName(name) + ")"
		}
		f.src.uses["errors"] = true
		fmt.Fprintf(&b, "if %s {\n%s}\n", strings.Join(tests, " || "), body)
	}
	return b.String() + "return nil, err\n"
}

// onward is what follows a state.
func (f *function) onward(s *asl.State, v val, way []string) string {
	if s.End {
		return "return " + v.expr + ", nil\n"
	}
	return f.from(s.Next, v, way)
}

func (f *function) pass(s *asl.State, in val, way []string) string {
	if s.Parameters.Defined() {
		in = val{"any(" + f.constant(s, s.Parameters) + ")", "any"}
	}
	if s.Result.Defined() && f.def.Language(s) != asl.JSONata {
		in = val{"any(" + f.constant(s, s.Result) + ")", "any"}
	}
	return f.onward(s, in, way)
}

func (f *function) wait(s *asl.State, in val, way []string) string {
	if s.Seconds.Kind() != value.Number {
		f.refuse(s.Pointer, "state %s waits for a time that is computed", s.Name)
	}
	return "flow.Sleep(c, " + f.seconds(s.Seconds) + ")\n" + f.onward(s, in, way)
}

func (f *function) fail(s *asl.State) string {
	texts := make([]string, 2)
	for i, v := range []value.Value{s.Error, s.Cause} {
		if v.Defined() && v.Kind() != value.String || strings.HasPrefix(v.Str(), "{%") {
			f.refuse(s.Pointer, "state %s fails with a text that is computed", s.Name)
		}
		texts[i] = strconv.Quote(v.Str())
	}
	if s.ErrorPath.Defined() || s.CausePath.Defined() || !s.Error.Defined() {
		f.refuse(s.Pointer, "state %s fails without a constant error", s.Name)
	}
	return "flow.Fail(" + strings.Join(texts, ", ") + ")"
}

func (f *function) parallel(s *asl.State, in val, way []string) string {
	if len(s.Retry) > 0 || s.Parameters.Defined() || s.Arguments.Defined() {
		f.refuse(s.Pointer, "state %s is a Parallel with Retry or arguments of its own", s.Name)
	}
	var vars, branches []string
	for i, branch := range s.Branches {
		v := f.unique(fmt.Sprintf("%s %d", s.Name, i+1), false)
		name := f.helper(s.Name + " branch " + strconv.Itoa(i+1))
		arg := in.expr
		if f.writer.machine(branch, name, "") == "any" {
			arg = in.any()
		} else if in.typ == "any" {
			f.refuse(s.Pointer, "a branch of state %s goes over a list, and its input may be anything", s.Name)
		}
		vars = append(vars, v)
		branches = append(branches, fmt.Sprintf("func(c flow.Context) (err error) {\n%s, err = %s(c, %s)\nreturn err\n},\n", v, name, arg))
	}
	after := val{"[]any{" + strings.Join(vars, ", ") + "}", "[]any"}
	if s.ResultPath.Kind() == value.Null {
		after = in
	}
	caught := f.failed(s, in, way)
	return "var " + strings.Join(vars, ", ") + " any\nif err := flow.Parallel(c,\n" + strings.Join(branches, "") + "); err != nil {\n" +
		caught + "}\n" + f.onward(s, after, way)
}

// fan writes a Map over its whole input, a list.
func (f *function) fan(s *asl.State, in val, way []string) string {
	switch {
	case s.Distributed():
		f.refuse(s.Pointer, "state %s is a distributed Map, whose items' types nobody knows", s.Name)
	case in.typ != "[]any":
		f.refuse(s.Pointer, "state %s goes over a value that may be anything", s.Name)
	case s.Parameters.Defined() || len(s.Retry) > 0 || s.Processor == nil:
		f.refuse(s.Pointer, "state %s is a Map with Retry or items of its own making", s.Name)
	}
	name := f.helper(s.Name + " item")
	if f.writer.machine(s.Processor, name, "") != "any" {
		f.refuse(s.Pointer, "the items of state %s are lists", s.Name)
	}
	options := []string{in.expr, name, "flow.Name(" + strconv.Quote(s.Name) + ")"}
	if n := s.MaxConcurrency; n.Defined() && n.Kind() == value.Number && n.Float() > 0 {
		options = append(options, "flow.MaxConcurrency("+n.NumberText()+")")
	}
	return f.step(s, "flow.Map(c, "+strings.Join(options, ", ")+")", val{f.unique(s.Name, false), "[]any"}, in, way)
}

// mentions says whether Go text has a name in it.
func mentions(text, name string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], name)
		if i < 0 {
			return false
		}
		from, end := at+i, at+i+len(name)
		if (from == 0 || !isWord(text[from-1])) && (end == len(text) || !isWord(text[end])) {
			return true
		}
		at = end
	}
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// constant is JSON as a Go expression.
func (f *function) constant(s *asl.State, v value.Value) string {
	switch v.Kind() {
	case value.Null:
		return "nil"
	case value.String:
		if strings.HasPrefix(v.Str(), "{%") || strings.Contains(v.Str(), "${") {
			f.refuse(s.Pointer, "state %s computes a value", s.Name)
		}
		return strconv.Quote(v.Str())
	case value.Array:
		items := make([]string, v.Len())
		for i, item := range v.Items() {
			items[i] = f.constant(s, item)
		}
		return "[]any{" + strings.Join(items, ", ") + "}"
	case value.Object:
		members := make([]string, v.Len())
		for i, m := range v.Members() {
			if strings.HasSuffix(m.Name, ".$") && s.Result.Kind() == value.Undefined {
				f.refuse(s.Pointer, "state %s computes the value %s", s.Name, strings.TrimSuffix(m.Name, ".$"))
			}
			members[i] = strconv.Quote(m.Name) + ": " + f.constant(s, m.Value)
		}
		return "map[string]any{" + strings.Join(members, ", ") + "}"
	}
	return v.String()
}
