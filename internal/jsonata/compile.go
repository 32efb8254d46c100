package jsonata

import (
	"slices"

	"github.com/stride-aws/stride/internal/value"
)

// program is a compiled expression: a node to evaluate, and the free variables and the frame that it needs.
type program struct {
	root    node
	globals []global
	frame   *frameInfo
}

// global is a variable that the expression does not bind, or may not have bound yet where it is read.
type global struct {
	name    string
	free    bool        // nothing in the expression binds it
	builtin value.Value // the function of that name, or Undefined
}

// frameInfo describes the frames of a block or a function.
type frameInfo struct {
	size    int
	escapes bool // functions may hold a frame after the block or the call has ended
}

// scope is where names are looked for: those that a block or a function binds. Several scopes may share a frame.
type scope struct {
	parent *scope
	frame  *frameInfo
	names  map[string]int // slots in the frame
}

func newScope(parent *scope, frame *frameInfo, names []string) *scope {
	s := &scope{parent, frame, make(map[string]int, len(names))}
	for _, name := range names {
		if _, ok := s.names[name]; !ok {
			s.names[name] = frame.size
			frame.size++
		}
	}
	return s
}

type compiler struct {
	program *program
	scope   *scope
	depth   int // of the node being compiled, in the function's body
}

func compile(s *syntax) *program {
	t := process(s)
	p := &program{frame: &frameInfo{}}
	c := &compiler{program: p, scope: newScope(nil, p.frame, bindings(t))}
	p.root = c.node(t)
	return p
}

// variables are the free variables that are no functions of ours.
func (p *program) variables() []string {
	var names []string
	for _, g := range p.globals {
		if g.free && !g.builtin.Defined() {
			names = append(names, g.name)
		}
	}
	return names
}

// bindings are the names that := binds in the frame in which t is evaluated.
func bindings(t *tree) []string {
	var names []string
	var visit func(*tree)
	visit = func(t *tree) {
		if t.kind == kindBind {
			names = append(names, t.text)
		}
		if t.kind != kindBlock && t.kind != kindLambda {
			t.each(visit)
		}
	}
	visit(t)
	return names
}

// bindingsIn are the names that := binds in the frame of a block or a function, which begins below t.
func bindingsIn(t *tree) []string {
	var names []string
	t.each(func(child *tree) { names = append(names, bindings(child)...) })
	return names
}

// each calls f with each tree below t.
func (t *tree) each(f func(*tree)) {
	for _, child := range [...]*tree{t.lhs, t.rhs, t.third} {
		if child != nil {
			f(child)
		}
	}
	for _, list := range [...][]*tree{t.list, t.steps} {
		for _, child := range list {
			f(child)
		}
	}
	eachPair(t.pairs, f)
	if t.group != nil {
		eachPair(t.group.pairs, f)
	}
	for _, term := range t.terms {
		f(term.expr)
	}
	for _, list := range [...][]stage{t.predicates, t.stages} {
		for _, s := range list {
			if s.filter != nil {
				f(s.filter)
			}
		}
	}
}

func eachPair(pairs [][2]*tree, f func(*tree)) {
	for _, pair := range pairs {
		f(pair[0])
		f(pair[1])
	}
}

// catches reports whether a function made in t may hold the frame in which t is evaluated.
func catches(t *tree) bool {
	if t.kind == kindLambda || t.kind == kindTransform {
		return true
	}
	found := false
	t.each(func(child *tree) { found = found || catches(child) })
	return found
}

// hold marks the frames that a function made here holds.
func (c *compiler) hold() {
	for s := c.scope; s != nil; s = s.parent {
		s.frame.escapes = true
	}
}

// in compiles with f in the scope s.
func (c *compiler) in(s *scope, depth int, f func()) {
	old := *c
	c.scope, c.depth = s, depth
	f()
	*c = old
}

