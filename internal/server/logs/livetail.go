package logs

import (
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/uuid"
)

type liveTailInput struct {
	LogGroupIdentifiers   []string `json:"logGroupIdentifiers"`
	LogStreamNames        []string `json:"logStreamNames"`
	LogStreamNamePrefixes []string `json:"logStreamNamePrefixes"`
	LogEventFilterPattern string   `json:"logEventFilterPattern"`
}

// AWS: StartLiveTail: an update each second, at most 500 events in each, three hours at most.
const (
	liveTailTick = time.Second
	liveTailMost = 500
	liveTailEnd  = 3 * time.Hour
	latestEvent  = 3_600_000 // how much earlier than its ingestion an event may say it was, in milliseconds
)

// startLiveTail streams what is written to groups from now on.
func (s *Store) startLiveTail(c *wire.Call, in *liveTailInput) (any, error) {
	match, err := compilePattern(in.LogEventFilterPattern)
	if err != nil {
		return nil, err
	}
	if len(in.LogGroupIdentifiers) == 0 {
		return nil, invalid("1 validation error detected: Value null at 'logGroupIdentifiers' failed to satisfy constraint: Member must not be null")
	}
	var groups []*group
	for _, id := range in.LogGroupIdentifiers {
		g, err := s.group(c, id)
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	t := &liveTail{in: in, groups: groups, match: match, since: s.now().UnixMilli(), seen: map[string]bool{}}
	return wire.Streamed(func(w http.ResponseWriter) { t.stream(w, c) }), nil
}

type liveTail struct {
	in     *liveTailInput
	groups []*group
	match  func(string) bool
	since  int64           // events ingested from here on
	seen   map[string]bool // ids of those sent that were ingested at since
}

func (t *liveTail) stream(w http.ResponseWriter, c *wire.Call) {
	w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
	flusher, _ := w.(http.Flusher)
	send := func(kind string, payload any) bool {
		text, err := json.Marshal(payload)
		if err != nil {
			return false
		}
		if _, err := w.Write(frame(kind, text)); err != nil {
			return false
		}
		if flusher != nil {
			flusher.Flush()
		}
		return true
	}
	if !send("initial-response", struct{}{}) || !send("sessionStart", map[string]any{"requestId": uuid.New(), "sessionId": uuid.New(),
		"logGroupIdentifiers": t.in.LogGroupIdentifiers, "logStreamNames": t.in.LogStreamNames, "logStreamNamePrefixes": t.in.LogStreamNamePrefixes,
		"logEventFilterPattern": t.in.LogEventFilterPattern}) {
		return
	}
	tick := time.NewTicker(liveTailTick)
	defer tick.Stop()
	for end := time.After(liveTailEnd); ; {
		select {
		case <-c.HTTP.Context().Done():
			return
		case <-end:
			return
		case <-tick.C:
		}
		events, sampled := t.next()
		if !send("sessionUpdate", map[string]any{"sessionMetadata": map[string]bool{"sampled": sampled}, "sessionResults": events}) {
			return
		}
	}
}

type liveEvent struct {
	LogGroupIdentifier string `json:"logGroupIdentifier"`
	LogStreamName      string `json:"logStreamName"`
	Message            string `json:"message"`
	Timestamp          int64  `json:"timestamp"`
	IngestionTime      int64  `json:"ingestionTime"`
}

func (t *liveTail) wants(stream string) bool {
	if len(t.in.LogStreamNames) > 0 && !slices.Contains(t.in.LogStreamNames, stream) {
		return false
	}
	if len(t.in.LogStreamNamePrefixes) == 0 {
		return true
	}
	return slices.ContainsFunc(t.in.LogStreamNamePrefixes, func(p string) bool { return strings.HasPrefix(stream, p) })
}

// next are the events since the last update.
func (t *liveTail) next() (list []liveEvent, sampled bool) {
	list = []liveEvent{}
	latest, seen := t.since, map[string]bool{}
	for _, g := range t.groups {
		g.each(t.wants, t.since-latestEvent, 0, func(st *stream, e *event) bool {
			if e.ingested < t.since {
				return true
			}
			id := g.name + eventID(st.name, e)
			if t.seen[id] {
				return true
			}
			if e.ingested > latest {
				latest, seen = e.ingested, map[string]bool{}
			}
			if e.ingested == latest {
				seen[id] = true
			}
			if !t.match(e.text) {
				return true
			}
			if len(list) >= liveTailMost { // AWS samples: the rest is left out
				sampled = true
				return true
			}
			list = append(list, liveEvent{strings.TrimSuffix(g.arn, ":*"), st.name, e.text, e.time, e.ingested})
			return true
		})
	}
	if latest == t.since {
		for id := range t.seen {
			seen[id] = true
		}
	}
	t.since, t.seen = latest, seen
	return list, sampled
}

// frame is a message of application/vnd.amazon.eventstream: prelude, headers, payload, checksums.
func frame(kind string, payload []byte) []byte {
	var headers []byte
	for _, h := range [][2]string{{":message-type", "event"}, {":event-type", kind}, {":content-type", "application/json"}} {
		headers = append(append(headers, byte(len(h[0]))), h[0]...)
		headers = append(headers, 7) // a string
		headers = append(binary.BigEndian.AppendUint16(headers, uint16(len(h[1]))), h[1]...)
	}
	total := 12 + len(headers) + len(payload) + 4
	b := binary.BigEndian.AppendUint32(make([]byte, 0, total), uint32(total))
	b = binary.BigEndian.AppendUint32(b, uint32(len(headers)))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	b = append(append(b, headers...), payload...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}
