package observe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
)

// Entry is one thing that was seen: an event in its story, a line that a function wrote for a step of it, or how far a map run is.
type Entry struct {
	Time       time.Time // of the event or the line, or of the look at a map run
	Machine    *Machine
	Story      *Story
	Scene      Scene       // of an event; of the others its step
	Log        *LogLine    // nil but for a line
	Invocation *Invocation // that wrote the line
	Run        *MapRun     // nil but for a map run
}

// Tail follows the executions of machines, their child executions and map runs.
type Tail struct {
	States    States
	Logs      Logs
	Machines  []Machine
	Execution string    // the ARN of the only execution to tell, with its children; "" for all
	Since     time.Time // older events are left out
	Until     time.Time // zero: no end
	Follow    bool      // go on until ctx ends, or the one Execution has ended
	Lambda    bool      // read the functions' logs as well
	Lean      bool      // stories keep what is going on and forget what was told, so that memory does not grow
	Interval  time.Duration
	Emit      func(Entry) error
	Idle      func() error // called when all that is there was told, before a wait; nil for nothing
	Notice    func(string) // what the reader should know: waiting, throttled
	Renew     func()       // asks for credentials anew; nil where there is no way
	Now       func() time.Time
	Wait      func(context.Context, time.Duration) error
}

// patience is how many looks a missing event is waited for, when following.
const patience = 5

// errNoLogs says that an Express machine keeps no record of its executions.
var errNoLogs = errors.New("is EXPRESS and logs nothing, so nobody can tell what it did; set its log level to ALL and deploy")

// Run tells what there is, and what comes when following.
func (t *Tail) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := t.reader()
	if err != nil {
		return err
	}
	for {
		if err := r.look(ctx); err != nil {
			return r.interrupted(ctx, err)
		}
		switch {
		case !t.Follow:
			if err := r.flush(ctx); err != nil || !r.unread() {
				return err
			}
			continue
		case !r.done.IsZero() && (len(r.wanted) == 0 || r.patient().Sub(r.done) > settleAtEnd):
			return r.flush(ctx)
		}
		if err := r.idle(); err != nil {
			return err
		}
		if err := r.pause(ctx); err != nil {
			return r.interrupted(ctx, err)
		}
	}
}

func (r *reader) groupsUnread() bool {
	for _, g := range r.groups {
		if _, looked := r.looks[g]; !looked && g.look == nil {
			return true
		}
	}
	return false
}

// errOver ends a tail whose time is over.
var errOver = errors.New("over")

// interrupted tells what is there when ctx has ended, which is no error.
func (r *reader) interrupted(ctx context.Context, err error) error {
	if !errors.Is(err, errOver) && ctx.Err() == nil {
		return err
	}
	return r.flush(ctx)
}

// unread is whether what was told has brought up sources that were not looked at yet: child executions, map runs.
func (r *reader) unread() bool {
	return r.groupsUnread() || len(r.ready) > 0 || r.histories.unread() || r.children.unread()
}

// reader is a Tail at work.
type reader struct {
	*Tail
	machines    map[string]*machineReader // by ARN
	byName      map[string]*machineReader // those that logs are read of
	groups      []*logReader              // in the order in which they came up
	functions   map[string]*logReader     // by the function's name; also among groups
	nameOf      map[*logReader]string     // the function's name, of those
	looks       map[*logReader]time.Time  // when each group is looked at again
	live        *live
	histories   histories
	stories     map[string]*Story
	children    children
	invocations Invocations
	ready       []Event  // that can be told, by time
	wanted      []wanted // tasks whose log lines have not come yet
	remembered  int      // invocations, when some were last forgotten
	emitted     int
	quiet       bool          // the last look brought nothing, and that was said
	gap         bool          // an event is missing, or lines were left out: look at everything
	stalled     time.Duration // that calls waited to be tried again
	troubled    bool          // calls did since the last look began: lines may have come between its pages
	done        time.Time     // by the clock of patience, when the end of the only execution was told
}