// node compiles t, with its predicates and its group.
func (c *compiler) node(t *tree) node {
	c.depth++
	defer func() { c.depth-- }()
	if t.kind == kindPath {
		return c.path(t)
	}
	raw := t.predicates != nil || t.group != nil || t.keepArray
	n := c.operand(t, raw)
	over := c.over(t)
	switch {
	case t.predicates != nil:
		filter := &filteredNode{node: n, over: over, keep: t.keepArray, raw: t.group != nil}
		c.within(over, func() { filter.predicates = c.predicates(t.predicates) })
		n = filter
	case t.keepArray && t.group == nil && !t.tail:
		n = &keepNode{n}
	}
	if t.group != nil && !t.tail {
		grouped := &groupedNode{node: n, over: over}
		c.within(over, func() { grouped.group = c.group(t.group) })
		n = grouped
	}
	return n
}

// over is the scope of what follows a block whose last path binds variables: they are visible there, too. It is nil for others.
func (c *compiler) over(t *tree) *tuplePath {
	if t.kind != kindBlock || t.predicates == nil && t.group == nil {
		return nil
	}
	names := tupleNames(t)
	if names == nil {
		return nil
	}
	p := &tuplePath{info: &frameInfo{}}
	p.scope = newScope(c.scope, p.info, names)
	return p
}

func (c *compiler) within(over *tuplePath, f func()) {
	if over == nil {
		f()
		return
	}
	c.in(over.scope, c.depth, f)
}

func (c *compiler) nodes(list []*tree) []node {
	nodes := make([]node, len(list))
	for i, t := range list {
		nodes[i] = c.node(t)
	}
	return nodes
}

// operand compiles t without what follows it. Where raw is set, a sequence is left unfinished.
func (c *compiler) operand(t *tree, raw bool) node {
	switch t.kind {
	case kindString, kindNumber, kindConstant:
		return literalNode{t.literal()}
	case kindName:
		return nameNode{t.text}
	case kindVariable:
		return c.variable(t.text)
	case kindParent:
		return c.variable(t.slot.label)
	case kindRegex:
		return c.regex(t)
	case kindWildcard:
		return &wildcardNode{raw}
	case kindDescendants:
		return &descendantsNode{raw}
	case kindBinary:
		return c.binary(t)
	case kindNegate:
		return &negateNode{c.node(t.lhs), t.pos}
	case kindArray:
		return c.array(t)
	case kindObject:
		return &objectNode{c.group(&treeGroup{t.pairs, t.pos})}
	case kindBlock:
		return c.block(t)
	case kindCondition:
		return c.condition(t)
	case kindBind:
		return &bindNode{c.node(t.rhs), c.scope.slot(t.text)}
	}
	return c.function(t, raw)
}

// slot is that of a name in the innermost frame, where := binds.
func (s *scope) slot(name string) int { return s.names[name] }

// function compiles what makes or calls functions.
func (c *compiler) function(t *tree, raw bool) node {
	switch t.kind {
	case kindCall:
		return c.call(t, raw)
	case kindPartial:
		return c.partial(t)
	case kindLambda:
		return c.lambda(t)
	case kindApply:
		return c.apply(t, raw)
	case kindTransform:
		return c.transform(t)
	}
	panic(syntaxError{newError("S0206", details{position: t.pos, token: t.text})})
}

// variable compiles the reading of a variable.
func (c *compiler) variable(name string) node {
	n := c.reference(name)
	if g, ok := n.(globalNode); ok {
		c.program.globals[g.index].free = true
	}
	return n
}

// reference finds a variable: in the slots that may be bound when it is evaluated, from the inside out, then to the world.
func (c *compiler) reference(name string) node {
	if name == "" {
		return contextNode{}
	}
	var refs []localNode
	hops := 0
	for s := c.scope; s != nil; s = s.parent {
		if slot, ok := s.names[name]; ok {
			refs = append(refs, localNode{hops: hops, slot: slot})
		}
		if s.parent != nil && s.parent.frame != s.frame {
			hops++
		}
	}
	n := c.free(name)
	for _, ref := range slices.Backward(refs) {
		ref.next = n
		n = &ref
	}
	return n
}

