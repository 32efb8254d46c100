package jsonata

import "slices"

// path compiles a path: to the cheapest kind of node that its steps allow.
func (c *compiler) path(t *tree) node {
	first := slices.IndexFunc(t.steps, func(s *tree) bool { return s.tuple })
	if first >= 0 {
		return c.tuplePath(t, first)
	}
	if t.group == nil && !t.keepSingleton && !t.keepArray {
		if n := c.namesPath(t); n != nil {
			return n
		}
	}
	n := &pathNode{keep: t.keepSingleton || t.keepArray, wrap: t.keepSingleton}
	c.begin(n, t)
	n.steps = c.steps(t.steps[c.skipped(n):])
	if t.group != nil {
		n.group = c.group(t.group)
	}
	return n
}

func (c *compiler) begin(n *pathNode, t *tree) {
	head := t.steps[0]
	n.absolute = head.kind == kindVariable
	if head.cons {
		n.consFirst = c.node(head)
	}
}

// skipped is how many steps consFirst stands for.
func (c *compiler) skipped(n *pathNode) int {
	if n.consFirst != nil {
		return 1
	}
	return 0
}

// namesPath compiles a path that is all names, but for a variable at its head; nil where it is another one.
func (c *compiler) namesPath(t *tree) node {
	names := t.steps
	var head node
	if v := t.steps[0]; v.kind == kindVariable && v.plain() {
		head, names = c.node(v), t.steps[1:]
	}
	list := plainNames(names)
	switch {
	case len(list) < len(names):
		return nil
	case head == nil && len(list) == 1:
		return &memberPath{list}
	}
	return &headPath{head, list}
}

// plain reports whether nothing follows the step t.
func (t *tree) plain() bool {
	return t.stages == nil && t.predicates == nil && t.group == nil && !t.keepArray
}

// plainNames are the names that steps begin with.
func plainNames(steps []*tree) []string {
	var names []string
	for _, s := range steps {
		if s.kind != kindName || !s.plain() {
			break
		}
		names = append(names, s.text)
	}
	return names
}

func (c *compiler) steps(trees []*tree) []stepper {
	var steps []stepper
	for len(trees) > 0 {
		if names := plainNames(trees); names != nil {
			steps = append(steps, namesStep(names))
			trees = trees[len(names):]
			continue
		}
		steps = append(steps, c.step(trees[0]))
		trees = trees[1:]
	}
	return steps
}

func (c *compiler) step(t *tree) stepper {
	if t.kind == kindSortStep {
		return &sortStep{c.order(t), c.predicates(t.stages)}
	}
	return &step{c.node(t), c.predicates(t.stages)}
}

func (c *compiler) order(t *tree) *order {
	o := &order{pos: t.pos}
	for _, term := range t.terms {
		o.terms = append(o.terms, orderTerm{c.node(term.expr), term.descending})
	}
	return o
}

// tuplePath compiles a path whose steps from number first on carry bindings.
func (c *compiler) tuplePath(t *tree, first int) node {
	n := &tuplePath{stream: t.tuple, keep: t.keepSingleton || t.keepArray, wrap: t.keepSingleton}
	n.absolute = t.steps[0].kind == kindVariable
	n.bindsFirst = first == 0
	plain := t.steps[:first]
	if t.steps[0].cons {
		n.skipsFirst = t.steps[0].focus != ""
		n.consFirst = c.node(t.steps[0])
		plain = plain[min(1, first):]
		first = max(1, first)
	}
	n.plain = c.steps(plain)
	n.info = &frameInfo{}
	n.scope = newScope(c.scope, n.info, append(tupleNames(t), bindings(t)...))
	c.in(n.scope, c.depth, func() {
		for _, step := range t.steps[first:] {
			n.steps = append(n.steps, c.tupleStep(step))
		}
		if t.group != nil {
			n.group = c.group(t.group)
		}
	})
	return n
}

func (c *compiler) tupleStep(t *tree) tupleStep {
	s := tupleStep{stages: c.predicates(t.stages), focus: -1, index: -1, ancestor: -1}
	if t.kind == kindSortStep {
		s.order = c.order(t)
	} else {
		s.node = c.node(t)
	}
	if t.focus != "" {
		s.focus = c.scope.names[t.focus]
	}
	if t.index != "" {
		s.index = c.scope.names[t.index]
	}
	if t.ancestor != nil {
		s.ancestor = c.scope.names[t.ancestor.label]
	}
	return s
}

// tupleNames are the variables that the steps of a path bind, and those of the paths in it whose bindings it takes over.
func tupleNames(t *tree) []string {
	var names []string
	switch t.kind {
	case kindBlock:
		if n := len(t.list); n > 0 {
			names = tupleNames(t.list[n-1])
		}
	case kindPath:
		for _, step := range t.steps {
			names = append(names, step.binds()...)
			if step.kind == kindBlock || step.kind == kindPath {
				names = append(names, tupleNames(step)...)
			}
		}
	}
	return names
}

// binds are the variables of the step t itself.
func (t *tree) binds() []string {
	var names []string
	if t.focus != "" {
		names = append(names, t.focus)
	}
	if t.index != "" {
		names = append(names, t.index)
	}
	if t.ancestor != nil {
		names = append(names, t.ancestor.label)
	}
	for _, s := range t.stages {
		if s.index != "" {
			names = append(names, s.index)
		}
	}
	return names
}