type machineReader struct {
	Machine
	whole   bool // all its executions are told, not only adopted ones
	sorter  Sorter
	byLists bool // executions are found by ListExecutions
}

// settle is how long the log lines of a task that has ended are waited for; settleAtEnd how long when there is nothing else to wait for.
const (
	settle      = late
	settleAtEnd = 3 * time.Second
)

type wanted struct {
	entry Entry
	until time.Time
}

func (t *Tail) reader() (*reader, error) {
	r := &reader{
		Tail: t, machines: map[string]*machineReader{}, byName: map[string]*machineReader{}, functions: map[string]*logReader{},
		nameOf: map[*logReader]string{}, looks: map[*logReader]time.Time{}, live: newLive(t.Logs), stories: map[string]*Story{},
		children: newChildren(),
	}
	r.live.off = r.live.off || !t.Follow
	for _, m := range t.Machines {
		if m.Express && m.LogGroup == "" {
			return nil, fmt.Errorf("%s %w", m.Name, errNoLogs)
		}
		mr := r.machine(m, t.Since)
		mr.whole = t.Execution == ""
		mr.byLists = mr.whole && !m.logged()
	}
	if t.Execution != "" && !t.express() {
		r.histories.add(t.Execution, time.Unix(0, 0))
	}
	return r, nil
}

func (t *Tail) express() bool { return NewStory(t.Execution).Express }

// machine makes the reader of a machine, with the logs that it and its functions write.
func (r *reader) machine(m Machine, since time.Time) *machineReader {
	if mr := r.machines[m.ARN]; mr != nil {
		return mr
	}
	mr := &machineReader{Machine: m}
	if r.Follow {
		mr.sorter.Patience = patience * r.Interval
		if !m.AllEvents {
			mr.sorter.Patience = r.Interval // its log leaves events out as a rule
		}
	} else {
		mr.sorter.Patience = forever
	}
	r.machines[m.ARN] = mr
	if m.logged() && (m.Express || r.Execution == "") {
		r.byName[m.Name] = mr
		g := r.group(m.LogGroup, since)
		if m.ARN == MachineOf(r.Execution) && !strings.ContainsAny(r.Execution, `"\\`) { // of other executions in it nothing is told
			g.only = r.Execution
		}
	}
	if r.Lambda {
		for _, name := range m.Functions {
			if r.functions[name] == nil {
				g := r.group("/aws/lambda/"+name, since.Add(-skew))
				r.functions[name], r.nameOf[g] = g, name
			}
		}
	}
	return mr
}

// forever is the patience of who does not follow: gaps are given up by how far the logs were read, and at the end.
const forever = 1 << 62

func (r *reader) group(name string, since time.Time) *logReader {
	for _, g := range r.groups {
		if g.group == name {
			return g
		}
	}
	g := newLogReader(name, since, r.Until)
	if !r.live.off {
		g.told.same = map[uint64]*counts{}
	}
	r.groups = append(r.groups, g)
	return g
}

// widen reads all of a log group of which a part was.
func (r *reader) widen(name string) {
	for _, g := range r.groups {
		if g.group == name && g.only != "" {
			g.widen(r.Now())
			r.children.adoptions++
		}
	}
}

// idle ends a look, and says once that nothing happens.
func (r *reader) idle() error {
	if r.Idle != nil {
		if err := r.Idle(); err != nil {
			return err
		}
	}
	if r.emitted == 0 && !r.quiet {
		r.notice("waiting for events; Ctrl-C ends")
	}
	r.quiet, r.emitted = r.emitted == 0, 0
	return nil
}

// pause waits for the next look, and tells what live tail brings meanwhile.
func (r *reader) pause(ctx context.Context) error {
	now := r.Now()
	if !r.Until.IsZero() && now.After(r.Until.Add(late)) {
		return errOver
	}
	r.live.open(ctx, now, r.groups, r.groupARN())
	if r.live.off || len(r.live.covered) == 0 {
		return r.Wait(ctx, r.Interval)
	}
	timer := time.NewTimer(r.Interval)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		case u := <-r.live.updates:
			if err := r.takeLive(ctx, u); err != nil {
				return err
			}
		}
	}
}

