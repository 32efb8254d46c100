package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func reopen(t *testing.T, s *Store) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, s.dir)
}

func keys(walk func(func(string, []byte) bool)) (list []string) {
	for key := range walk {
		list = append(list, key)
	}
	return list
}

func TestWritten(t *testing.T) {
	s := open(t, t.TempDir())
	s.Write(Change{"a", "1", []byte("x")}, Change{"a", "2", []byte{}}, Change{"b", "1", []byte("y")})
	s.Write(Change{"a", "1", []byte("z")}, Change{"b", "1", nil})
	for range 2 { // before it is on disk, as likely as not; and after
		if v, ok := s.Get("a", "1"); string(v) != "z" || !ok {
			t.Errorf("a 1 is %q, %v", v, ok)
		}
		if v, ok := s.Get("a", "2"); len(v) != 0 || !ok {
			t.Errorf("a 2 is %q, %v", v, ok)
		}
		if v, ok := s.Get("b", "1"); ok {
			t.Errorf("b 1 is %q", v)
		}
		s = reopen(t, s)
	}
}

// TestWalk goes over keys in pages of any number, both ways, and compares with a sorted list.
func TestWalk(t *testing.T) {
	s := open(t, t.TempDir())
	var all []string
	for i := range 3*page + 1 {
		key := fmt.Sprintf("p\x00%04d", i)
		all = append(all, key)
		s.Write(Change{"t", key, []byte{1}})
	}
	s.Write(Change{"t", "o", []byte{1}}, Change{"t", "p\x01", []byte{1}})
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	if got := keys(s.Up("t", "p\x00")); !slices.Equal(got, all) {
		t.Errorf("up: %d keys, want %d", len(got), len(all))
	}
	slices.Reverse(all)
	if got := keys(s.Down("t", "p\x00", "")); !slices.Equal(got, all) {
		t.Errorf("down: %d keys, want %d", len(got), len(all))
	}
	if got := keys(s.Down("t", "p\x00", "p\x000200")); !slices.Equal(got, all[len(all)-200:]) {
		t.Errorf("down from 200: %d keys, the first %q", len(got), got[0])
	}
	if got := keys(s.Down("t", "", "")); len(got) != len(all)+2 || got[0] != "p\x01" {
		t.Errorf("down without prefix: %d keys, the first %q", len(got), got[0])
	}
	if got := keys(s.Up("none", "")); got != nil {
		t.Errorf("a table that is not there has %q", got)
	}
}

// TestThen holds that what is called then finds on disk what was written before.
func TestThen(t *testing.T) {
	s := open(t, t.TempDir())
	var group sync.WaitGroup
	for i := range 200 {
		key := fmt.Sprint(i)
		group.Add(1)
		s.Write(Change{"t", key, []byte{1}})
		s.Then(func() {
			defer group.Done()
			if got := s.read("t", key, "", false); len(got) == 0 {
				t.Errorf("%s is not on disk", key)
			}
		})
	}
	group.Wait()
}

// A nil store keeps nothing, and says so to nobody.
func TestNone(t *testing.T) {
	var s *Store
	s.Write(Change{"t", "k", nil})
	called := false
	s.Then(func() { called = true })
	if _, ok := s.Get("t", "k"); ok || !called || s.Sync() != nil || s.Err() != nil || s.Broken() != nil || s.Close() != nil || keys(s.Up("t", "")) != nil {
		t.Error("a nil store is no empty one")
	}
}