func (c *compiler) free(name string) node {
	switch {
	case name == "$":
		return rootNode{}
	case name[0] == '!': // a parent operator in a function: nothing fills its slot
		return literalNode{}
	}
	return globalNode{c.global(name)}
}

func (c *compiler) global(name string) int {
	p := c.program
	for i := range p.globals {
		if p.globals[i].name == name {
			return i
		}
	}
	p.globals = append(p.globals, global{name: name, builtin: builtinValue(name)})
	return len(p.globals) - 1
}

func (c *compiler) block(t *tree) node {
	names := bindingsIn(t)
	switch {
	case len(names) == 0:
		return &blockNode{c.nodes(t.list), t.endsInTail()}
	case catchesIn(t):
		return c.framedBlock(t, names)
	}
	b := &scopedBlockNode{from: c.scope.frame.size}
	b.raw = t.endsInTail()
	inner := newScope(c.scope, c.scope.frame, names)
	b.to = c.scope.frame.size
	c.in(inner, c.depth, func() { b.list = c.nodes(t.list) })
	return b
}

func catchesIn(t *tree) bool {
	found := false
	t.each(func(child *tree) { found = found || catches(child) })
	return found
}

// framedBlock gives the block a frame of its own each time it is evaluated, as functions may hold it.
func (c *compiler) framedBlock(t *tree, names []string) node {
	b := &framedBlockNode{info: &frameInfo{}}
	b.raw = t.endsInTail()
	c.in(newScope(c.scope, b.info, names), c.depth, func() { b.list = c.nodes(t.list) })
	return b
}

func (c *compiler) condition(t *tree) node {
	n := &conditionNode{test: c.node(t.lhs), then: c.node(t.rhs), otherwise: literalNode{}}
	if t.third != nil {
		n.otherwise = c.node(t.third)
	}
	return n
}

func (c *compiler) array(t *tree) node {
	n := &arrayNode{items: make([]arrayItem, len(t.list))}
	if t.cons {
		n.tag = tagCons
	}
	for i, item := range t.list {
		if item.kind == kindBinary && item.text == ".." {
			c.depth++
			n.items[i] = arrayItem{node: c.node(item.lhs), to: c.node(item.rhs), pos: item.pos}
			c.depth--
		} else {
			n.items[i] = arrayItem{node: c.node(item), whole: item.kind == kindArray}
		}
	}
	return n
}

func (c *compiler) predicates(stages []stage) []predicate {
	list := make([]predicate, 0, len(stages))
	for _, s := range stages {
		list = append(list, c.predicate(s))
	}
	return list
}

func (c *compiler) predicate(s stage) predicate {
	switch {
	case s.filter == nil:
		return predicate{binds: true, slot: c.scope.names[s.index]}
	case s.filter.kind == kindNumber:
		return predicate{index: s.filter.num}
	}
	return predicate{test: c.node(s.filter)}
}

func (c *compiler) group(g *treeGroup) *group {
	out := &group{pos: g.pos, constant: true}
	seen := map[string]bool{}
	for _, pair := range g.pairs {
		p := groupPair{value: c.node(pair[1])}
		if pair[0].kind == kindString && pair[0].predicates == nil && pair[0].group == nil && !seen[pair[0].text] {
			p.name = pair[0].text
			seen[p.name] = true
		} else {
			out.constant = false
		}
		p.key = c.node(pair[0])
		out.pairs = append(out.pairs, p)
	}
	return out
}

var comparisons = map[string]comparison{"<": less, "<=": lessOrEqual, ">": greater, ">=": greaterOrEqual}

func (c *compiler) binary(t *tree) node {
	b := binary{c.node(t.lhs), c.node(t.rhs), t.text, t.pos}
	switch t.text {
	case "and":
		return &andNode{b}
	case "or":
		return &orNode{b}
	case "=", "!=":
		return &equalNode{b, t.text == "="}
	case "&":
		return &concatNode{b}
	case "in":
		return &inNode{b}
	case "..":
		return &rangeNode{b}
	}
	if op, ok := comparisons[t.text]; ok {
		return &compareNode{b, op}
	}
	return &arithmeticNode{b, t.text[0]}
}
