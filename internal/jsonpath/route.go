package jsonpath

import (
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// A route is a compiled path less its origin: the steps from the document's root.
type route struct {
	steps    []step
	tail     int // from this step on all are definite
	definite bool
	absolute bool // in a filter: began with '$', so it starts at the document, not at the item
}

type kind uint8

const (
	property   kind = iota // .name
	properties             // ['a','b'], and the empty list that odd quoting makes
	index                  // [1]
	fromEnd                // [(@.length-1)]
	restart                // a '$' in the middle: the text of the path begins anew
	indices                // [1,2]
	sliceFrom              // [1:]
	sliceTo                // [:1]
	slice                  // [1:2]
	wildcard               // [*]
	filter                 // [?(…)]
	scan                   // ..
)

type step struct {
	kind    kind
	name    string   // property
	names   []string // properties
	numbers []int    // index … slice
	test    predicate
	// strict: a missing name that is not the last step is an error. Jayway asks whether "upstream" is definite, and means by it
	// this step, the one before it and all that follow.
	strict bool
}

func (k kind) definite() bool { return k <= restart }

// seal computes what depends on the whole list of steps.
func (r *route) seal() *route {
	r.tail = len(r.steps)
	for r.tail > 0 && r.steps[r.tail-1].kind.definite() {
		r.tail--
	}
	for i := range r.steps {
		r.steps[i].strict = i >= r.tail && (i == 0 || r.steps[i-1].kind.definite())
	}
	r.definite = r.tail == 0
	return r
}

// A problem is why a route cannot be followed.
type problem uint8

const (
	none problem = iota
	noResult
	missingProperty
	notObject
	isNull
	outOfBounds
	notArray  // from here on: wrong kinds, not missing values
	notLeaf   //
	primitive //
	crash     // a filter's, which made its error already
)

func (p problem) missing() bool { return p >= noResult && p <= outOfBounds }

// A failure is a problem, the step where it arose and what the step met, from which report makes the error; most failures are
// never printed.
type failure struct {
	problem problem
	at      int
	model   value.Value
	err     error // of crash
}

// find follows the definite steps of a route from step at on. It tells a failure by its problem and its step.
func (r *route) find(at int, doc value.Value) (v value.Value, failedAt int, p problem) {
	cur := doc
	for i := at; i < len(r.steps); i++ {
		s := &r.steps[i]
		if s.kind == property {
			next, ok := cur.Get(s.name)
			if !ok {
				return cur, i, r.missed(i, cur)
			}
			cur = next
			continue
		}
		next, p := r.follow(i, cur)
		if p != none {
			return cur, i, p
		}
		cur = next
	}
	return cur, 0, none
}

// follow is one definite step other than a name.
func (r *route) follow(i int, cur value.Value) (value.Value, problem) {
	s := &r.steps[i]
	switch s.kind {
	case index, fromEnd:
		if cur.Kind() != value.Array {
			return cur, notIndexable(cur)
		}
		n := s.numbers[0]
		if s.kind == fromEnd {
			n += cur.Len()
		}
		if n < 0 || n >= cur.Len() {
			return cur, outOfBounds
		}
		return cur.At(n), none
	case properties:
		if p := r.unpickable(i, cur); p != none {
			return cur, p
		}
		return pick(cur, s.names), none
	}
	return cur, none
}

// member is the name where the route is one name and no more, else "".
func (r *route) member() string {
	if len(r.steps) != 1 {
		return ""
	}
	return r.steps[0].name
}

// missed is why step i, a name, is not found in cur.
func (r *route) missed(i int, cur value.Value) problem {
	switch {
	case cur.Kind() != value.Object:
		return notObject
	case i == len(r.steps)-1:
		return noResult
	}
	return missingProperty
}

func notIndexable(cur value.Value) problem {
	if cur.Kind() == value.Null {
		return isNull
	}
	return notArray
}

func (r *route) unpickable(i int, cur value.Value) problem {
	switch {
	case cur.Kind() != value.Object:
		return notObject
	case i < len(r.steps)-1:
		return notLeaf
	}
	return none
}

// pick is an object of those members of v that names has, in the order of names.
func pick(v value.Value, names []string) value.Value {
	members := make([]value.Member, 0, len(names))
next:
	for _, name := range names {
		for i := range members {
			if members[i].Name == name {
				continue next
			}
		}
		if x, ok := v.Get(name); ok {
			members = append(members, value.Member{Name: name, Value: x})
		}
	}
	return value.OfObject(members)
}

// explain is the failure of a definite route through doc, at step at, as an error. text is the whole path as written.
func (r *route) explain(p problem, at int, doc value.Value, text string) error {
	var trail []place
	for i := range r.steps[:at] {
		trail = append(trail, r.steps[i].place(doc))
		doc, _, _ = (&route{steps: r.steps[:i+1]}).find(i, doc)
	}
	return r.report(failure{problem: p, at: at, model: doc}, trail, append(trail, r.steps[at].place(doc)), text)
}

// report words a failure: before is where the failing step began, after where it was to lead.
func (r *route) report(f failure, before, after []place, text string) error {
	switch f.problem {
	case noResult:
		return &NotFoundError{text, "No results for path: " + trailText(after)}
	case missingProperty:
		return &NotFoundError{text, "Missing property in path " + trailText(after)}
	case notObject:
		return &NotFoundError{text, "Property " + r.steps[f.at].String() + " not found in path " + trailText(before)}
	case isNull:
		return &NotFoundError{text, "The path " + trailText(before) + " is null"}
	case outOfBounds:
		return &NotFoundError{text, "Index out of bounds when evaluating path " + trailText(after)}
	case notArray:
		return &TypeError{text, "Filter: " + r.from(f.at) + " can only be applied to arrays. Current context is: " + JavaText(f.model)}
	case notLeaf:
		return &TypeError{text, "Multi properties can only be used as path leafs: " + trailText(after)}
	case primitive:
		return &TypeError{text, "Filter: " + r.from(f.at) + " can not be applied to primitives. Current context is: " + JavaText(f.model)}
	}
	return f.err
}

// A place is one step of the way that an evaluation took: a name, an index, or the text of several names.
type place struct {
	text  string
	index int
	kind  kind // property, index, properties or restart
}

// place is where a definite step leads from doc.
func (s *step) place(doc value.Value) place {
	switch s.kind {
	case property:
		return place{text: s.name, kind: property}
	case index:
		return place{index: s.numbers[0], kind: index}
	case fromEnd:
		return place{index: doc.Len() + s.numbers[0], kind: index}
	case properties:
		return place{text: s.String(), kind: properties}
	}
	return place{kind: restart}
}

func trailText(trail []place) string {
	text := "$"
	for _, p := range trail {
		switch p.kind {
		case property:
			text += "['" + p.text + "']"
		case index:
			text += "[" + strconv.Itoa(p.index) + "]"
		case properties:
			text += p.text
		case restart:
			text = "$"
		}
	}
	return text
}

// String is the route as Jayway prints it: from '$', names in brackets, filters as [?].
func (r *route) String() string { return "$" + r.from(0) }

func (r *route) from(i int) string {
	var b strings.Builder
	for ; i < len(r.steps); i++ {
		b.WriteString(r.steps[i].String())
	}
	return b.String()
}

func (s *step) String() string {
	switch s.kind {
	case property:
		return "['" + s.name + "']"
	case properties:
		if len(s.names) == 0 {
			return "[]"
		}
		return "['" + strings.Join(s.names, "', '") + "']"
	case index, indices:
		return "[" + joinInts(s.numbers, ",") + "]"
	case fromEnd:
		return "[@.size()" + strconv.Itoa(s.numbers[0]) + "]"
	case sliceFrom:
		return "[" + strconv.Itoa(s.numbers[0]) + ":]"
	case sliceTo:
		return "[:" + strconv.Itoa(s.numbers[0]) + "]"
	case slice:
		return "[" + joinInts(s.numbers[:2], ":") + "]"
	case wildcard:
		return "[*]"
	case filter:
		return "[?]"
	case scan:
		return ".."
	}
	return "$"
}

func joinInts(numbers []int, sep string) string {
	text := ""
	for i, n := range numbers {
		if i > 0 {
			text += sep
		}
		text += strconv.Itoa(n)
	}
	return text
}
