package jsonata

import (
	"strconv"

	"github.com/stride-aws/stride/internal/value"
)

// tree is an expression made ready to compile: names and dots are joined to paths of steps, predicates stand at their steps,
// and each parent operator knows the step whose input it means. It follows the reference's second pass, on which the
// meaning of many expressions depends.
type tree struct {
	kind            kind
	syntax          *syntax // where it comes from
	pos             int
	text            string
	num             float64
	lhs, rhs, third *tree
	list            []*tree // arguments, items, expressions of a block
	pairs           [][2]*tree
	terms           []treeTerm
	steps           []*tree // of a path
	predicates      []stage // of an operand
	stages          []stage // of a step: predicates and index bindings
	group           *treeGroup
	focus, index    string // variables bound by @ and #
	ancestor        *slot  // of a step: the parent operator that means its input
	slot            *slot  // of a parent operator
	seeking         []*slot

	keepArray     bool // followed by []
	keepSingleton bool // of a path: one of its steps is
	cons          bool // of an array constructor in a path: its result is not flattened
	tuple         bool // carries bindings
	tail          bool // of a call: the last thing that a function does
}

// Kinds that only a tree has.
const (
	kindPath kind = 100 + iota
	kindSortStep
	kindBind
	kindApply
)

type treeTerm struct {
	descending bool
	expr       *tree
}

type treeGroup struct {
	pairs [][2]*tree
	pos   int
}

// stage is a predicate, or the name of a variable that takes each item's index.
type stage struct {
	filter *tree
	index  string
}

// slot is where a parent operator finds its value: a variable, named so that no expression can name it.
type slot struct {
	label string
	level int // how many steps up it still has to go
}

// shaper makes trees of syntax.
type shaper struct{ slots int }

// process makes the tree of a whole expression. It panics with a syntaxError.
func process(s *syntax) *tree {
	var p shaper
	t := p.tree(s)
	if t.kind == kindParent || t.seeking != nil {
		p.fail("S0217", t)
	}
	return t
}

func (p *shaper) fail(code string, t *tree) {
	panic(syntaxError{newError(code, details{position: t.pos, token: t.text})})
}

func (p *shaper) tree(s *syntax) *tree {
	t := p.convert(s)
	if s.keepArray {
		t.keepArray = true
	}
	return t
}

func plainTree(k kind, s *syntax) *tree {
	return &tree{kind: k, syntax: s, pos: s.pos, text: s.text, num: s.num}
}

func (p *shaper) convert(s *syntax) *tree {
	t := plainTree(s.kind, s)
	switch s.kind {
	case kindEnd:
		p.fail("S0207", t)
	case kindName, kindWord:
		return namePath(s)
	case kindParent:
		t.slot = p.newSlot()
	case kindBinary:
		return p.binary(s, t)
	case kindFilter:
		return p.filter(s)
	case kindGroup:
		return p.group(s)
	case kindSort:
		return p.sort(s)
	case kindNegate:
		return p.negate(s, t)
	case kindArray:
		p.array(s, t)
	case kindObject:
		p.object(s, t)
	case kindCall, kindPartial:
		p.arguments(s, t)
	case kindLambda:
		t.rhs = tailCalls(p.tree(s.rhs))
	case kindCondition, kindTransform:
		p.operands(s, t)
	case kindBlock:
		p.block(s, t)
	}
	return t
}

func namePath(s *syntax) *tree {
	name := plainTree(kindName, s)
	name.keepArray = s.keepArray
	return &tree{kind: kindPath, syntax: s, pos: s.pos, steps: []*tree{name}, keepSingleton: s.keepArray}
}

func (p *shaper) newSlot() *slot {
	p.slots++
	return &slot{label: "!" + strconv.Itoa(p.slots), level: 1}
}

func (p *shaper) binary(s *syntax, t *tree) *tree {
	switch s.text {
	case ".":
		return p.dot(s)
	case ":=":
		t.kind, t.text = kindBind, s.lhs.text
		t.rhs = p.tree(s.rhs)
		adopt(t, t.rhs)
	case "@":
		return p.focus(s)
	case "#":
		return p.index(s)
	case "~>":
		t.kind = kindApply
		t.lhs, t.rhs = p.tree(s.lhs), p.tree(s.rhs)
		t.keepArray = t.lhs.keepArray || t.rhs.keepArray
	default:
		t.lhs, t.rhs = p.tree(s.lhs), p.tree(s.rhs)
		adopt(t, t.lhs)
		adopt(t, t.rhs)
	}
	return t
}

func (p *shaper) dot(s *syntax) *tree {
	left := p.tree(s.lhs)
	path := left
	if left.kind != kindPath {
		path = &tree{kind: kindPath, syntax: s, pos: s.pos, steps: []*tree{left}}
	}
	if left.kind == kindParent {
		path.seeking = []*slot{left.slot}
	}
	right := p.tree(s.rhs)
	if right.kind == kindPath {
		path.steps = append(path.steps, right.steps...)
	} else {
		right.stagePredicates()
		path.steps = append(path.steps, right)
	}
	p.markSteps(path)
	p.resolveAncestry(path)
	return path
}

// stagePredicates makes the predicates of an operand those of a step.
func (t *tree) stagePredicates() {
	if t.predicates != nil {
		t.stages, t.predicates = t.predicates, nil
	}
}

func (p *shaper) markSteps(path *tree) {
	for _, step := range path.steps {
		switch step.kind {
		case kindNumber, kindConstant:
			panic(syntaxError{newError("S0213", details{position: step.pos, value: step.literal()})})
		case kindString:
			step.kind = kindName
		}
		path.keepSingleton = path.keepSingleton || step.keepArray
	}
	for _, end := range [...]*tree{path.steps[0], path.steps[len(path.steps)-1]} {
		if end.kind == kindArray {
			end.cons = true
		}
	}
}

