package logs

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/store"
)

// The tables of the store: groups by account, region and name; streams by group and name; events by stream and number.
const (
	groupTable  = "logGroup"
	streamTable = "logStream"
	eventTable  = "logEvent"
)

type groupRecord struct {
	Created   time.Time
	Retention int
	Tags      map[string]string
	Bytes     int64
}

type streamRecord struct {
	Created, Ingested time.Time
	Events            int64 // ever
}

func keyOf(parts ...string) string { return strings.Join(parts, "\x00") }

// Keep reads what the store has, but for events, which are read when somebody asks for them, and files every change there from now
// on. Streams without an event that is young enough for their group's retention are dropped.
func (s *Store) Keep(st *store.Store) error {
	s.kept = st
	for key, text := range st.Up(groupTable, "") {
		if err := s.restore(key, text); err != nil {
			return fmt.Errorf("log group %s in the data directory: %w", key[strings.LastIndexByte(key, 0)+1:], err)
		}
	}
	return nil
}

func (s *Store) restore(key string, text []byte) error {
	var r groupRecord
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	p := strings.SplitN(key, "\x00", 3)
	g, _ := s.create(p[0], p[1], p[2])
	g.created, g.retention, g.bytes = r.Created, r.Retention, r.Bytes
	if r.Tags != nil {
		g.tags = r.Tags
	}
	for at, text := range s.kept.Up(streamTable, key+"\x00") {
		var r streamRecord
		if err := json.Unmarshal(text, &r); err != nil {
			return err
		}
		st := &stream{name: at[len(key)+1:], key: at, created: r.Created, ingested: r.Ingested, nextID: r.Events}
		st.unread.Store(true)
		st.from = s.kept
		if oldest := s.now().AddDate(0, 0, -g.retention); g.retention > 0 && r.Ingested.Before(oldest) {
			s.streamGone(st)
			continue
		}
		g.streams[st.name] = st
	}
	return nil
}

// load reads the events of a stream that was there when the process started. g.mu is held, for reading at least.
func (st *stream) load() {
	if !st.unread.Load() {
		return
	}
	st.reading.Lock()
	defer st.reading.Unlock()
	if !st.unread.Load() {
		return
	}
	for key, v := range st.from.Up(eventTable, st.key+"\x00") {
		id := int64(binary.BigEndian.Uint64([]byte(key[len(key)-8:])))
		st.insert(event{id, int64(binary.BigEndian.Uint64(v)), int64(binary.BigEndian.Uint64(v[8:])), string(v[16:])})
	}
	st.dropped = int(st.nextID) - len(st.events)
	st.unread.Store(false)
}

// keep files a group. g.mu is held.
func (s *Store) keep(g *group) {
	if s.kept == nil {
		return
	}
	s.write(groupTable, g.key, groupRecord{g.created, g.retention, g.tags, g.bytes})
}

func (s *Store) write(table, key string, v any) {
	text, err := json.Marshal(v)
	if err != nil { // of plain fields
		panic(err)
	}
	s.kept.Write(store.Change{Table: table, Key: key, Value: text})
}

// keepStream files a stream with what has come and gone since. g.mu is held.
func (s *Store) keepStream(g *group, st *stream) {
	added, leaving := st.added, st.leaving
	st.added, st.leaving = nil, nil
	if s.kept == nil {
		return
	}
	var changes []store.Change
	for _, e := range added {
		value := binary.BigEndian.AppendUint64(nil, uint64(e.time))
		value = append(binary.BigEndian.AppendUint64(value, uint64(e.ingested)), e.text...)
		changes = append(changes, store.Change{Table: eventTable, Key: eventKey(st, e), Value: value})
	}
	for _, e := range leaving {
		changes = append(changes, store.Change{Table: eventTable, Key: eventKey(st, e)})
	}
	s.kept.Write(changes...)
	s.write(streamTable, st.key, streamRecord{st.created, st.ingested, st.nextID})
	s.keep(g)
}

func eventKey(st *stream, e event) string {
	return keyOf(st.key, string(binary.BigEndian.AppendUint64(nil, uint64(e.id))))
}

// streamGone removes a stream with its events.
func (s *Store) streamGone(st *stream) {
	if s.kept == nil {
		return
	}
	s.kept.Write(store.Change{Table: streamTable, Key: st.key})
	st.load()
	for _, e := range st.events {
		s.kept.Write(store.Change{Table: eventTable, Key: eventKey(st, e)})
	}
}

// groupGone removes a group with its streams.
func (s *Store) groupGone(g *group) {
	s.kept.Write(store.Change{Table: groupTable, Key: g.key})
	for _, st := range g.streams {
		s.streamGone(st)
	}
}
