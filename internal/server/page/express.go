package page

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/observe"
)

// Step Functions keeps no record of Express executions. What they did is in the log group of their machine, as far as its log level
// lets them write: which of them there are (logged), and what one of them did (expressLog).

// LogQuery asks for the lines of a log group, the oldest first.
type LogQuery struct {
	On, Group string    // an ARN of the account and region; the group's name
	Pattern   string    // as FilterLogEvents has it; a source may bring more lines than match it
	From, To  time.Time // To is zero where there is no end
	Token     string    // of the page before
}

// logging is what a machine logs.
type logging struct {
	Level string `json:"level"` // "OFF" where it logs to no group, whatever it says
	Data  bool   `json:"data"`  // with inputs and outputs
	Group string `json:"group"`
}

// whole is whether every event is logged.
func (l logging) whole() bool { return l.Level == "ALL" }

func (m *described) logging() logging {
	var c struct {
		Level                string
		IncludeExecutionData bool
		Destinations         []struct {
			CloudWatchLogsLogGroup struct{ LogGroupArn string }
		}
	}
	if json.Unmarshal(m.LoggingConfiguration, &c) == nil && c.Level != "OFF" {
		for _, d := range c.Destinations {
			if group := observe.LogGroup(d.CloudWatchLogsLogGroup.LogGroupArn); group != "" {
				return logging{c.Level, c.IncludeExecutionData, group}
			}
		}
	}
	return logging{Level: "OFF"}
}

func isExpress(execution string) bool { return strings.Contains(execution, ":express:") }

// expressSpan is how long an Express execution runs at most (AWS: five minutes), and its last lines take to come. One without an end
// after that is said to be of unknown status.
const expressSpan = 6 * time.Minute

const unknown = "UNKNOWN"

// Reads of a log are bounded: a list asks for enough executions in spans of time, the newest first, each longer than the one before
// while few are found, and shorter where one has more lines than pagesOfSpan.
const (
	enough      = 200
	firstSpan   = time.Minute
	shortest    = time.Second
	spanGrows   = 4
	pagesOfSpan = 10
	pagesOfList = 60
)

// readLog hands the events of a query to add, up to the given number of pages. rest is the token to go on with, "" at the end.
func (p *Page) readLog(ctx context.Context, q LogQuery, pages int, add func(*history.Event, history.Log)) (read int, rest string, err error) {
	for read < pages {
		lines, next, err := p.Source.Log(ctx, q)
		if err != nil {
			return read, "", err
		}
		read++
		for _, line := range lines {
			if e, about, err := history.FromLog(line); err == nil { // else somebody else's line in a shared group
				add(e, about)
			}
		}
		if q.Token = next; next == "" {
			return read, "", nil
		}
	}
	return read, q.Token, nil
}

// loggedList is a part of an Express machine's executions.
type loggedList struct {
	Rows   []row `json:"rows"`             // the latest first
	Before int64 `json:"before,omitempty"` // where older ones are looked for; 0: there are none
	Behind bool  `json:"behind,omitempty"` // more happened than is read at once
}

// logged lists the executions of the Express machine ?machine=: the latest before the time ?before= or, without it, before now; with
// ?since= those that began then or later. ?status= asks for how they ended; those come without their start.
func (p *Page) logged(r *http.Request) (any, error) {
	machine := r.FormValue("machine")
	m, err := p.describe(r.Context(), machine, "")
	if err != nil {
		return nil, err
	}
	s := &logSearch{page: p, machine: machine, log: m.logging(), end: endings[r.FormValue("status")], born: moment(m.CreationDate.millis()).Add(-firstSpan)}
	if s.log.Group == "" {
		return loggedList{Rows: []row{}}, nil
	}
	if since := timeOf(r, "since"); !since.IsZero() {
		found, _, behind, err := s.span(r.Context(), since, time.Time{})
		return loggedList{Rows: sorted(found), Behind: behind}, err
	}
	return s.older(r.Context(), timeOf(r, "before"))
}

func moment(millis int64) time.Time { return time.UnixMilli(millis).UTC() }

func timeOf(r *http.Request, name string) time.Time {
	millis, err := strconv.ParseInt(r.FormValue(name), 10, 64)
	if err != nil || millis == 0 {
		return time.Time{}
	}
	return moment(millis)
}

