package observe

import (
	"context"
	"errors"
	"hash/maphash"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// Logs is the part of CloudWatch Logs that is read. Where it also has StartLiveTail, that is used when following.
type Logs interface {
	FilterLogEvents(context.Context, *cloudwatchlogs.FilterLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error)
}

// LogLine is one line of a log group.
type LogLine struct {
	Time   time.Time
	Stream string
	Text   string
}

// Log lines arrive out of order and with delay, so each look goes back behind the newest line seen: by late, now and then by
// veryLate and, where lines come faster than they can be read twice, by narrow.
const (
	narrow        = 2 * time.Second
	late          = 10 * time.Second
	veryLate      = 2 * time.Minute
	veryLateEvery = 30 * time.Second
	manyPages     = 2       // of a look: more say that lines come fast
	mostSeen      = 200_000 // lines that are remembered, so that none is told twice
)

// logReader reads the lines of one log group, each once. A look is one pass over what is there, page by page; later looks bring
// what came since. Live tail brings lines as well; those are not brought again.
type logReader struct {
	group string
	since time.Time // older lines are left out
	until time.Time // zero: no end
	only  string    // a text that lines have; "": any

	look    *look
	newest  time.Time
	deep    time.Time // when the last look went back by veryLate
	fast    bool
	missing bool // the group is not there, or not yet
	told    told
}

// look is a pass that is under way.
type look struct {
	from  time.Time
	upTo  time.Time // lines up to here have been read
	pages int
	in    *cloudwatchlogs.FilterLogEventsInput // of the page that comes next
	next  chan page                            // where it is being fetched
	over  bool
}

type page struct {
	out *cloudwatchlogs.FilterLogEventsOutput
	err error
}

func newLogReader(group string, since, until time.Time) *logReader {
	return &logReader{group: group, since: since, until: until, told: told{seed: maphash.MakeSeed(), ids: map[uint64]int64{}}}
}

// begin starts a look at the time now; wide asks for one that goes far back.
func (r *logReader) begin(now time.Time, wide bool) {
	back := late
	if r.fast {
		back = narrow
	}
	if wide || now.Sub(r.deep) > veryLateEvery {
		r.deep, back = now, veryLate
	}
	r.look = &look{from: r.since}
	if from := r.newest.Add(-min(back, r.told.window())); from.After(r.since) {
		r.look.from = from
	}
	r.look.upTo, r.look.in = r.look.from, r.request()
}

func (r *logReader) request() *cloudwatchlogs.FilterLogEventsInput {
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &r.group, StartTime: aws.Int64(r.look.from.UnixMilli())}
	if r.only != "" {
		in.FilterPattern = aws.String(`"` + r.only + `"`)
	}
	if !r.until.IsZero() {
		in.EndTime = aws.Int64(r.until.UnixMilli())
	}
	return in
}

// widen reads the lines that only left out.
func (r *logReader) widen(now time.Time) {
	r.only, r.newest = "", time.Time{}
	r.begin(now, true)
}

func (l *look) fetch(ctx context.Context, logs Logs) {
	in, next := *l.in, make(chan page, 1)
	l.next = next
	go func() {
		out, err := logs.FilterLogEvents(ctx, &in)
		next <- page{out, err}
	}()
}

// page is the next page of the look. While its lines are told, the one after it is fetched. After an error the same page is
// asked for again.
func (r *logReader) page(ctx context.Context, logs Logs) ([]LogLine, error) {
	l := r.look
	if l.next == nil {
		l.fetch(ctx, logs)
	}
	p := <-l.next
	l.next = nil
	var gone *types.ResourceNotFoundException
	if r.missing = errors.As(p.err, &gone); r.missing { // it appears with its first line
		l.over = true
		return nil, nil
	}
	if p.err != nil {
		return nil, p.err
	}
	l.pages++
	if l.over = p.out.NextToken == nil; l.over {
		r.fast = l.pages > manyPages
	} else {
		l.in.NextToken = p.out.NextToken
		l.fetch(ctx, logs)
	}
	return r.take(p.out.Events), nil
}

func (r *logReader) take(events []types.FilteredLogEvent) []LogLine {
	fresh := make([]LogLine, 0, len(events))
	for i := range events {
		e := &events[i]
		line := LogLine{Time: time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC(), Stream: aws.ToString(e.LogStreamName), Text: aws.ToString(e.Message)}
		r.look.upTo = later(r.look.upTo, line.Time)
		r.newest = later(r.newest, line.Time)
		if line.Time.Before(r.look.from.Truncate(time.Millisecond)) || !r.told.stored(aws.ToString(e.EventId), line) {
			continue
		}
		fresh = append(fresh, line)
	}
	r.told.forget(r.newest)
	return fresh
}

// takeLive is whether a line that live tail brings is new.
func (r *logReader) takeLive(line LogLine) bool {
	return !line.Time.Before(r.since) && (r.until.IsZero() || !line.Time.After(r.until)) && r.told.live(line)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// told remembers which lines were told. Stored lines have ids; those of live tail have none, so that lines of the same stream,
// time and text are counted: as many are told as either source has brought.
type told struct {
	seed   maphash.Seed
	ids    map[uint64]int64   // of stored lines, to their time in milliseconds
	same   map[uint64]*counts // nil where no live tail is to come
	span   time.Duration      // how far back lines are remembered, where that is less than veryLate
	pruned int                // lines that were left when the last were forgotten
}

type counts struct {
	at                 int64
	stored, live, told int
}

func (t *told) window() time.Duration {
	if t.span == 0 {
		return veryLate
	}
	return t.span
}

// stored is whether the line with this id is to be told.
func (t *told) stored(id string, line LogLine) bool {
	key := maphash.String(t.seed, id)
	if _, twice := t.ids[key]; twice {
		return false
	}
	t.ids[key] = line.Time.UnixMilli()
	if t.same == nil {
		return true
	}
	c := t.of(line)
	c.stored++
	return c.tell(c.stored)
}

// live is whether a line of live tail is to be told.
func (t *told) live(line LogLine) bool {
	c := t.of(line)
	c.live++
	return c.tell(c.live)
}

func (c *counts) tell(n int) bool {
	if n <= c.told {
		return false
	}
	c.told = n
	return true
}

func (t *told) of(line LogLine) *counts {
	var h maphash.Hash
	h.SetSeed(t.seed)
	h.WriteString(line.Stream)
	h.WriteByte(0)
	h.WriteString(line.Text)
	maphash.WriteComparable(&h, line.Time.UnixMilli())
	key := h.Sum64()
	c := t.same[key]
	if c == nil {
		c = &counts{at: line.Time.UnixMilli()}
		t.same[key] = c
	}
	return c
}

// forget drops lines that no later look will bring. Where that leaves too many, later looks go back less far.
func (t *told) forget(newest time.Time) {
	if len(t.ids) < 2*t.pruned+1000 {
		return
	}
	t.drop(newest.Add(-t.window()).UnixMilli())
	for len(t.ids) > mostSeen && t.window() > narrow {
		t.span = max(t.window()/2, narrow)
		t.drop(newest.Add(-t.span).UnixMilli())
	}
	t.pruned = len(t.ids)
}

func (t *told) drop(before int64) {
	for key, at := range t.ids {
		if at < before {
			delete(t.ids, key)
		}
	}
	for key, c := range t.same {
		if c.at < before {
			delete(t.same, key)
		}
	}
}
