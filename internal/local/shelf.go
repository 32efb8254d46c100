package local

import (
	"sync"

	"github.com/stride-aws/stride/internal/machine"
)

// lister is a list of executions, the latest last.
type lister interface {
	// end is a place past the last execution.
	end() int64
	// descend visits executions from just below a place down, until visit says no; it answers the place to go on from, 0 at the end.
	descend(below int64, visit func(*execution) bool) int64
}

// lockedList is a list in memory with the lock that guards it.
type lockedList struct {
	*list
	mu *sync.RWMutex
}

func (l lockedList) end() int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.list.end()
}

func (l lockedList) descend(below int64, visit func(*execution) bool) int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.list.descend(below, visit)
}

// storedList is a list in the store. What runs is shown as it is in memory.
type storedList struct {
	service       *Service
	shelf         string
	table, prefix string
}

// storedList is a shelf's list of a status, "" for all; qualifier is of a version or alias.
func (s *Service) storedList(shelf, qualifier, status string) (lister, error) {
	if err := s.cloud.keep.store.Sync(); err != nil { // what was answered is listed
		return nil, err
	}
	l := storedList{s, shelf, statusTable, keyOf(shelf, status, "")}
	if qualifier != "" {
		l.prefix = keyOf(qualifiedShelf(shelf, qualifier), status, "")
	} else if status == "" {
		l.table, l.prefix = executionTable, shelf+"\x00"
	}
	return l, nil
}

func (l storedList) end() int64 {
	for key := range l.service.cloud.keep.store.Down(l.table, l.prefix, "") {
		return numberIn(key) + 1
	}
	return 1
}

func (l storedList) descend(below int64, visit func(*execution) bool) int64 {
	for key := range l.service.cloud.keep.store.Down(l.table, l.prefix, l.prefix+numbered(below)) {
		seq := numberIn(key)
		if e := l.at(seq); e != nil && !visit(e) {
			return seq + 1
		}
	}
	return 0
}

func (l storedList) at(seq int64) *execution {
	key := placeKey(l.shelf, seq)
	r, ok := l.service.cloud.keep.header(key)
	if !ok {
		return nil
	}
	if e, ok := l.service.executions.Load(r.ARN); ok {
		if e := e.(*execution); e.shelf == l.shelf && e.seq == seq {
			return e
		}
	}
	return l.service.storedAt(key)
}

// moved notes that e's status changed.
func (e *execution) moved(from, to machine.Status) {
	if e.home != nil {
		e.home.moved(e, from, to)
	}
}
