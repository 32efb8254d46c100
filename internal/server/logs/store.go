// Package logs is the local CloudWatch Logs: groups, streams and their events in memory, and its HTTP face (awsJson1.1).
// Executions and functions write into it through Put; tail and the SDKs read it with the API's operations.
//
// With Keep, a store has them, too. A group keeps its last mostEvents events, so that what a chatty function costs in memory is bounded.
package logs

import (
	"cmp"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stride-aws/stride/internal/local"
	"github.com/stride-aws/stride/internal/store"
)

// mostEvents is how many events a stream keeps.
const mostEvents = 200_000

// Store is CloudWatch Logs in all accounts and regions.
type Store struct {
	now  func() time.Time
	kept *store.Store // see Keep

	mu     sync.RWMutex
	groups map[scope]map[string]*group
}

type scope struct{ account, region string }

// NewStore is a Store without groups.
func NewStore(now func() time.Time) *Store {
	return &Store{now: now, groups: map[scope]map[string]*group{}}
}

type group struct {
	name, arn string // the ARN ends in ":*"
	key       string // in the store
	created   time.Time

	mu        sync.RWMutex
	retention int // days; 0: for ever
	tags      map[string]string
	streams   map[string]*stream
	bytes     int64
	watchers  []chan struct{} // closed at the next write
}

type stream struct {
	name     string
	key      string // in the store
	created  time.Time
	events   []event // by time; see load
	dropped  int     // events that are no longer kept
	ingested time.Time
	nextID   int64

	added, leaving []event // since the store has heard of the stream
	from           *store.Store
	unread         atomic.Bool // events are in the store alone
	reading        sync.Mutex
}

type event struct {
	id       int64
	time     int64 // milliseconds
	ingested int64
	text     string
}

func (s *Store) find(account, region, name string) *group {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.groups[scope{account, region}][name]
}

// HasGroup implements local.Logs.
func (s *Store) HasGroup(account, region, name string) bool {
	return s.find(account, region, name) != nil
}

// CreateGroup makes a group; false where it is there already.
func (s *Store) CreateGroup(account, region, name string) bool {
	_, created := s.create(account, region, name)
	return created
}

func (s *Store) create(account, region, name string) (*group, bool) {
	key := scope{account, region}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.groups[key] == nil {
		s.groups[key] = map[string]*group{}
	}
	if g := s.groups[key][name]; g != nil {
		return g, false
	}
	g := &group{name: name, key: keyOf(account, region, name), arn: "arn:aws:logs:" + region + ":" + account + ":log-group:" + name + ":*", created: s.now(),
		tags: map[string]string{}, streams: map[string]*stream{}}
	s.groups[key][name] = g
	return g, true
}

// Put implements local.Logs: it appends messages to a stream, and makes group and stream where they are missing.
func (s *Store) Put(account, region, name, streamName string, messages []local.LogMessage) {
	g := s.find(account, region, name)
	if g == nil {
		g, _ = s.create(account, region, name)
	}
	now := s.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	st := g.stream(streamName, now)
	for _, m := range messages {
		g.append(st, m.Time.UnixMilli(), now.UnixMilli(), m.Text)
	}
	st.ingested = now
	s.keepStream(g, st)
	g.wake()
}

// stream finds or makes a stream. g.mu is held.
func (g *group) stream(name string, now time.Time) *stream {
	st := g.streams[name]
	if st == nil {
		st = &stream{name: name, key: keyOf(g.key, name), created: now}
		g.streams[name] = st
	}
	return st
}

// append adds an event in its place by time. g.mu is held.
func (g *group) append(st *stream, at, now int64, text string) {
	st.load()
	st.nextID++
	e := event{st.nextID, at, now, text}
	g.bytes += int64(len(text)) + 26 // AWS: 26 bytes of overhead an event
	st.insert(e)
	st.added = append(st.added, e)
	if over := len(st.events) - mostEvents; over > mostEvents/8 {
		st.leaving = append(st.leaving, st.events[:over]...)
		st.events = slices.Clone(st.events[over:])
		st.dropped += over
	}
}

// insert puts an event in its place by time.
func (st *stream) insert(e event) {
	if n := len(st.events); n == 0 || st.events[n-1].time <= e.time {
		st.events = append(st.events, e)
	} else {
		i := sort.Search(n, func(i int) bool { return st.events[i].time > e.time })
		st.events = slices.Insert(st.events, i, e)
	}
}

func (g *group) wake() {
	for _, w := range g.watchers {
		close(w)
	}
	g.watchers = nil
}

// between are the events of a stream with from <= time < to; to 0 is no end.
func (st *stream) between(from, to int64) []event {
	st.load()
	i := sort.Search(len(st.events), func(i int) bool { return st.events[i].time >= from })
	j := len(st.events)
	if to > 0 {
		j = sort.Search(len(st.events), func(i int) bool { return st.events[i].time >= to })
	}
	return st.events[i:max(i, j)]
}

// sorted are a group's streams by name. g.mu is held.
func (g *group) sorted() []*stream {
	list := make([]*stream, 0, len(g.streams))
	for _, st := range g.streams {
		list = append(list, st)
	}
	slices.SortFunc(list, func(a, b *stream) int { return cmp.Compare(a.name, b.name) })
	return list
}
