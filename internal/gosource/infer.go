package gosource

import (
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// about is what is known of a state before it is written.
type about struct {
	in, out  *shape           // of the whole document
	input    *term            // what the state works on, by InputPath; nil: the document
	argument *term            // what it makes of that, by Parameters, Arguments or ItemSelector
	items    *term            // of a Map
	result   *shape           // of what it calls
	selected *term            // by ResultSelector
	put      []step           // of ResultPath; nil: the result is the document
	dropped  bool             // ResultPath null
	output   *term            // by OutputPath; its place is in the document after the result
	extra    map[string]*term // computed fields by their names: Error, Cause, Seconds
	caught   []*shape         // what each Catch hands on
	errors   []*shape         // where each Catch puts its error
}

// infer finds out the shapes of a machine's values; takes and gives are those of the machine's input and output.
func (w *writer) infer(m *asl.Machine, takes *shape, origin *shape) (gives []*shape) {
	for _, s := range m.States {
		w.about[s] = &about{in: &shape{}, extra: map[string]*term{}}
	}
	if first := m.State(m.StartAt); first != nil {
		join(takes, w.about[first].in)
	}
	w.origins[m] = takes
	for _, s := range m.States {
		gives = append(gives, w.inferState(m, s, origin)...)
	}
	return gives
}

func (w *writer) inferState(m *asl.Machine, s *asl.State, origin *shape) (gives []*shape) {
	a := w.about[s]
	c := &scope{w: w, s: s, in: a.in, origin: origin}
	w.unsupported(s)
	if w.def.Language(s) == asl.JSONata {
		w.jsonata(c, s, a)
	} else {
		w.paths(c, s, a)
	}
	switch s.Type {
	case asl.Choice:
		if a.input != nil {
			c.in = a.input.shape
		}
		for _, r := range s.Choices {
			w.rule(c, r)
			w.leads(m, s, r.Next, a.out)
		}
		if s.Default != "" {
			w.leads(m, s, s.Default, a.out)
		}
		return nil
	case asl.Fail:
		return nil
	case asl.Task:
		w.resource(s)
	}
	for i, catch := range s.Catch {
		w.leads(m, s, catch.Next, a.caught[i])
	}
	if s.End || s.Type == asl.Succeed {
		return []*shape{a.out}
	}
	w.leads(m, s, s.Next, a.out)
	return nil
}

// leads joins what a state hands on with what the next one takes.
func (w *writer) leads(m *asl.Machine, from *asl.State, next string, s *shape) {
	to := m.State(next)
	if to == nil {
		w.refuse(from, "Next", "%q is not a state", next)
		return
	}
	join(w.about[to].in, s)
}

// unsupported refuses fields that have no form in Go here.
func (w *writer) unsupported(s *asl.State) {
	for _, f := range []struct {
		name string
		v    value.Value
	}{
		{"Assign", s.Assign}, {"Credentials", s.Credentials}, {"ItemReader", s.ItemReader}, {"ItemBatcher", s.ItemBatcher},
		{"ResultWriter", s.ResultWriter}, {"MaxConcurrencyPath", s.MaxConcurrencyPath}, {"HeartbeatSecondsPath", s.HeartbeatSecondsPath},
		{"ToleratedFailureCount", s.ToleratedFailureCount}, {"ToleratedFailurePercentage", s.ToleratedFailurePercentage},
		{"ToleratedFailureCountPath", s.ToleratedFailureCountPath}, {"ToleratedFailurePercentagePath", s.ToleratedFailurePercentagePath},
	} {
		if f.v.Defined() {
			w.refuse(s, f.name, "it has no form in Go yet")
		}
	}
	for _, f := range []struct {
		name string
		v    value.Value
	}{{"TimeoutSeconds", s.TimeoutSeconds}, {"HeartbeatSeconds", s.HeartbeatSeconds}, {"MaxConcurrency", s.MaxConcurrency}} {
		if f.v.Defined() && f.v.Kind() != value.Number {
			w.refuse(s, f.name, "it is computed")
		}
	}
	if !slices.Contains([]asl.Type{asl.Task, asl.Pass, asl.Choice, asl.Wait, asl.Succeed, asl.Fail, asl.Parallel, asl.Map}, s.Type) {
		w.refuse(s, "Type", "%s is none", s.Type)
	}
}

// paths reads the input and output processing of JSONPath.
func (w *writer) paths(c *scope, s *asl.State, a *about) {
	effective := a.in
	if v := s.InputPath; v.Kind() == value.String && v.Str() != "$" {
		c.field = "InputPath"
		a.input = c.path(v.Str())
		effective = a.input.shape
	} else if v.Kind() == value.Null {
		a.input = &term{op: object, shape: (&shape{}).is(record, false)}
		effective = a.input.shape
	}
	inner := *c
	inner.in = effective
	if s.Type == asl.Map {
		w.paramsOfMap(&inner, s, a)
	} else if s.Parameters.Defined() {
		inner.field = "Parameters"
		a.argument = inner.template(s.Parameters, true)
	}
	for _, f := range []struct {
		name string
		v    value.Value
		kind kind
	}{
		{"SecondsPath", s.SecondsPath, number}, {"TimestampPath", s.TimestampPath, moment}, {"ErrorPath", s.ErrorPath, text}, {"CausePath", s.CausePath, text},
		{"TimeoutSecondsPath", s.TimeoutSecondsPath, number},
	} {
		if f.v.Defined() {
			inner.field = f.name
			t := inner.expression(f.v.Str())
			t.shape.is(f.kind, true).whole = f.kind == number
			a.extra[strings.TrimSuffix(f.name, "Path")] = t
		}
	}
	a.result = w.resultOf(&inner, s, a)
	given := a.result
	if s.ResultSelector.Defined() {
		inner.field, inner.result = "ResultSelector", a.result
		a.selected = inner.template(s.ResultSelector, true)
		given = a.selected.shape
	}
	w.outPaths(c, s, a, given)
	for _, catch := range s.Catch {
		a.caught = append(a.caught, w.caughtAt(c, catch, a))
	}
}

// resultOf is the shape of what a state's work gives.
func (w *writer) resultOf(c *scope, s *asl.State, a *about) *shape {
	given := c.in
	if a.argument != nil {
		given = a.argument.shape
	}
	switch s.Type {
	case asl.Task:
		w.src.results[s.Name] = &shape{hint: s.Name + " result"}
		return w.src.results[s.Name]
	case asl.Pass:
		if s.Result.Defined() && w.def.Language(s) != asl.JSONata {
			c.field = "Result"
			a.argument = c.template(s.Result, false)
			return a.argument.shape
		}
	case asl.Parallel:
		return w.parallelShape(s, given, c.origin)
	case asl.Map:
		return w.mapShape(c, s, a)
	}
	return given
}

func (w *writer) parallelShape(s *asl.State, given, origin *shape) *shape {
	if len(s.Retry) > 0 {
		w.refuse(s, "Retry", "a Parallel of Go has none")
	}
	out := &shape{hint: s.Name + " result"}
	for _, b := range s.Branches {
		takes := &shape{}
		join(given, takes)
		for _, g := range w.infer(b, takes, origin) {
			join(out.item(false), g)
		}
	}
	out.item(false).root().hint = s.Name + " result"
	return out
}

func (w *writer) paramsOfMap(c *scope, s *asl.State, a *about) {
	c.field = "ItemsPath"
	list := &term{op: place, from: "in", shape: c.in}
	if v := s.ItemsPath; v.Defined() {
		list = c.path(v.Str())
	}
	a.items = list
	list.shape.item(true)
	selector := s.ItemSelector
	c.field = "ItemSelector"
	if s.Parameters.Defined() {
		selector, c.field = s.Parameters, "Parameters"
	}
	if selector.Defined() {
		c.item = list.shape.item(true)
		a.argument = c.template(selector, true)
		c.item = nil
	}
}

func (w *writer) mapShape(c *scope, s *asl.State, a *about) *shape {
	out := &shape{hint: s.Name + " results"}
	if s.Processor == nil {
		w.refuse(s, "ItemProcessor", "there is none")
		return out
	}
	takes := &shape{}
	if a.argument != nil {
		if s.Distributed() {
			w.refuse(s, c.field, "the items of a distributed Map of Go are those of the list")
		}
		join(a.argument.shape, takes)
	} else {
		join(a.items.shape.item(true), takes)
	}
	origin := c.origin
	if s.Distributed() {
		origin = nil
	}
	for _, g := range w.infer(s.Processor, takes, origin) {
		join(out.item(false), g)
	}
	out.item(false)
	return out
}

// outPaths reads ResultPath and OutputPath.
func (w *writer) outPaths(c *scope, s *asl.State, a *about, given *shape) {
	a.out = given
	v := s.ResultPath
	if s.Type == asl.Wait || s.Type == asl.Succeed || s.Type == asl.Choice || s.Type == asl.Fail {
		v = value.Value{}
	}
	switch {
	case v.Kind() == value.Null:
		a.dropped, a.out = true, a.in
	case v.Kind() == value.String && v.Str() != "$":
		a.put = w.putPath(s, "ResultPath", v.Str())
		w.put(s, a.in, a.put, given)
		a.out = a.in
	}
	switch v := s.OutputPath; {
	case v.Kind() == value.Null:
		a.output = &term{op: object, shape: (&shape{}).is(record, false)}
		a.out = a.output.shape
	case v.Kind() == value.String && v.Str() != "$":
		after := *c
		after.in, after.field = a.out, "OutputPath"
		a.output = after.path(v.Str())
		a.out = a.output.shape
	}
}

// putPath is a reference path that a result is put at.
func (w *writer) putPath(s *asl.State, field, path string) []step {
	steps, ok := parsePath(strings.TrimPrefix(path, "$"))
	if !ok || slices.ContainsFunc(steps, func(p step) bool { return p.index >= 0 }) {
		w.refuse(s, field, "the path %s", path)
		return nil
	}
	return steps
}

// put joins a value with the field that it is put into.
func (w *writer) put(s *asl.State, doc *shape, path []step, v *shape) {
	for _, p := range path {
		doc = doc.field(p.name, true).shape
	}
	if v.within(doc, map[*shape]bool{}) && v.root() != doc.root() || doc.within(v, map[*shape]bool{}) && v.root() != doc.root() {
		w.refuse(s, "ResultPath", "the result would hold itself")
		return
	}
	join(doc, v)
}

func (w *writer) caughtAt(c *scope, catch *asl.Catcher, a *about) *shape {
	if catch.Assign.Defined() || catch.Output.Defined() {
		w.refuse(c.s, "Catch", "it makes values of the error")
	}
	failure := caughtShape()
	switch v := catch.ResultPath; {
	case v.Kind() == value.Null:
		return a.in
	case v.Kind() == value.String && v.Str() != "$":
		w.put(c.s, a.in, w.putPath(c.s, "Catch", v.Str()), failure)
		a.errors = append(a.errors, failure)
		return a.in
	}
	a.errors = append(a.errors, failure)
	return failure
}

// jsonata reads states of the other query language, of which Go here knows plain places alone.
func (w *writer) jsonata(c *scope, s *asl.State, a *about) {
	if s.Type == asl.Choice && len(s.Choices) > 0 {
		w.refuse(s, "Choices", "its conditions are JSONata")
	}
	for _, f := range []struct {
		name string
		v    value.Value
	}{{"Items", s.Items}, {"ItemSelector", s.ItemSelector}} {
		if f.v.Defined() {
			w.refuse(s, f.name, "it is JSONata")
		}
	}
	for name, v := range map[string]value.Value{"Seconds": s.Seconds, "Timestamp": s.Timestamp, "Error": s.Error, "Cause": s.Cause} {
		if strings.HasPrefix(v.Str(), "{%") {
			w.refuse(s, name, "it is JSONata")
		}
	}
	if s.Arguments.Defined() {
		c.field = "Arguments"
		a.argument = c.jsonataValue(s.Arguments)
	}
	if s.Type == asl.Map {
		w.paramsOfMap(c, s, a)
	}
	work := w.resultOf(c, s, a)
	if s.Type == asl.Pass || s.Type == asl.Wait || s.Type == asl.Succeed || s.Type == asl.Choice {
		work = a.in
	}
	a.result, a.out = work, work
	if s.Output.Defined() {
		c.field, c.result = "Output", a.result
		a.selected = c.jsonataValue(s.Output)
		a.out = a.selected.shape
	}
	for _, catch := range s.Catch {
		a.caught = append(a.caught, w.caughtAt(c, catch, a))
	}
}

// jsonataValue is JSON in which strings may be places: {% $states.input.id %}.
func (c *scope) jsonataValue(v value.Value) *term {
	if expr, ok := strings.CutPrefix(v.Str(), "{%"); ok {
		expr = strings.TrimSpace(strings.TrimSuffix(expr, "%}"))
		for from, s := range map[string]*shape{"$states.input": c.in, "$states.result": c.result} {
			rest, ok := strings.CutPrefix(expr, from)
			if !ok || s == nil {
				continue
			}
			if steps, ok := parsePath(rest); ok {
				return &term{op: place, from: strings.TrimPrefix(from, "$states."), path: steps, shape: at(s, steps)}
			}
		}
		return c.refuse("an expression of JSONata that is no path of the input or the result")
	}
	if v.Kind() != value.Object {
		if v.Kind() == value.Array {
			for _, item := range v.Items() {
				if item.Kind() == value.Object || strings.HasPrefix(item.Str(), "{%") {
					return c.refuse("an expression of JSONata that is no path of the input or the result")
				}
			}
		}
		return c.template(v, false)
	}
	t := &term{op: object, shape: &shape{}}
	t.shape.is(record, false)
	for _, m := range v.Members() {
		a := c.jsonataValue(m.Value)
		join(t.shape.field(m.Name, false).shape, a.shape)
		t.names, t.args = append(t.names, m.Name), append(t.args, a)
	}
	c.w.literals = append(c.w.literals, t)
	return t
}

// resource refuses what no Task of Go can call.
func (w *writer) resource(s *asl.State) {
	if !strings.HasPrefix(s.Resource, "arn:") && !strings.HasPrefix(s.Resource, "${") {
		w.refuse(s, "Resource", "%s is no ARN", s.Resource)
	}
	if strings.Contains(s.Resource, ":swf:") {
		w.refuse(s, "Resource", "%s is of SWF", s.Resource)
	}
}