func TestRefused(t *testing.T) {
	write := func(content string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, fileName), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	bolt := func(table, key, value string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			db, err := bbolt.Open(filepath.Join(dir, fileName), 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			err = db.Update(func(tx *bbolt.Tx) error {
				b, err := tx.CreateBucket([]byte(table))
				if err != nil {
					return err
				}
				return b.Put([]byte(key), []byte(value))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	cases := []struct {
		name    string
		prepare func(t *testing.T, dir string)
		want    string
	}{
		{"noise", write(strings.Repeat("noise", 9999)), "invalid database; restore it from a copy, or name another directory"},
		{"cut off", write("xy"), "restore it from a copy, or name another directory"},
		{"another program's file", bolt("users", "k", "v"), "stride.db is a bbolt file of another program"},
		{"another format", bolt(metaTable, formatKey, "stride local 99"), `has the format "stride local 99"`},
		{"another program's folder", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "main.go"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "it holds main.go and no stride.db, so it is not stride's; name a new or empty directory"},
		{"in use", func(t *testing.T, dir string) { open(t, dir) }, "another stride local uses it; stop that one, or name another directory"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			c.prepare(t, dir)
			s, err := Open(dir)
			if err == nil {
				s.Close()
				t.Fatal("it opens")
			}
			if !strings.HasPrefix(err.Error(), "data directory "+dir+": ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q, want %q", err, c.want)
			}
		})
	}
}

// TestDamaged overwrites pages: whatever happens then is an error, never a panic.
func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for i := range 5000 {
		s.Write(Change{"t", fmt.Sprintf("%06d", i), []byte(strings.Repeat("v", 100))})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, fileName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 30 {
		damaged := slices.Clone(whole)
		for range 1 + random.IntN(20) {
			at := random.IntN(len(damaged) - 4096)
			for i := range 4096 {
				damaged[at+i] = byte(random.Uint32())
			}
		}
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if useDamaged(dir) {
			found++
		}
	}
	if found == 0 {
		t.Error("damage was never found")
	}
}

// useDamaged reads and writes a damaged store, and says whether that was told.
func useDamaged(dir string) bool {
	s, err := Open(dir)
	if err != nil {
		return true
	}
	defer s.Close()
	for i := range 50 {
		s.Get("t", fmt.Sprintf("%06d", i*100))
	}
	keys(s.Up("t", ""))
	s.Write(Change{"t", "000500", []byte("w")})
	return s.Sync() != nil
}

func TestPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	open(t, dir)
	for _, path := range []string{dir, filepath.Join(dir, fileName)} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may see %s: %s", path, info.Mode())
		}
	}
}

// TestBroken is what callers see after a write that failed, as on a full disk.
func TestBroken(t *testing.T) {
	s := open(t, t.TempDir())
	s.mu.Lock()
	s.fail(fmt.Errorf("write %s: %w", fileName, syscall.ENOSPC))
	s.mu.Unlock()
	select {
	case <-s.Broken():
	default:
		t.Error("the store is not broken")
	}
	if err := s.Sync(); err == nil || !strings.Contains(err.Error(), "no space left on device; make room and start again: all that was answered is kept") {
		t.Errorf("Sync: %v", err)
	}
	s.Then(func() { t.Error("something is done though nothing is kept") })
}

// TestCompacted opens a file that is mostly free pages.
func TestCompacted(t *testing.T) {
	defer func(old int64) { compactFrom = old }(compactFrom)
	compactFrom = 4 << 20
	const values = 10
	s := open(t, t.TempDir())
	value := []byte(strings.Repeat("v", 1<<20))
	for i := range values {
		s.Write(Change{"t", fmt.Sprintf("%06d", i), value})
	}
	s.Write(Change{"t", "kept", []byte("k")})
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	for i := range values {
		s.Write(Change{"t", fmt.Sprintf("%06d", i), nil})
	}
	s = reopen(t, s)
	info, err := os.Stat(filepath.Join(s.dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 1<<20 {
		t.Errorf("%d bytes are left", info.Size())
	}
	if v, _ := s.Get("t", "kept"); string(v) != "k" {
		t.Errorf("kept is %q", v)
	}
}

// BenchmarkWrite writes the records of one execution, and waits for the disk as many callers at once do.
func BenchmarkWrite(b *testing.B) {
	s, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.Run("stride", func(b *testing.B) {
		value := []byte(strings.Repeat("v", 1500))
		start := time.Now()
		b.SetParallelism(64)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				n := rand.Uint64()
				s.Write(Change{"execution", fmt.Sprintf("m%016x", n), value[:250]}, Change{"body", fmt.Sprintf("m%016x", n), value},
					Change{"arn", fmt.Sprintf("%016x", n), value[:8]}, Change{"status", fmt.Sprintf("S%016x", n), value[:0]})
				if err := s.Sync(); err != nil {
					b.Error(err)
				}
			}
		})
		b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "executions/s")
	})
}
