package s3

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/store"
)

// The tables of the store: buckets by name, objects by bucket and key. Parts of an upload that is not complete are not kept.
const (
	bucketTable = "bucket"
	objectTable = "object"
)

type bucketRecord struct {
	Account, Region string
	Created         time.Time
	Settings        map[string][]byte
}

// objectRecord stands before the object's bytes, with a line feed between.
type objectRecord struct {
	ETag     string
	Modified time.Time
	Header   http.Header
}

// Keep reads what the store has, and files every change there from now on.
func (s *Service) Keep(st *store.Store) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store = st
	for name, text := range st.Up(bucketTable, "") {
		var r bucketRecord
		if err := json.Unmarshal(text, &r); err != nil {
			return fmt.Errorf("bucket %s in the data directory: %w", name, err)
		}
		b := &bucket{name: name, account: r.Account, region: r.Region, created: r.Created, objects: map[string]*Object{}, settings: r.Settings, uploads: map[string]*upload{}}
		if b.settings == nil {
			b.settings = map[string][]byte{}
		}
		s.buckets[name] = b
	}
	for key, text := range st.Up(objectTable, "") {
		if err := s.restore(key, text); err != nil {
			return fmt.Errorf("object %s in the data directory: %w", strings.ReplaceAll(key, "\x00", "/"), err)
		}
	}
	return nil
}

func (s *Service) restore(key string, text []byte) error {
	name, key, _ := strings.Cut(key, "\x00")
	head, body, _ := bytes.Cut(text, []byte{'\n'})
	var r objectRecord
	if err := json.Unmarshal(head, &r); err != nil {
		return err
	}
	if b := s.buckets[name]; b != nil {
		b.objects[key] = &Object{Key: key, Body: body, ETag: r.ETag, Modified: r.Modified, Header: r.Header}
	}
	return nil
}

// keepBucket files a bucket without its objects. s.mu is held.
func (s *Service) keepBucket(b *bucket) error {
	if s.store == nil {
		return nil
	}
	text, err := json.Marshal(bucketRecord{b.account, b.region, b.created, b.settings})
	if err == nil {
		s.store.Write(store.Change{Table: bucketTable, Key: b.name, Value: text})
	}
	return err
}

func (s *Service) bucketGone(b *bucket) {
	s.store.Write(store.Change{Table: bucketTable, Key: b.name})
}

// put gives a key of b its object. s.mu is held.
func (s *Service) put(b *bucket, o *Object) error {
	b.objects[o.Key] = o
	s.changed(b, o.Key, o)
	if s.store == nil {
		return nil
	}
	text, err := json.Marshal(objectRecord{o.ETag, o.Modified, o.Header})
	if err == nil {
		s.store.Write(store.Change{Table: objectTable, Key: b.name + "\x00" + o.Key, Value: append(append(text, '\n'), o.Body...)})
	}
	return err
}

// remove takes a key's object away. s.mu is held.
func (s *Service) remove(b *bucket, key string) {
	if b.objects[key] != nil {
		s.changed(b, key, nil)
	}
	delete(b.objects, key)
	s.store.Write(store.Change{Table: objectTable, Key: b.name + "\x00" + key})
}