// lastStep is the step that an operator behind t belongs to.
func (t *tree) lastStep() *tree {
	if t.kind == kindPath {
		return t.steps[len(t.steps)-1]
	}
	return t
}

func (p *shaper) filter(s *syntax) *tree {
	t := p.tree(s.lhs)
	step := t.lastStep()
	if step.group != nil {
		panic(syntaxError{newError("S0209", details{position: s.pos})})
	}
	predicate := p.tree(s.rhs)
	if predicate.seeking != nil {
		for _, slot := range predicate.seeking {
			if slot.level == 1 {
				p.seekParent(step, slot)
			} else {
				slot.level--
			}
		}
		adopt(step, predicate)
	}
	if t.kind == kindPath {
		step.stages = append(step.stages, stage{filter: predicate})
	} else {
		step.predicates = append(step.predicates, stage{filter: predicate})
	}
	return t
}

func (p *shaper) group(s *syntax) *tree {
	t := p.tree(s.lhs)
	if t.group != nil {
		panic(syntaxError{newError("S0210", details{position: s.pos})})
	}
	t.group = &treeGroup{pos: s.pos}
	for _, pair := range s.pairs {
		t.group.pairs = append(t.group.pairs, [2]*tree{p.tree(pair.key), p.tree(pair.value)})
	}
	return t
}

func (p *shaper) sort(s *syntax) *tree {
	t := p.tree(s.lhs)
	if t.kind != kindPath {
		t = &tree{kind: kindPath, syntax: s, pos: s.pos, steps: []*tree{t}}
	}
	step := plainTree(kindSortStep, s)
	for _, term := range s.terms {
		expr := p.tree(term.expr)
		adopt(step, expr)
		step.terms = append(step.terms, treeTerm{term.descending, expr})
	}
	t.steps = append(t.steps, step)
	p.resolveAncestry(t)
	return t
}

func (p *shaper) focus(s *syntax) *tree {
	t := p.tree(s.lhs)
	step := t.lastStep()
	switch {
	case step.stages != nil || step.predicates != nil:
		panic(syntaxError{newError("S0215", details{position: s.pos})})
	case step.kind == kindSortStep:
		panic(syntaxError{newError("S0216", details{position: s.pos})})
	}
	step.keepArray = step.keepArray || s.keepArray
	step.focus, step.tuple = s.rhs.text, true
	return t
}

func (p *shaper) index(s *syntax) *tree {
	t := p.tree(s.lhs)
	step := t.lastStep()
	if t.kind != kindPath {
		t = &tree{kind: kindPath, syntax: s, pos: s.pos, steps: []*tree{step}}
		step.stagePredicates()
	}
	if step.stages == nil {
		step.index = s.rhs.text
	} else {
		step.stages = append(step.stages, stage{index: s.rhs.text})
	}
	step.tuple = true
	return t
}

func (p *shaper) negate(s *syntax, t *tree) *tree {
	t.lhs = p.tree(s.lhs)
	if t.lhs.kind == kindNumber {
		t.lhs.num = -t.lhs.num
		return t.lhs
	}
	adopt(t, t.lhs)
	return t
}

func (p *shaper) array(s *syntax, t *tree) {
	for _, item := range s.list {
		item := p.tree(item)
		adopt(t, item)
		t.list = append(t.list, item)
	}
}

func (p *shaper) object(s *syntax, t *tree) {
	for _, pair := range s.pairs {
		key := p.tree(pair.key)
		adopt(t, key)
		value := p.tree(pair.value)
		adopt(t, value)
		t.pairs = append(t.pairs, [2]*tree{key, value})
	}
}

func (p *shaper) arguments(s *syntax, t *tree) {
	p.array(s, t)
	t.lhs = p.tree(s.lhs)
}

// operands are those of a condition, and of a transform, in which a parent operator is looked for in vain.
func (p *shaper) operands(s *syntax, t *tree) {
	for _, operand := range [...]struct {
		from *syntax
		to   **tree
	}{{s.lhs, &t.lhs}, {s.rhs, &t.rhs}, {s.third, &t.third}} {
		if operand.from == nil {
			continue
		}
		*operand.to = p.tree(operand.from)
		if s.kind == kindCondition {
			adopt(t, *operand.to)
		}
	}
}

func (p *shaper) block(s *syntax, t *tree) {
	p.array(s, t)
	for _, part := range t.list {
		if part.cons || part.kind == kindPath && part.steps[0].cons {
			t.cons = true
		}
	}
}

// tailCalls marks the calls whose result is the result of the function with the body t.
func tailCalls(t *tree) *tree {
	switch t.kind {
	case kindCall:
		t.tail = t.predicates == nil
	case kindCondition:
		tailCalls(t.rhs)
		if t.third != nil {
			tailCalls(t.third)
		}
	case kindBlock:
		if n := len(t.list); n > 0 {
			tailCalls(t.list[n-1])
		}
	}
	return t
}

// endsInTail reports whether t may end in a call that tailCalls marked.
func (t *tree) endsInTail() bool {
	switch t.kind {
	case kindCall:
		return t.tail
	case kindCondition:
		return t.rhs.endsInTail() || t.third != nil && t.third.endsInTail()
	case kindBlock:
		return len(t.list) > 0 && t.list[len(t.list)-1].endsInTail()
	}
	return false
}

// literal is the value of a number, string, true, false or null.
func (t *tree) literal() value.Value {
	switch t.kind {
	case kindNumber:
		return value.OfFloat(t.num)
	case kindString:
		return value.OfString(t.text)
	}
	switch t.text {
	case "true":
		return value.True
	case "false":
		return value.False
	}
	return value.NullValue
}
