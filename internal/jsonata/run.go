package jsonata

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/value"
)

// Defaults of Limits.
const (
	defaultTime  = 700 * time.Millisecond
	defaultDepth = 60_000
	defaultSize  = 40 << 20
)

// run is the state of one evaluation.
type run struct {
	program    *program
	in         Input
	globals    []value.Value // free variables, looked up once
	args       []value.Value // stack of the arguments of calls under way
	frames     []*frame      // to be used again
	collectors []*collector
	lists      [][]value.Value
	top        frame
	tail       struct { // the call that a function's result asks for
		fn   *function
		base int // of its arguments in args
	}
	depth    int // nested evaluations around the running function's body
	maxDepth int
	stack    int // how much of Go's stack the calls under way take, in frames, roughly
	steps    int // until the clock is looked at
	taken    int // steps before that
	deadline time.Time
	size     int           // bytes left
	joined   []value.Value // the items of the last array that join made
}

// frame holds the variables of a block or a call.
type frame struct {
	parent *frame
	slots  []value.Value
}

var runs = sync.Pool{New: func() any { return new(run) }}

// maxStack keeps Go's stack under 32 MiB: a frame takes 200 bytes or so.
const (
	maxStack   = 80_000
	callFrames = 4
)

const (
	stepsPerLook = 1 << 12
	fairSteps    = 1 << 20 // that an evaluation may take by default however long a busy machine lets it wait
)

func (p *program) start(in Input) *run {
	r := runs.Get().(*run)
	r.program, r.in = p, in
	r.globals = grown(r.globals, len(p.globals))
	r.top.slots = grown(r.top.slots, p.frame.size)
	r.maxDepth, r.size = defaultDepth, defaultSize
	if in.Limits.Depth > 0 {
		r.maxDepth = in.Limits.Depth
	}
	if in.Limits.Size > 0 {
		r.size = in.Limits.Size
	}
	r.steps, r.taken, r.deadline = stepsPerLook, 0, time.Time{}
	return r
}

// startClock sets the deadline, if it is not set.
func (r *run) startClock() {
	if !r.deadline.IsZero() {
		return
	}
	limit := r.in.Limits.Time
	if limit <= 0 {
		limit = defaultTime
	}
	r.deadline = time.Now().Add(limit)
}

// grown is a zeroed slice of n values, the old one where it is large enough.
func grown(old []value.Value, n int) []value.Value {
	if cap(old) < n {
		return make([]value.Value, n)
	}
	old = old[:n]
	clear(old)
	return old
}

// What a run keeps for the next one, at most.
const (
	maxKeptList   = 1 << 13 // items
	maxKeptLists  = 16
	maxKeptArgs   = 64
	maxKeptFrames = 64
)

// end gives r back. It must not be called where a function that outlives the evaluation may hold its frames.
func (r *run) end() {
	clear(r.globals)
	clear(r.top.slots)
	if clear(r.args[:cap(r.args)]); cap(r.args) > maxKeptArgs {
		r.args = nil
	}
	r.lists = r.lists[:min(len(r.lists), maxKeptLists)]
	r.frames = r.frames[:min(len(r.frames), maxKeptFrames)]
	for _, c := range r.collectors {
		*c = collector{}
	}
	for _, f := range r.frames {
		f.parent = nil
		clear(f.slots)
	}
	r.program, r.in, r.args, r.depth, r.stack = nil, Input{}, r.args[:0], 0, 0
	r.tail.fn, r.joined = nil, nil
	runs.Put(r)
}

func limitError(text string) error { return newError(codeLimit, details{text: text}) }

// step counts n steps, and looks at the clock now and then; the first look starts it.
func (r *run) step(n int) error {
	if r.steps -= n; r.steps > 0 {
		return nil
	}
	return r.look()
}

func (r *run) look() error {
	r.taken += stepsPerLook - r.steps
	r.steps = stepsPerLook
	r.startClock()
	if time.Now().After(r.deadline) && (r.in.Limits.Time > 0 || r.taken > fairSteps) {
		return limitError("Expression evaluation timeout: Check for infinite loop")
	}
	return nil
}

