package local

import (
	"cmp"
	"slices"

	"github.com/stride-aws/stride/internal/machine"
)

// index is executions in the order of their start, whole and by status, so that every list pages in constant time. It is guarded
// by the lock of what it belongs to.
type index struct {
	all      list
	byStatus map[machine.Status]*list
}

// list is executions by place. One that has left (its status changed) stays until the list is swept: whoever lists looks at the
// execution's status anyway.
type list struct {
	items []*execution
	gone  int
}

// add puts a new execution, whose place is past all others, at the end.
func (ix *index) add(e *execution) {
	ix.all.items = append(ix.all.items, e)
	ix.status(machine.RunningStatus).items = append(ix.status(machine.RunningStatus).items, e)
}

func (ix *index) status(s machine.Status) *list {
	if ix.byStatus == nil {
		ix.byStatus = map[machine.Status]*list{}
	}
	l := ix.byStatus[s]
	if l == nil {
		l = &list{}
		ix.byStatus[s] = l
	}
	return l
}

// move notes that e's status changed.
func (ix *index) move(e *execution, from, to machine.Status) {
	l := ix.status(to)
	i, found := l.find(e.seq)
	if !found {
		l.items = slices.Insert(l.items, i, e)
	}
	ix.status(from).lose(func(x *execution) bool { return x != e && x.is(from) })
}

// drop takes an execution out that retention has evicted.
func (ix *index) drop(e *execution) {
	kept := func(x *execution) bool { return !x.gone() }
	ix.all.lose(kept)
	ix.status(e.status).lose(kept)
}

// lose notes that an item is to go, and sweeps when half are.
func (l *list) lose(kept func(*execution) bool) {
	if l.gone++; l.gone > len(l.items)/2+32 {
		l.items = slices.DeleteFunc(l.items, func(x *execution) bool { return !kept(x) })
		l.gone = 0
	}
}

// of is the list of a status filter.
func (ix *index) of(filter string) *list {
	switch {
	case ix == nil:
		return &list{}
	case filter == "":
		return &ix.all
	}
	if l := ix.byStatus[machine.Status(filter)]; l != nil {
		return l
	}
	return &list{}
}

func (l *list) find(seq int64) (int, bool) {
	return slices.BinarySearchFunc(l.items, seq, func(e *execution, seq int64) int { return cmp.Compare(e.seq, seq) })
}

// end is a place past the last execution.
func (l *list) end() int64 {
	if len(l.items) == 0 {
		return 1
	}
	return l.items[len(l.items)-1].seq + 1
}

// descend visits executions from just below a place down, until visit says no; it answers the place to go on from, 0 at the end.
func (l *list) descend(below int64, visit func(*execution) bool) int64 {
	i, _ := l.find(below)
	for i--; i >= 0; i-- {
		if !visit(l.items[i]) {
			return l.items[i].seq + 1
		}
	}
	return 0
}

func (e *execution) is(s machine.Status) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.status == s
}

func (e *execution) gone() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.evicted
}
