// Package store is what `stride local --data DIR` remembers: tables of keys and values in one file, bbolt's, that no other user
// can read. Changes go in through Write, in order, and reach the disk in groups: while one group is synced, the next gathers. Sync
// and Then say when all that was written before is on disk; nothing may be told to anybody, or done to the world, sooner. The
// services of the local AWS are its callers. A nil *Store keeps nothing, so that they need no other way for working in memory.
package store

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	fileName = "stride.db"
	// format names what the tables hold; a file of another format is refused.
	format    = "stride local 1"
	metaTable = "meta"
	formatKey = "format"

	lockWait = 200 * time.Millisecond
)

// compactFrom is the size, in bytes, from which on a file that is half empty is rewritten. A variable for the tests.
var compactFrom int64 = 256 << 20

// Store is an open data directory.
type Store struct {
	dir string
	db  *bbolt.DB

	mu       sync.Mutex
	changed  sync.Cond // pending, synced, closing or err has changed
	pending  group     // not yet being written
	writing  group     // being written
	written  int64     // number of the group that pending will be
	synced   int64     // number of the last group on disk
	due      []func()  // of groups on disk, to be called
	calling  bool      // due is being worked off
	closing  bool
	finished chan struct{} // closed when nothing is written any more
	err      error         // of a write; nothing is kept after it
	broken   chan struct{} // closed with err
}

// group is changes that reach the disk together; the last one of a key counts.
type group struct {
	tables map[string]map[string][]byte // nil value: deleted
	then   []func()
}

// Change sets a key of a table, or deletes it where Value is nil.
type Change struct {
	Table, Key string
	Value      []byte
}

// Open opens the directory, which it makes where it is missing.
func Open(dir string) (*Store, error) {
	if err := prepare(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, fileName)
	db, err := openFile(path)
	if err == nil && wasteful(db) {
		db, err = compact(db, path)
	}
	if err != nil {
		return nil, explain(dir, err)
	}
	s := &Store{dir: dir, db: db, written: 1, finished: make(chan struct{}), broken: make(chan struct{})}
	s.changed.L = &s.mu
	go s.write()
	return s, nil
}

// prepare makes the directory, and refuses one that is somebody else's.
func prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data directory %s: %w", dir, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("data directory %s: %w", dir, err)
	}
	for _, e := range entries {
		if e.Name() == fileName {
			return nil
		}
	}
	if len(entries) > 0 {
		return fmt.Errorf("data directory %s: it holds %s and no %s, so it is not stride's; name a new or empty directory", dir, entries[0].Name(), fileName)
	}
	return nil
}

// openFile opens or makes the file.
func openFile(path string) (db *bbolt.DB, err error) {
	err = guarded(func() error {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType})
		return err
	})
	if err != nil {
		return nil, err
	}
	err = guarded(func() error { return db.Update(checkFormat) })
	if err != nil {
		db.Close()
	}
	return db, err
}

// checkFormat writes the format into a new file, and refuses a file that has another.
func checkFormat(tx *bbolt.Tx) error {
	meta := tx.Bucket([]byte(metaTable))
	if meta == nil {
		if k, _ := tx.Cursor().First(); k != nil {
			return errForeign
		}
		var err error
		if meta, err = tx.CreateBucket([]byte(metaTable)); err != nil {
			return err
		}
	}
	switch found := meta.Get([]byte(formatKey)); {
	case found == nil:
		return meta.Put([]byte(formatKey), []byte(format))
	case string(found) != format:
		return fmt.Errorf("%s has the format %q, this stride reads %q; use the stride that wrote it, or another directory", fileName, found, format)
	}
	return nil
}

var errForeign = errors.New(fileName + " is a bbolt file of another program")

// errDamaged is what reading has stumbled over.
type errDamaged struct{ what any }

func (e errDamaged) Error() string { return fmt.Sprintf("%s is damaged (%v)", fileName, e.what) }

// guarded calls f. What bbolt panics about, or a fault of the memory that maps the file, is damage.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if what := recover(); what != nil {
			err = errDamaged{what}
		}
	}()
	return f()
}

// view reads the file. Damage breaks the store.
func (s *Store) view(f func(*bbolt.Tx) error) {
	err := guarded(func() error { return s.db.View(f) })
	if d, ok := err.(errDamaged); ok {
		s.damaged(d.what)
	}
}

// damaged breaks the store for what reading it has stumbled over.
func (s *Store) damaged(what any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail(errDamaged{what})
}

