package jsonata

// The parent operator, %, means the input of an earlier step. That step is known when the expression is: it gets an ancestor
// slot, which it fills for each item that it passes on, and which the operator reads.

// adopt makes t look for the steps that child could not find in itself.
func adopt(t, child *tree) {
	t.seeking = append(t.seeking, child.seeking...)
	if child.kind == kindParent {
		t.seeking = append(t.seeking, child.slot)
	}
}

// seekParent looks in a step, and the steps in it, for the one that slot means.
func (p *shaper) seekParent(t *tree, slot *slot) {
	switch t.kind {
	case kindName, kindWildcard:
		if slot.level--; slot.level > 0 {
			return
		}
		if t.ancestor == nil {
			t.ancestor = slot
		} else {
			slot.label = t.ancestor.label
		}
		t.tuple = true
	case kindParent:
		slot.level++
	case kindBlock:
		if n := len(t.list); n > 0 {
			t.tuple = true
			p.seekParent(t.list[n-1], slot)
		}
	case kindPath:
		t.tuple = true
		p.seekParent(t.steps[len(t.steps)-1], slot)
		for i := len(t.steps) - 2; i >= 0 && slot.level > 0; i-- {
			p.seekParent(t.steps[i], slot)
		}
	default:
		p.fail("S0217", t)
	}
}

// resolveAncestry finds the steps that the parent operators in the path's last step mean; those before the path's beginning
// it leaves to who uses the path.
func (p *shaper) resolveAncestry(path *tree) {
	last := path.steps[len(path.steps)-1]
	slots := last.seeking
	if last.kind == kindParent {
		slots = append(slots[:len(slots):len(slots)], last.slot)
	}
	for _, slot := range slots {
		i := len(path.steps) - 2
		for slot.level > 0 {
			if i < 0 {
				path.seeking = append(path.seeking, slot)
				break
			}
			step := path.steps[i]
			i--
			for i >= 0 && step.focus != "" && path.steps[i].focus != "" {
				step = path.steps[i]
				i--
			}
			p.seekParent(step, slot)
		}
	}
}