func (r *reader) groupARN() func(string) string {
	for arn := range r.machines {
		return groupARN(arn)
	}
	return groupARN(r.Execution)
}

func (r *reader) takeLive(ctx context.Context, u liveUpdate) error {
	r.gap = r.gap || u.sampled || len(u.opened) > 0
	for _, name := range u.closed {
		delete(r.looks, r.live.covered[name])
	}
	if len(u.closed) > 0 {
		r.live.ended(u, r.Now())
		return nil
	}
	for i := range u.lines {
		e := &u.lines[i]
		g := r.live.groupOf(deref(e.LogGroupIdentifier))
		if g == nil {
			continue
		}
		if line := liveLine(e); g.takeLive(line) {
			r.take(g, []LogLine{line})
		}
	}
	if err := r.release(ctx, time.Time{}); err != nil {
		return err
	}
	return r.idle()
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// look reads each source that is due once, and tells what is ready.
func (r *reader) look(ctx context.Context) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	for {
		if err := r.read(ctx); err != nil {
			return err
		}
		if err := r.release(ctx, time.Time{}); err != nil {
			return err
		}
		if err := r.children.look(ctx, r); err != nil {
			return err
		}
		if len(r.ready) == 0 {
			break
		}
	}
	r.gap = r.gaps()
	return r.claim(false, time.Time{})
}

// begin starts a look at the sources that are due.
func (r *reader) begin(ctx context.Context) error {
	now, wide := r.Now(), r.gap || r.troubled
	r.troubled = false
	for _, g := range r.groups {
		if at, looked := r.looks[g]; looked && r.Follow && (wide || !now.Before(at)) {
			g.begin(now, wide)
		}
	}
	return r.histories.begin(ctx, r)
}

// read reads on in the source that is least far, page by page, so that what is told stays in order and no more than a page of each
// is held.
func (r *reader) read(ctx context.Context) error {
	now := r.Now()
	for {
		if r.children.unread() {
			if err := r.children.look(ctx, r); err != nil {
				return err
			}
		}
		for _, g := range r.groups {
			if _, looked := r.looks[g]; !looked && g.look == nil {
				g.begin(now, false)
			}
		}
		g, h, upTo := r.leastFar()
		if g == nil && h == nil {
			return nil
		}
		if err := r.release(ctx, upTo); err != nil {
			return err
		}
		if h != nil {
			if err := r.histories.read(ctx, r, h); err != nil {
				return err
			}
			continue
		}
		if err := r.readGroup(ctx, g, now); err != nil {
			return err
		}
	}
}

func (r *reader) readGroup(ctx context.Context, g *logReader, now time.Time) error {
	var lines []LogLine
	err := r.persist(ctx, func() (err error) { lines, err = g.page(ctx, r.Logs); return err })
	if err != nil {
		return fmt.Errorf("reading log group %s: %w", g.group, err)
	}
	r.take(g, lines)
	if g.look.over {
		r.looks[g] = now
		if r.live.covered[g.group] != nil {
			r.looks[g] = now.Add(gapLooks)
		}
		g.look = nil
	}
	return nil
}

// leastFar is the source that is the furthest back, a log group or a history, and how far everything was read; of neither, all
// were read.
func (r *reader) leastFar() (g *logReader, h *followed, upTo time.Time) {
	if h = r.histories.next(); h != nil {
		upTo = h.start
	}
	for _, other := range r.groups {
		if other.look == nil {
			continue
		}
		at := other.look.upTo
		if r.nameOf[other] != "" {
			at = at.Add(-behind) // a task's log lines are told with its end
		}
		if g == nil && h == nil || at.Before(upTo) {
			g, h, upTo = other, nil, at
		}
	}
	for _, at := range r.looks { // what came to other groups after they were read, while calls were tried again, was not
		if at.Before(upTo) {
			upTo = at
		}
	}
	return g, h, upTo
}