// take counts bytes that the evaluation allocates.
func (r *run) take(bytes int) error {
	if r.size -= bytes; r.size < 0 {
		return limitError("Expression evaluation needs too much memory")
	}
	return nil
}

// maxNesting is how deep arrays and objects may nest where an expression looks into them, and in its result.
const maxNesting = 2 * value.MaxDepth

var errNesting = limitError("Arrays and objects nest too deep")

// walk counts n values looked at or listed for a while.
func (r *run) walk(n int) error {
	if err := r.take(n * itemSize / 4); err != nil {
		return err
	}
	return r.step(n)
}

const (
	arraySize  = 48
	itemSize   = 24
	memberSize = 40
	frameSize  = 48
)

// ordered are the members of v as JavaScript lists them.
func (r *run) ordered(v value.Value) []value.Member {
	members := v.Members()
	for i := range members {
		if isIndex(members[i].Name) {
			r.size -= len(members) * memberSize // the next take notices
			return indicesFirst(members)
		}
	}
	return members
}

// list lends an empty slice; giveBack ends the loan.
func (r *run) list() []value.Value {
	if n := len(r.lists); n > 0 {
		l := r.lists[n-1]
		r.lists = r.lists[:n-1]
		return l
	}
	return make([]value.Value, 0, 16)
}

func (r *run) giveBack(l []value.Value) {
	if cap(l) <= maxKeptList {
		clear(l)
		r.lists = append(r.lists, l[:0])
	}
}

// collector lends a collector.
func (r *run) collector(last bool) *collector {
	n := len(r.collectors)
	if n == 0 {
		return &collector{items: r.list(), last: last}
	}
	c := r.collectors[n-1]
	r.collectors = r.collectors[:n-1]
	*c = collector{items: r.list(), last: last}
	return c
}

// array makes a tagged array of a copy of items.
func (r *run) array(items []value.Value, tag uint8) (value.Value, error) {
	if err := r.take(arraySize + len(items)*itemSize); err != nil {
		return value.Value{}, err
	}
	return arrayOf(append(make([]value.Value, 0, len(items)), items...), tag), nil
}

// sequence makes a sequence of a copy of items; keep makes one item stay an array.
func (r *run) sequence(items []value.Value, keep bool) (value.Value, error) {
	if len(items) == 0 {
		return value.Value{}, nil
	}
	if !keep {
		if len(items) == 1 {
			return clean(items[0]), nil
		}
		return r.array(items, tagSequence)
	}
	return r.array(items, tagSequence|tagKeep)
}

// frame makes a frame, and drop gives it back where no function can have caught it.
func (r *run) frame(info *frameInfo, parent *frame) (*frame, error) {
	n := len(r.frames)
	if info.escapes || n == 0 {
		return &frame{parent, make([]value.Value, info.size)}, r.take(frameSize + info.size*itemSize)
	}
	f := r.frames[n-1]
	r.frames = r.frames[:n-1]
	f.parent, f.slots = parent, grown(f.slots, info.size)
	return f, nil
}

func (r *run) drop(info *frameInfo, f *frame) {
	if !info.escapes {
		r.frames = append(r.frames, f)
	}
}

// global is the value of a free variable: what Lookup has, else the built-in function.
func (r *run) global(i int) value.Value {
	if v := r.globals[i]; v != (value.Value{}) {
		return clean(v)
	}
	g := &r.program.globals[i]
	v := g.builtin
	if r.in.Lookup != nil {
		if found, ok := r.in.Lookup(g.name); ok {
			v = found
		}
	}
	r.globals[i] = bound(v)
	return v
}

func (r *run) random() float64 {
	if r.in.Random != nil {
		return r.in.Random()
	}
	return rand.Float64()
}

func (r *run) now() time.Time {
	if r.in.Now.IsZero() {
		r.in.Now = time.Now()
	}
	return r.in.Now
}
