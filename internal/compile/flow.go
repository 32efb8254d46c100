package compile

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// host is an edge of the machine that leads to no state yet: what leaves a state, a choice rule, a catcher. What is computed on
// the way to the next state is assigned there, so that it costs no state of its own.
type host interface {
	next(state string)
	// assign sets a workflow variable on the edge. Where entry is true there is nothing to assign in.
	assign(name string, v value.Value)
	entry() bool
	// finish ends the machine here with an output. It reports false where the edge needs a state to end in.
	finish(output value.Value) bool
	// output sets what the next state gets as input.
	output(v value.Value)
}

// machine is a state machine that grows: the top level, a branch, a Map's processor.
type machine struct {
	*unit
	asl    *asl.Machine
	parent *machine
	top    *frame
	undone []*undo
	done   *asl.State // what flows go to that have their output
	silent bool       // its output is an empty object on every way
	err    key        // the error that the machine fails with
}

type entryHost struct{ m *machine }

func (h entryHost) next(state string)          { h.m.asl.StartAt = state }
func (h entryHost) assign(string, value.Value) {}
func (h entryHost) entry() bool                { return true }
func (h entryHost) finish(value.Value) bool    { return false }
func (h entryHost) output(value.Value)         {}

type stateHost struct{ s *asl.State }

func (h stateHost) next(state string)                 { h.s.Next = state }
func (h stateHost) assign(name string, v value.Value) { h.s.Assign = h.s.Assign.With(name, v) }
func (h stateHost) entry() bool                       { return false }
func (h stateHost) output(v value.Value)              { h.s.Output = v }
func (h stateHost) finish(output value.Value) bool {
	h.s.End = true
	if output.Defined() {
		h.s.Output = output
	}
	return true
}

type ruleHost struct {
	s *asl.State
	r *asl.Rule
}

func (h ruleHost) next(state string)                 { h.r.Next = state }
func (h ruleHost) assign(name string, v value.Value) { h.r.Assign = h.r.Assign.With(name, v) }
func (h ruleHost) entry() bool                       { return false }
func (h ruleHost) output(v value.Value)              { h.r.Output = v }
func (h ruleHost) finish(value.Value) bool           { return false }

type defaultHost struct{ s *asl.State }

func (h defaultHost) next(state string)                 { h.s.Default = state }
func (h defaultHost) assign(name string, v value.Value) { h.s.Assign = h.s.Assign.With(name, v) }
func (h defaultHost) entry() bool                       { return false }
func (h defaultHost) output(v value.Value)              { h.s.Output = v }
func (h defaultHost) finish(value.Value) bool           { return false }

// catchHost is the failure edge of a state, for the errors in names; for all that no other edge of the state has where names is nil.
type catchHost struct {
	s     *asl.State
	names []string
	not   []string // errors that other edges have
	c     *asl.Catcher
}

func (h *catchHost) catcher() *asl.Catcher {
	if h.c == nil {
		h.c = &asl.Catcher{ErrorEquals: h.names}
		if h.names == nil {
			h.c.ErrorEquals = []string{"States.ALL"}
		}
		h.s.Catch = append(h.s.Catch, h.c)
		slices.SortStableFunc(h.s.Catch, func(a, b *asl.Catcher) int { return broadness(a) - broadness(b) })
	}
	return h.c
}

func broadness(c *asl.Catcher) int {
	switch c.ErrorEquals[0] {
	case "States.ALL":
		return 2
	case "States.TaskFailed":
		return 1
	}
	return 0
}

func (h *catchHost) next(state string) { h.catcher().Next = state }
func (h *catchHost) assign(name string, v value.Value) {
	h.catcher().Assign = h.catcher().Assign.With(name, v)
}
func (h *catchHost) entry() bool             { return false }
func (h *catchHost) output(v value.Value)    { h.catcher().Output = v }
func (h *catchHost) finish(value.Value) bool { return false }

// label is several edges that meet, or the head of a loop: what is known there has been assigned on the edges. Edges may be added
// after the state that it leads to is known.
type label struct {
	hosts []host
	state string
}

func (l *label) add(h host) {
	if l.state != "" {
		h.next(l.state)
		return
	}
	l.hosts = append(l.hosts, h)
}

func (l *label) next(state string) {
	for _, h := range l.hosts {
		h.next(state)
	}
	l.hosts, l.state = nil, state
}