// endings are the events that end an execution, by the status that it then has.
var endings = map[string]history.Type{
	"SUCCEEDED": history.ExecutionSucceeded, "FAILED": history.ExecutionFailed,
	"TIMED_OUT": history.ExecutionTimedOut, "ABORTED": history.ExecutionAborted,
}

func endingOf(t history.Type) string {
	for status, end := range endings {
		if end == t {
			return status
		}
	}
	return ""
}

// logSearch looks for executions in a log.
type logSearch struct {
	page    *Page
	machine string
	log     logging
	end     history.Type // only executions that ended so; "": all
	born    time.Time    // nothing is looked for before
}

// older finds the latest executions before a time; zero is now.
func (s *logSearch) older(ctx context.Context, before time.Time) (loggedList, error) {
	list := loggedList{Rows: []row{}}
	to, span, pages := before, firstSpan, 0
	for moved := false; len(list.Rows) < enough && (pages < pagesOfList || !moved); {
		from := cmp.Or(to, s.page.Source.Now()).Truncate(time.Millisecond).Add(-span) // the page goes on from a whole millisecond
		found, read, cut, err := s.span(ctx, from, to)
		pages += read
		if err != nil {
			return list, err
		}
		if cut && span > shortest {
			span = max(shortest, span/spanGrows)
			continue
		}
		list.Rows = append(list.Rows, sorted(found)...)
		to, span, moved = from, span*spanGrows, true
		if to.Before(s.born) {
			return list, nil
		}
	}
	list.Before = to.UnixMilli()
	return list, nil
}

// span finds the executions that began (or, where the log or the search knows no beginnings, ended) from a time on and before to; a
// zero to is no end. cut says that there were more pages than are read.
func (s *logSearch) span(ctx context.Context, from, to time.Time) (found map[string]*row, pages int, cut bool, err error) {
	began := s.end == "" && s.log.whole()
	q := LogQuery{On: s.machine, Group: s.log.Group, From: from, To: to, Pattern: fmt.Sprintf(`{ $.type = "%s" }`, cmp.Or(s.end, "Execution*"))}
	if began && !to.IsZero() {
		q.To = to.Add(expressSpan)
	}
	found = map[string]*row{}
	pages, rest, err := s.page.readLog(ctx, q, pagesOfSpan, func(e *history.Event, about history.Log) {
		inside := !e.Time.Before(from) && (to.IsZero() || e.Time.Before(to))
		s.take(found, e, about.ExecutionARN, inside && (e.Type == history.ExecutionStarted) == began)
	})
	now := s.page.Source.Now()
	for _, r := range found {
		if r.Status == "RUNNING" && now.Sub(moment(r.Start)) > expressSpan {
			r.Status = unknown
		}
	}
	return found, pages, rest != "", err
}

// take files an event; fresh says that it may make its execution known.
func (s *logSearch) take(found map[string]*row, e *history.Event, arn string, fresh bool) {
	ending := endingOf(e.Type)
	if observe.MachineOf(arn) != s.machine || ending == "" && e.Type != history.ExecutionStarted || s.end != "" && s.end != e.Type {
		return
	}
	r := found[arn]
	if r == nil {
		if !fresh {
			return
		}
		r = &row{ARN: arn, Machine: s.machine, Name: observe.NameOf(arn), Status: "RUNNING"}
		found[arn] = r
	}
	if ending != "" {
		r.Status, r.Stop = ending, e.Time.UnixMilli()
	} else {
		r.Start = e.Time.UnixMilli()
	}
}

func sorted(found map[string]*row) []row {
	rows := make([]row, 0, len(found))
	for _, r := range slices.SortedFunc(maps.Values(found), func(a, b *row) int {
		return cmp.Or(cmp.Compare(cmp.Or(b.Start, b.Stop), cmp.Or(a.Start, a.Stop)), strings.Compare(a.ARN, b.ARN))
	}) {
		rows = append(rows, *r)
	}
	return rows
}

// expressLog reads what one Express execution did.
type expressLog struct {
	logging
	about  LogQuery // of the look that goes on, or comes next
	at     time.Time
	newest time.Time
	sorter observe.Sorter
}

// Bounds of reading one execution: lines come late by logLate at most; without its time, it is looked for so far back.
const (
	logLate       = 10 * time.Second
	logLateAtMost = 2 * time.Minute
	farBack       = 24 * time.Hour
	pagesOfLook   = 20
	mostLogged    = 50_000 // events of an execution that are told
)