// explain says what to do about an error of opening.
func explain(dir string, err error) error {
	var damaged errDamaged
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("data directory %s: another stride local uses it; stop that one, or name another directory", dir)
	case errors.As(err, &damaged), errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return fmt.Errorf("data directory %s: %w; restore it from a copy, or name another directory", dir, err)
	}
	return fmt.Errorf("data directory %s: %w", dir, err)
}

// wasteful says whether more than half of a large file is free.
func wasteful(db *bbolt.DB) bool {
	info, err := os.Stat(db.Path())
	free := int64(db.Stats().FreePageN) * int64(db.Info().PageSize)
	return err == nil && info.Size() > compactFrom && free > info.Size()/2
}

// compactTxSize is how much is copied in one transaction, in bytes.
const compactTxSize = 16 << 20

// compact rewrites the file without its free pages, and opens the new one.
func compact(db *bbolt.DB, path string) (*bbolt.DB, error) {
	fresh := path + ".new"
	if err := os.Remove(fresh); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	to, err := bbolt.Open(fresh, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		return nil, err
	}
	err = bbolt.Compact(to, db, compactTxSize)
	err = cmp.Or(err, to.Sync(), to.Close(), db.Close())
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return nil, err
	}
	return openFile(path)
}

// Write queues changes that belong together: they reach the disk at once, after all that was written before.
func (s *Store) Write(changes ...Change) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || s.err != nil {
		return
	}
	wake := s.pending.empty()
	for _, c := range changes {
		s.pending.put(c)
	}
	if wake {
		s.changed.Broadcast()
	}
}

func (g *group) put(c Change) {
	if g.tables == nil {
		g.tables = map[string]map[string][]byte{}
	}
	t := g.tables[c.Table]
	if t == nil {
		t = map[string][]byte{}
		g.tables[c.Table] = t
	}
	t[c.Key] = c.Value
}

func (g *group) empty() bool { return len(g.tables) == 0 && len(g.then) == 0 }

// Sync waits until all that was written before is on disk.
func (s *Store) Sync() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for last := s.last(); s.synced < last && s.err == nil; {
		s.changed.Wait()
	}
	return s.err
}

// last is the number of the group that has the latest change. s.mu is held.
func (s *Store) last() int64 {
	if s.pending.empty() {
		return s.written - 1
	}
	return s.written
}

// Then calls f once all that was written before is on disk, after what was to be called before: at once where that is so, else
// from another goroutine. f must not block. It is not called after an error or Close.
func (s *Store) Then(f func()) {
	if s == nil {
		f()
		return
	}
	s.mu.Lock()
	switch {
	case s.synced < s.last():
		s.pending.then = append(s.pending.then, f)
		s.mu.Unlock()
		return
	case s.calling:
		s.due = append(s.due, f)
		s.mu.Unlock()
		return
	}
	dead := s.closing || s.err != nil
	s.mu.Unlock()
	if !dead {
		f()
	}
}