func (l *label) assign(string, value.Value) {}
func (l *label) entry() bool                { return true }
func (l *label) finish(value.Value) bool    { return false }
func (l *label) output(value.Value)         {}

// flow is a way that the program can have come to a place: the edge it is on, and the values of the variables.
type flow struct {
	m    *machine
	host host
	env  env
	undo *undo // the compensations registered on the way
	// defers is the calls that were deferred on the way, of this function and those around it.
	defers *deferred
}

func (fl *flow) fork(h host) *flow {
	return &flow{m: fl.m, host: h, env: fl.env.clone(), undo: fl.undo, defers: fl.defers}
}

// enter leads a flow into a state. What the state evaluates again when it is retried reads the time at which it was entered.
func (fl *flow) enter(s *asl.State) {
	fl.host.next(s.Name)
	fl.host = &label{state: s.Name}
}

// state makes a state that all flows lead to, and the flow that is in it: its variables are what the state may read.
func (f *frame) state(fs []*flow, t asl.Type, name string, at ast.Node) (*asl.State, *flow) {
	in := f.join(fs, nil)
	s := in.m.newState(t, name, f.position(at))
	f.describe(s, at)
	in.enter(s)
	return s, in
}

// describe gives a state the comment at its statement, where that says more than the name.
func (f *frame) describe(s *asl.State, at ast.Node) {
	if text := f.pkg.comment(at); text != s.Name {
		s.Comment = text
	}
}

func (m *machine) newState(t asl.Type, name string, at position) *asl.State {
	s := &asl.State{Name: m.names.state(name), Type: t}
	m.asl.States = append(m.asl.States, s)
	m.places[s] = at
	return s
}

// join makes one flow of several that go on at the same place: variables that differ are assigned on the edges. A loop's head
// passes the variables that the loop assigns.
func (f *frame) join(fs []*flow, loop vars) *flow {
	if len(fs) == 1 && loop == nil {
		f.settle(fs, f.chosen(fs, nil), nil)
		return fs[0]
	}
	keys := f.chosen(fs, loop)
	for i, fl := range fs {
		if fl.host.entry() && f.needsAssign(fl, keys) {
			fs[i] = f.passState(fl)
		}
	}
	f.settle(fs, keys, loop)
	out := &flow{m: fs[0].m, env: f.common(fs), undo: fs[0].undo, defers: fs[0].defers}
	l := &label{}
	for _, fl := range fs {
		l.add(fl.host)
		if fl.defers != out.defers {
			f.refuse(f.at, unsureDefer, deferAlways)
		}
		if fl.undo != out.undo {
			f.refuse(f.at, "whether a compensation is registered depends on the way here", "register it on every way, or move the steps that follow into the branch")
		}
	}
	out.host = l
	return out
}

// passState gives a flow without an edge to assign on a state that has one.
func (f *frame) passState(fl *flow) *flow {
	s := fl.m.newState(asl.Pass, "Start", f.position(f.at))
	fl.host.next(s.Name)
	out := *fl
	out.host = stateHost{s}
	return &out
}

// needsAssign says whether fl has to assign any of keys.
func (f *frame) needsAssign(fl *flow, keys []key) bool {
	return slices.ContainsFunc(keys, func(k key) bool { return !same(fl.env[k].e, ref{f.names.variable(k, fl.m)}) })
}

// settle assigns the variables keys on the edge of each flow.
func (f *frame) settle(fs []*flow, keys []key, loop vars) {
	for _, fl := range fs {
		if fl.host.entry() && loop == nil && len(fs) == 1 {
			return
		}
		for _, k := range keys {
			s, ok := fl.env[k]
			if !ok {
				s = zeroSym(f.frames[k.frame].subst(k.v.Type()))
			}
			name := f.names.variable(k, fl.m)
			if !same(s.e, ref{name}) {
				fl.host.assign(name, template(s.use()))
			}
			fl.env[k] = s.settled(name)
		}
		for k := range fl.env {
			if !f.isLive(k) && fl.env[k].fn == nil {
				delete(fl.env, k)
			}
		}
	}
}

