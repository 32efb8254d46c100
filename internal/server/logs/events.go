package logs

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/server/wire"
)

// AWS: PutLogEvents: 10,000 events and 1,048,576 bytes a call, an event is at most 256 KB; not older than 14 days or newer than
// two hours.
const (
	mostPut     = 10_000
	mostPutSize = 1_048_576
	oldestPut   = 14 * 24 * time.Hour
	newestPut   = 2 * time.Hour
)

type putInput struct {
	LogGroupName  string     `json:"logGroupName"`
	LogStreamName string     `json:"logStreamName"`
	LogEvents     []putEvent `json:"logEvents"`
}

type putEvent struct {
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

func (in *putInput) checkSize() error {
	size := 0
	for _, e := range in.LogEvents {
		size += len(e.Message) + 26
	}
	if len(in.LogEvents) == 0 || len(in.LogEvents) > mostPut || size > mostPutSize {
		return invalid("Upload too large: %d bytes exceeds limit of %d", size, mostPutSize)
	}
	return nil
}

func (s *Store) putLogEvents(c *wire.Call, in *putInput) (any, error) {
	g, err := s.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if err := in.checkSize(); err != nil {
		return nil, err
	}
	now := s.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	st := g.streams[in.LogStreamName]
	if st == nil {
		return nil, noStream()
	}
	if !slices.IsSortedFunc(in.LogEvents, func(a, b putEvent) int { return cmp.Compare(a.Timestamp, b.Timestamp) }) {
		return nil, invalid("Log events in a single PutLogEvents request must be in chronological order.")
	}
	rejected := map[string]int{}
	oldest, newest := now.Add(-oldestPut).UnixMilli(), now.Add(newestPut).UnixMilli()
	for i, e := range in.LogEvents {
		switch {
		case e.Timestamp < oldest:
			rejected["tooOldLogEventEndIndex"] = i + 1
		case e.Timestamp > newest:
			if _, ok := rejected["tooNewLogEventStartIndex"]; !ok {
				rejected["tooNewLogEventStartIndex"] = i
			}
		default:
			g.append(st, e.Timestamp, now.UnixMilli(), e.Message)
		}
	}
	st.ingested = now
	s.keepStream(g, st)
	g.wake()
	answer := map[string]any{"nextSequenceToken": strconv.FormatInt(st.nextID, 10)}
	if len(rejected) > 0 {
		answer["rejectedLogEventsInfo"] = rejected
	}
	return answer, nil
}

type getInput struct {
	LogGroupName       string `json:"logGroupName"`
	LogGroupIdentifier string `json:"logGroupIdentifier"`
	LogStreamName      string `json:"logStreamName"`
	StartTime          int64  `json:"startTime"`
	EndTime            int64  `json:"endTime"`
	NextToken          string `json:"nextToken"`
	Limit              int    `json:"limit"`
	StartFromHead      bool   `json:"startFromHead"`
}

type eventOutput struct {
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
}

// mostRead is the largest page of events, and its default. AWS: EventsLimit.
const mostRead = 10_000

func limitOf(n int) (int, error) {
	if n < 0 || n > mostRead {
		return 0, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000", n)
	}
	if n == 0 {
		n = mostRead
	}
	return n, nil
}

// getLogEvents pages through a stream both ways. A token is a direction and the place of an event: "f/17" goes on behind it,
// "b/17" before it; at the end of a stream it stays the same, as AWS has it.
func (s *Store) getLogEvents(c *wire.Call, in *getInput) (any, error) {
	g, err := s.group(c, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	limit, err := limitOf(in.Limit)
	if err != nil {
		return nil, err
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	st := g.streams[in.LogStreamName]
	if st == nil {
		return nil, noStream()
	}
	events := st.between(in.StartTime, in.EndTime)
	base := st.dropped
	if len(events) > 0 {
		i, _ := slices.BinarySearchFunc(st.events, events[0], func(a, b event) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.id, b.id)) })
		base += i
	}
	from, to, err := in.part(len(events), base, limit)
	if err != nil {
		return nil, err
	}
	list := make([]eventOutput, 0, to-from)
	for _, e := range events[from:to] {
		list = append(list, eventOutput{e.time, e.text, e.ingested})
	}
	return map[string]any{"events": list, "nextForwardToken": fmt.Sprintf("f/%035d", base+to), "nextBackwardToken": fmt.Sprintf("b/%035d", base+from)}, nil
}

// part is which of n events a page holds; base is the place of the first.
func (in *getInput) part(n, base, limit int) (from, to int, err error) {
	direction, digits, ok := strings.Cut(in.NextToken, "/")
	place, convErr := strconv.Atoi(digits)
	switch {
	case in.NextToken == "" && in.StartFromHead:
		return 0, min(limit, n), nil
	case in.NextToken == "":
		return max(0, n-limit), n, nil
	case !ok || convErr != nil || direction != "f" && direction != "b":
		return 0, 0, invalid("The specified nextToken is invalid.")
	case direction == "f":
		from = min(max(0, place-base), n)
		return from, min(from+limit, n), nil
	}
	to = min(max(0, place-base), n)
	return max(0, to-limit), to, nil
}