// openLog finds the log of an execution that ran at the time at; zero: nobody knows when.
func (p *Page) openLog(ctx context.Context, arn string, at time.Time) (*expressLog, error) {
	m, err := p.describe(ctx, "", arn)
	if err != nil {
		return nil, err
	}
	l := &expressLog{logging: m.logging(), at: at}
	if l.Group == "" {
		return nil, &failure{http.StatusNotFound, m.Name + " logs nothing, and Step Functions keeps no record of Express executions; set its logging level to ALL and deploy"}
	}
	l.about = LogQuery{On: arn, Group: l.Group, From: p.Source.Now().Add(-farBack)}
	if !at.IsZero() {
		l.about.From, l.about.To = at.Add(-expressSpan), at.Add(2*expressSpan)
	}
	if !strings.ContainsAny(arn, `"\*`) { // else the lines are chosen here alone
		l.about.Pattern = fmt.Sprintf(`{ $.execution_arn = "%s" }`, arn)
	}
	return l, nil
}

// expressEvents are the events of an Express execution that its log brought since the last look.
func (p *Page) expressEvents(ctx context.Context, t *told) ([]*history.Event, error) {
	if t.story.Ended() || len(t.events) >= mostLogged {
		return nil, nil
	}
	if t.log == nil {
		l, err := p.openLog(ctx, t.arn, t.when)
		if err != nil {
			return nil, err
		}
		t.log = l
	}
	return t.log.next(ctx, p, t.arn)
}

func (l *expressLog) next(ctx context.Context, p *Page, arn string) ([]*history.Event, error) {
	now := p.Source.Now()
	_, rest, err := p.readLog(ctx, l.about, pagesOfLook, func(e *history.Event, about history.Log) {
		if about.ExecutionARN == arn {
			l.sorter.Add(observe.Event{Execution: arn, Redrives: about.RedriveCount, Event: e}, now)
			l.newest = latest(l.newest, e.Time)
		}
	})
	if err != nil {
		return nil, err
	}
	if l.about.Token = rest; rest == "" && !l.newest.IsZero() {
		l.about.From = latest(l.about.From, l.newest.Add(-logLate))
	}
	l.sorter.Patience = logLate
	if !l.whole() || rest == "" && now.Sub(l.newest) > logLateAtMost {
		l.sorter.Patience = 0 // what is missing does not come any more
	}
	var fresh []*history.Event
	for _, e := range l.sorter.Ready(now, time.Time{}) {
		fresh = append(fresh, e.Event)
	}
	return fresh, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// described execution, as DescribeExecution has it: for Express there is none.
type expressExecution struct {
	ExecutionArn    string  `json:"executionArn"`
	StateMachineArn string  `json:"stateMachineArn"`
	Name            string  `json:"name"`
	Status          string  `json:"status"`
	StartDate       float64 `json:"startDate"`
	StopDate        float64 `json:"stopDate,omitempty"`
	Input           *string `json:"input,omitempty"`
	Output          *string `json:"output,omitempty"`
	Error           *string `json:"error,omitempty"`
	Cause           *string `json:"cause,omitempty"`
}

// expressStanding is what the log says of an execution as a whole; over says that no more is to come.
func (p *Page) expressStanding(t *told) (said json.RawMessage, over bool, err error) {
	s, now, start := t.story, p.Source.Now(), t.when
	if len(t.events) > 0 {
		start = t.events[0].Time
	} else if t.log.about.Token == "" && (start.IsZero() || now.Sub(start) > logLateAtMost) {
		return nil, false, &failure{http.StatusNotFound, "the log group " + t.log.Group + " has no events of " + t.arn + t.searched()}
	}
	out := expressExecution{
		ExecutionArn: t.arn, StateMachineArn: observe.MachineOf(t.arn), Name: observe.NameOf(t.arn), Status: string(s.Status),
		StartDate: inSeconds(start), StopDate: inSeconds(s.Stop), Input: text(s.Input), Output: text(s.Output), Error: text(s.Error), Cause: text(s.Cause),
	}
	over = s.Ended() || len(t.events) >= mostLogged
	if !over && t.log.about.Token == "" && now.Sub(start) > expressSpan {
		out.Status, over = unknown, true
	}
	said, err = json.Marshal(out)
	return said, over, err
}

func (t *told) searched() string {
	if t.when.IsZero() {
		return " of the last day"
	}
	return " around " + t.when.Format(time.RFC3339)
}

func inSeconds(t time.Time) float64 { return float64(milliseconds(t)) / 1000 }