// behind is how much later than a task's end its function's last line may be.
const behind = time.Second

// take routes lines to where they belong: functions' to their invocations, events to their machine's sorter.
func (r *reader) take(g *logReader, lines []LogLine) {
	now := r.patient()
	if name := r.nameOf[g]; name != "" {
		for _, line := range lines {
			r.invocations.Add(name, line)
		}
		return
	}
	for i := range lines {
		e, log, err := history.FromLog(lines[i].Text)
		if err != nil {
			continue // somebody else's line in a shared group
		}
		if m := r.ownerOf(log.ExecutionARN); m != nil {
			m.sorter.Add(Event{log.ExecutionARN, log.RedriveCount, e, m}, now)
		}
	}
}

// ownerOf is the machine whose execution is to be told, nil where it is not.
func (r *reader) ownerOf(execution string) *machineReader {
	name, _ := machineName(execution)
	m := r.byName[name]
	if m == nil || !m.whole && execution != r.Execution && !r.children.adopted(execution) {
		return nil
	}
	return m
}

func (r *reader) gaps() bool {
	for _, m := range r.machines {
		if m.sorter.gaps && m.AllEvents {
			return true
		}
	}
	return false
}

// release tells what is ready up to a time; the zero time is no bound.
func (r *reader) release(ctx context.Context, upTo time.Time) error {
	fresh := len(r.ready)
	for _, m := range r.machines {
		r.ready = m.sorter.ready(r.ready, r.patient(), upTo)
	}
	if fresh < len(r.ready) {
		r.children.foresee(r.ready[fresh:])
		sortByTime(r.ready, r.children.tie, r.children.notBefore)
	}
	if err := r.tellReady(ctx, upTo); err != nil {
		return err
	}
	r.forget(r.patient(), upTo)
	return r.claim(false, upTo)
}

// tellReady tells the events that are ready, up to one that brings up a source which was not read yet: what that says may come before
// the rest.
func (r *reader) tellReady(ctx context.Context, upTo time.Time) error {
	n := 0
	defer func() { r.ready = slices.Delete(r.ready, 0, n) }()
	for n < len(r.ready) && (upTo.IsZero() || r.ready[n].Time.Before(upTo)) {
		sources := r.children.adoptions
		err := r.tell(ctx, r.ready[n])
		if n++; err != nil || r.children.adoptions > sources {
			return err
		}
	}
	return nil
}

func (r *reader) tell(ctx context.Context, e Event) error {
	story := r.storyOf(e.Execution)
	story.touched = e.Time
	entry := Entry{Time: e.Time, Machine: &e.machine.Machine, Story: story, Scene: story.Add(e.Event)}
	if err := r.wantLines(entry); err != nil {
		return err
	}
	if (!e.Time.Before(r.Since) || r.Execution != "") && (!story.muted || bad(e.Type)) {
		if err := r.emit(entry); err != nil {
			return err
		}
	}
	if err := r.children.see(ctx, r, entry); err != nil {
		return err
	}
	if r.Lean {
		story.forget()
	}
	if Terminal(e.Type) {
		if e.Execution == r.Execution {
			r.done = r.patient()
		}
		delete(r.stories, e.Execution)
		r.children.ended(e.Execution)
	}
	return nil
}

func (r *reader) emit(e Entry) error {
	r.emitted++
	return r.Emit(e)
}

// bad says that an event of this type tells of a failure.
func bad(t history.Type) bool {
	return strings.HasSuffix(string(t), "Failed") || strings.HasSuffix(string(t), "TimedOut") || strings.HasSuffix(string(t), "Aborted")
}

// storyOf is the story of an execution as far as it is told.
func (r *reader) storyOf(execution string) *Story {
	story := r.stories[execution]
	if story == nil {
		story = NewStory(strings.Clone(execution))
		r.stories[story.ARN] = story
		r.children.place(r, story)
	}
	return story
}