type filterInput struct {
	LogGroupName        string   `json:"logGroupName"`
	LogGroupIdentifier  string   `json:"logGroupIdentifier"`
	LogStreamNames      []string `json:"logStreamNames"`
	LogStreamNamePrefix string   `json:"logStreamNamePrefix"`
	StartTime           int64    `json:"startTime"`
	EndTime             int64    `json:"endTime"`
	FilterPattern       string   `json:"filterPattern"`
	NextToken           *string  `json:"nextToken"`
	Limit               int      `json:"limit"`
}

type filteredEvent struct {
	LogStreamName string `json:"logStreamName"`
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
	EventID       string `json:"eventId"`
}

// Query asks for the lines of a group, the oldest first.
type Query struct {
	Account, Region, Group, Pattern string
	From, To                        time.Time // To is zero where there is no end
	Token                           string    // of the page before
}

// Lines is a page of FilterLogEvents' messages, with the token of the next; "" at the end.
func (s *Store) Lines(q Query) (lines []string, next string, err error) {
	in := filterInput{LogGroupName: q.Group, FilterPattern: q.Pattern, StartTime: q.From.UnixMilli()}
	if !q.To.IsZero() {
		in.EndTime = q.To.UnixMilli()
	}
	if q.Token != "" {
		in.NextToken = &q.Token
	}
	out, err := s.filter(&wire.Call{Account: q.Account, Region: q.Region}, &in)
	if err != nil {
		return nil, "", err
	}
	for _, e := range out.Events {
		lines = append(lines, e.Message)
	}
	return lines, out.NextToken, nil
}

type filterOutput struct {
	Events             []filteredEvent `json:"events"`
	SearchedLogStreams []any           `json:"searchedLogStreams"`
	NextToken          string          `json:"nextToken,omitempty"`
}

func (s *Store) filterLogEvents(c *wire.Call, in *filterInput) (any, error) { return s.filter(c, in) }

// filter merges the streams of a group by time. A token is how many of the events in the span were looked at.
func (s *Store) filter(c *wire.Call, in *filterInput) (*filterOutput, error) {
	g, err := s.group(c, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	limit, err := limitOf(in.Limit)
	if err != nil {
		return nil, err
	}
	if len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != "" {
		return nil, invalid("Parameters logStreamNames and logStreamNamePrefix are mutually exclusive")
	}
	match, err := compilePattern(in.FilterPattern)
	if err != nil {
		return nil, err
	}
	skip := int64(0)
	if in.NextToken != nil {
		if skip, err = openToken(*in.NextToken); err != nil {
			return nil, invalid("The specified nextToken is invalid.")
		}
	}
	end := in.EndTime
	if end > 0 {
		end++ // AWS: events later than endTime are left out, those at it are not
	}
	found, looked, size, more := []filteredEvent{}, int64(0), 0, false
	g.each(in.streams, in.StartTime, end, func(st *stream, e *event) bool {
		if more = looked >= skip && (len(found) >= limit || size > mostPage); more {
			return false
		}
		if looked++; looked > skip && match(e.text) {
			found = append(found, filtered(st, e))
			size += len(e.text)
		}
		return true
	})
	answer := &filterOutput{Events: found, SearchedLogStreams: []any{}}
	if more {
		answer.NextToken = sealToken(looked)
	}
	return answer, nil
}

// mostPage is how many bytes of messages a page of FilterLogEvents has. AWS: up to 1 MB.
const mostPage = 1_000_000

// streams tells which streams a call wants.
func (in *filterInput) streams(name string) bool {
	if len(in.LogStreamNames) > 0 {
		return slices.Contains(in.LogStreamNames, name)
	}
	return strings.HasPrefix(name, in.LogStreamNamePrefix)
}

// each calls f for the events of the wanted streams in a span, by time, until it is false.
func (g *group) each(wanted func(string) bool, from, to int64, f func(*stream, *event) bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	var m merge
	for _, st := range g.sorted() {
		if !wanted(st.name) {
			continue
		}
		if events := st.between(from, to); len(events) > 0 {
			m = append(m, run{st, len(m), events})
		}
	}
	heap.Init(&m)
	for len(m) > 0 {
		least := &m[0]
		if !f(least.stream, &least.events[0]) {
			return
		}
		if least.events = least.events[1:]; len(least.events) == 0 {
			heap.Pop(&m)
			continue
		}
		heap.Fix(&m, 0)
	}
}

// run is what is left of a stream's events, merge a heap of runs by their first event's time and the order of their streams.
type run struct {
	*stream
	place  int
	events []event
}

type merge []run

func (m merge) Len() int { return len(m) }
func (m merge) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(m[i].events[0].time, m[j].events[0].time), cmp.Compare(m[i].place, m[j].place)) < 0
}
func (m merge) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)   { *m = append(*m, x.(run)) }
func (m *merge) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

func filtered(st *stream, e *event) filteredEvent {
	return filteredEvent{st.name, e.time, e.text, e.ingested, eventID(st.name, e)}
}

// eventID is unique in its group, and of AWS's form: 56 digits.
func eventID(stream string, e *event) string {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(stream) {
		h = (h ^ uint64(stream[i])) * 1099511628211
	}
	id := make([]byte, 0, 56)
	id = digits(id, uint64(e.time), 18)
	id = digits(id, h, 20)
	return string(digits(id, uint64(e.id), 18))
}

// digits appends n with leading zeros.
func digits(dst []byte, n uint64, width int) []byte {
	from := len(dst)
	dst = dst[:from+width]
	for i := from + width - 1; i >= from; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
	return dst
}