// write puts group after group on disk, until Close or an error.
func (s *Store) write() {
	defer close(s.finished)
	for {
		s.mu.Lock()
		for s.pending.empty() && !s.closing {
			s.changed.Wait()
		}
		if s.pending.empty() {
			s.mu.Unlock()
			return
		}
		s.writing, s.pending = s.pending, group{}
		number := s.written
		s.written++
		s.mu.Unlock()
		err := s.commit(s.writing)
		s.mu.Lock()
		if err != nil {
			s.fail(err)
		} else {
			s.synced = number
			s.call(s.writing.then)
		}
		s.writing = group{}
		s.changed.Broadcast()
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// call has functions called, in order. s.mu is held.
func (s *Store) call(list []func()) {
	s.due = append(s.due, list...)
	if s.calling || len(s.due) == 0 || s.closing {
		return
	}
	s.calling = true
	go func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for len(s.due) > 0 && !s.closing && s.err == nil {
			list := s.due
			s.due = nil
			s.mu.Unlock()
			for _, f := range list {
				f()
			}
			s.mu.Lock()
		}
		s.calling = false
	}()
}

// fail notes that nothing can be kept any more. s.mu is held.
func (s *Store) fail(err error) {
	if s.err != nil {
		return
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		err = fmt.Errorf("%w; make room and start again: all that was answered is kept", err)
	}
	s.err = fmt.Errorf("data directory %s: %w", s.dir, err)
	close(s.broken)
	s.changed.Broadcast()
}

// Broken is closed when the store can keep nothing any more; Err says why. Of a nil Store it never is.
func (s *Store) Broken() <-chan struct{} {
	if s == nil {
		return nil
	}
	return s.broken
}

// Err is why the store is broken; nil where it is not.
func (s *Store) Err() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *Store) commit(g group) error {
	if len(g.tables) == 0 {
		return nil
	}
	return guarded(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			for table, values := range g.tables {
				if err := setAll(tx, table, values); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func setAll(tx *bbolt.Tx, table string, values map[string][]byte) error {
	b, err := tx.CreateBucketIfNotExists([]byte(table))
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(values)) { // neighbours share pages
		if err := set(b, key, values[key]); err != nil {
			return err
		}
	}
	return nil
}

func set(b *bbolt.Bucket, key string, value []byte) error {
	if value == nil {
		return b.Delete([]byte(key))
	}
	return b.Put([]byte(key), value)
}

// Get is a key's value, as it was last written, on disk or not.
func (s *Store) Get(table, key string) (value []byte, ok bool) {
	if s == nil {
		return nil, false
	}
	s.mu.Lock()
	for _, g := range []*group{&s.pending, &s.writing} {
		if v, found := g.tables[table][key]; found {
			s.mu.Unlock()
			return v, v != nil
		}
	}
	s.mu.Unlock()
	s.view(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(table)); b != nil {
			value = copied(tx, b.Get([]byte(key)))
		}
		return nil
	})
	return value, value != nil
}

// copied is what a transaction shows, to be kept. Nothing is larger than the file, unless its length is damaged.
func copied(tx *bbolt.Tx, v []byte) []byte {
	if int64(len(v)) > tx.Size() {
		panic("a length is larger than the file")
	}
	return bytes.Clone(v)
}

// page is how many entries are read in one transaction, so that none lasts for as long as who goes over them takes.
const page = 128

// Up goes over the keys of a table that begin with prefix, on disk, in order. What is not yet on disk is not seen: see Sync.
func (s *Store) Up(table, prefix string) iter.Seq2[string, []byte] {
	return s.walk(table, prefix, "", false)
}

// Down goes over the same keys backwards, from just below a key; "" is from the end.
func (s *Store) Down(table, prefix, below string) iter.Seq2[string, []byte] {
	return s.walk(table, prefix, below, true)
}

type entry struct {
	key   string
	value []byte
}

func (s *Store) walk(table, prefix, from string, down bool) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for s != nil {
			entries := s.read(table, prefix, from, down)
			for _, e := range entries {
				if from != "" && (e.key < from) != down { // pages that lead to one another
					s.damaged("its keys are out of order")
					return
				}
				if !yield(e.key, e.value) {
					return
				}
				from = e.key
			}
			if len(entries) < page {
				return
			}
		}
	}
}

// read is up to a page of entries beyond from.
func (s *Store) read(table, prefix, from string, down bool) (list []entry) {
	s.view(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(table))
		if b == nil {
			return nil
		}
		c := b.Cursor()
		next := c.Next
		if down {
			next = c.Prev
		}
		for k, v := start(c, prefix, from, down); k != nil && bytes.HasPrefix(k, []byte(prefix)) && len(list) < page; k, v = next() {
			list = append(list, entry{string(copied(tx, k)), copied(tx, v)})
		}
		return nil
	})
	return list
}

// start moves a cursor to the first entry of a walk.
func start(c *bbolt.Cursor, prefix, from string, down bool) (k, v []byte) {
	switch {
	case !down && from == "":
		return c.Seek([]byte(prefix))
	case !down:
		if k, v = c.Seek([]byte(from)); string(k) == from {
			return c.Next()
		}
		return k, v
	}
	if from == "" {
		from = after(prefix)
	}
	if k, _ = c.Seek([]byte(from)); k == nil {
		return c.Last()
	}
	return c.Prev()
}

// after is a key past all that begin with the prefix, which does not end in 0xff.
func after(prefix string) string {
	if prefix == "" {
		return "\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	}
	return prefix[:len(prefix)-1] + string(prefix[len(prefix)-1]+1)
}

// Close puts what was written on disk and closes the file; what is written later is lost.
func (s *Store) Close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	s.closing = true
	s.changed.Broadcast()
	s.mu.Unlock()
	<-s.finished
	return cmp.Or(s.Err(), s.db.Close())
}