// wantLines asks for the log lines of an attempt that has ended, and tells those that are there before its end is told.
func (r *reader) wantLines(entry Entry) error {
	a := entry.Scene.Attempt
	if a == nil || a.Ended.IsZero() && !a.Submitted || a.logged || len(r.functions) == 0 || !a.callsLambda() {
		return nil
	}
	a.logged = true
	told, err := r.tellLines(entry, !r.Follow)
	if err == nil && !told {
		r.wanted = append(r.wanted, wanted{entry, r.patient().Add(settle)})
	}
	return err
}

// tellLines tells the lines of the invocation that an entry's attempt made, where they have come; last says that all have.
func (r *reader) tellLines(entry Entry, last bool) (bool, error) {
	a := entry.Scene.Attempt
	in := r.invocations.claim(a, &entry, last)
	if in == nil {
		return false, nil
	}
	a.Invocation = in
	if entry.Story.muted {
		return true, nil
	}
	for i := range in.Lines {
		entry.Log, entry.Invocation, entry.Time = &in.Lines[i], in, in.Lines[i].Time
		if err := r.emit(entry); err != nil {
			return true, err
		}
	}
	return true, nil
}

// claim tells the log lines of tasks that have ended, as far as they are there. What never came is given up: at the end, when waiting
// takes too long, when logs were read up to a time well behind.
func (r *reader) claim(last bool, upTo time.Time) error {
	now := r.patient()
	still := r.wanted[:0]
	for _, w := range r.wanted {
		over := last || !now.Before(w.until) || upTo.Sub(w.entry.Time) > settle
		told, err := r.tellLines(w.entry, over || !r.Follow)
		if err != nil {
			return err
		}
		if !told && !over {
			still = append(still, w)
		}
	}
	clear(r.wanted[len(still):])
	r.wanted = still
	return r.tellLate()
}

// tellLate tells lines that came after the others of their invocation.
func (r *reader) tellLate() error {
	for _, l := range r.invocations.late {
		l.in.Lines = append(l.in.Lines, l.line)
		entry := *l.in.owner
		entry.Log, entry.Invocation, entry.Time = &l.line, l.in, l.line.Time
		if entry.Story.muted {
			continue
		}
		if err := r.emit(entry); err != nil {
			return err
		}
	}
	r.invocations.late = nil
	return nil
}

// Limits of what is remembered of executions that never end, and of invocations that have ended.
const (
	mostStories  = 10_000
	ended        = 2 * time.Minute
	endedAtPeaks = 5 * time.Second // where there are very many
	manyEnded    = 20_000
)

func (r *reader) forget(now, upTo time.Time) {
	if len(r.stories) > mostStories {
		r.forgetStories()
	}
	if r.Follow && upTo.IsZero() {
		upTo = now
	}
	if n := len(r.invocations.byRequest); n > r.remembered+1000 && !upTo.IsZero() {
		r.invocations.forget(upTo.Add(-ended))
		if len(r.invocations.byRequest) > manyEnded {
			r.invocations.forget(upTo.Add(-endedAtPeaks))
		}
		r.remembered = len(r.invocations.byRequest)
	}
}

// forgetStories drops the half of the stories in which nothing happened for longest.
func (r *reader) forgetStories() {
	list := slices.SortedFunc(maps.Values(r.stories), func(a, b *Story) int { return a.touched.Compare(b.touched) })
	for _, s := range list[:len(list)/2] {
		delete(r.stories, s.ARN)
	}
}

// flush tells what still waits for events before it, in the order that there is.
func (r *reader) flush(ctx context.Context) error {
	for _, m := range r.machines {
		m.sorter.Patience = 0
	}
	for {
		if err := r.release(ctx, time.Time{}); err != nil {
			return err
		}
		if len(r.ready) == 0 || ctx.Err() == nil {
			break // what is left waits for sources to be read
		}
	}
	if len(r.ready) > 0 {
		return nil
	}
	return r.claim(true, time.Time{})
}