// chosen is the live variables that must be assigned now, in the order of their declaration.
func (f *frame) chosen(fs []*flow, loop vars) []key {
	chosen := map[key]bool{}
	written := map[string]bool{}
	all := f.liveKeys(fs)
	for _, k := range all {
		if f.mustAssign(fs, k, loop) {
			chosen[k] = true
			written[f.names.variable(k, fs[0].m)] = true
		}
	}
	for again := true; again; { // what reads a variable's old value is assigned together with it
		again = false
		for _, k := range all {
			for _, fl := range fs {
				own := f.names.assigned(k, fl.m)
				if s := fl.env[k]; !chosen[k] && s.e != nil && !same(s.e, ref{own}) && reads(s.e, written) {
					chosen[k], again = true, true
					written[f.names.variable(k, fl.m)] = true
				}
			}
		}
	}
	return slices.DeleteFunc(all, func(k key) bool { return !chosen[k] })
}

func (f *frame) liveKeys(fs []*flow) []key {
	var all []key
	for _, fl := range fs {
		for k, s := range fl.env {
			if s.fn == nil && f.isLive(k) && !slices.Contains(all, k) {
				all = append(all, k)
			}
		}
	}
	slices.SortFunc(all, byDeclaration)
	return all
}

// mustAssign says whether k cannot, or should not, stay an expression that later states repeat.
func (f *frame) mustAssign(fs []*flow, k key, loop vars) bool {
	if loop[k.v] {
		return true
	}
	first, ok := fs[0].env[k]
	if !ok {
		return true
	}
	if len(fs) > 1 || loop != nil {
		for _, fl := range fs {
			if s, ok := fl.env[k]; !ok || onEdge(s.e) || !same(s.e, first.e) {
				return true
			}
		}
		made := f.synthetic[k.v] && !simple(first.e) // what a loop goes over is computed once
		return loop != nil && (made || f.readsItself(k, first.e, fs[0].m))
	}
	return onEdge(first.e) || !simple(first.e) && !isObject(first.e) && f.frames[k.frame].live.uses[k.v] > 1
}

// readsItself says whether the variable's new value is computed from its old one: in a loop that must be done before the head, or
// each round would do it again.
func (f *frame) readsItself(k key, e expr, m *machine) bool {
	own := f.names.assigned(k, m)
	return own != "" && !same(e, ref{own}) && reads(e, map[string]bool{own: true})
}

func isObject(e expr) bool { _, ok := e.(object); return ok }

// common is the variables of flows that agree, once what differed is assigned.
func (f *frame) common(fs []*flow) env {
	out := env{}
	for k, s := range fs[0].env {
		kept := true
		for _, fl := range fs[1:] {
			other, ok := fl.env[k]
			kept = kept && ok && s.fn.same(other.fn) && same(s.e, other.e)
			s.raw, s.maybe, s.joined = s.raw || other.raw, s.maybe || other.maybe, s.joined || other.joined
			s.lost = s.lost || other.lost
			s.failed = s.fails() && other.fails()
			s.mixed = s.mixed || other.mixed || !sameType(s.t, other.t)
			s.full, s.none, s.packed, s.some = s.full && other.full, s.none && other.none, s.packed && other.packed, s.some && other.some
		}
		if kept {
			out[k] = s
		}
	}
	return out
}

// isLive says whether a later state may read k.
func (f *frame) isLive(k key) bool {
	if f.synthetic[k.v] {
		return true
	}
	if f.only != nil {
		return f.only[k.v]
	}
	for g, inner := f, (*frame)(nil); g != nil && (inner == nil || !inner.boundary); g, inner = g.caller, g {
		if g.only != nil {
			return g.only[k.v]
		}
		if g.live == nil {
			continue
		}
		set := g.live.after[g.at]
		if g == f {
			set = g.live.before[g.at]
		}
		if !set[k.v] && !g.live.pinned[k.v] && (g == f || !g.live.handedOn(g.at)[k.v]) {
			continue
		}
		if o := g.owner(k.v); o != nil && o.id == k.frame {
			return true
		}
	}
	return false
}

// temporary makes a variable that the source does not have.
func (f *frame) temporary(name string, t types.Type) key {
	v := f.newVar(name, t)
	return key{v, f.id}
}

// newVar makes a variable without a place in the source. Its position orders it among others of its kind.
func (u *unit) newVar(name string, t types.Type) *types.Var {
	u.made++
	v := types.NewVar(token.Pos(u.made-1<<30), nil, name, t)
	u.synthetic[v] = true
	return v
}

// byDeclaration orders variables as the source declares them.
func byDeclaration(a, b key) int {
	return cmp.Or(cmp.Compare(a.frame, b.frame), cmp.Compare(a.v.Pos(), b.v.Pos()))
}
