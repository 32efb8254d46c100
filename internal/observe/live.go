package observe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// liveTailer is what a Logs may have beside: lines as they are written. It leaves lines out when there are more than 500 a second,
// and when it is read slowly, and what is written while no session is open; looks with FilterLogEvents fill the gaps.
type liveTailer interface {
	StartLiveTail(context.Context, *cloudwatchlogs.StartLiveTailInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.StartLiveTailOutput, error)
}

// AWS: StartLiveTail takes up to 10 log groups, and 15 sessions run at a time in an account; others want some, too.
const (
	liveGroups   = 10
	liveSessions = 3
	liveBuffer   = 16 // updates that wait to be told, of up to 500 lines each
)

// With live tail, looks only fill gaps.
const gapLooks = 10 * time.Second

// live holds sessions of live tail.
type live struct {
	logs    liveTailer
	updates chan liveUpdate
	covered map[string]*logReader // by the group's name: those of open sessions
	retry   time.Time             // no session is opened before
	off     bool                  // the endpoint has no live tail
}

// liveUpdate is what a session says.
type liveUpdate struct {
	lines   []types.LiveTailSessionLogEvent
	sampled bool     // lines were left out
	opened  []string // groups of a session that has begun
	closed  []string // groups of a session that has ended
	err     error
}

func newLive(logs Logs) *live {
	l := &live{updates: make(chan liveUpdate, liveBuffer), covered: map[string]*logReader{}}
	l.logs, _ = logs.(liveTailer)
	l.off = l.logs == nil
	return l
}

// open begins sessions for groups that exist and are in none; arn says under which ARN a group is asked for.
func (l *live) open(ctx context.Context, now time.Time, groups []*logReader, arn func(name string) string) {
	if l.off || now.Before(l.retry) {
		return
	}
	var wanted []string
	for _, g := range groups {
		if !g.missing && l.covered[g.group] == nil && len(l.covered)+len(wanted) < liveGroups*liveSessions {
			wanted = append(wanted, g.group)
		}
	}
	for _, g := range groups {
		if slices.Contains(wanted, g.group) {
			l.covered[g.group] = g
		}
	}
	for part := range slices.Chunk(wanted, liveGroups) {
		go l.session(ctx, part, arn)
	}
}

// session reads one session until it ends.
func (l *live) session(ctx context.Context, groups []string, arn func(string) string) {
	in := &cloudwatchlogs.StartLiveTailInput{}
	for _, g := range groups {
		in.LogGroupIdentifiers = append(in.LogGroupIdentifiers, arn(g))
	}
	out, err := l.logs.StartLiveTail(ctx, in)
	if err != nil {
		l.send(ctx, liveUpdate{closed: groups, err: err})
		return
	}
	stream := out.GetStream()
	defer stream.Close()
	for event := range stream.Events() {
		switch e := event.(type) {
		case *types.StartLiveTailResponseStreamMemberSessionStart:
			l.send(ctx, liveUpdate{opened: groups})
		case *types.StartLiveTailResponseStreamMemberSessionUpdate:
			sampled := e.Value.SessionMetadata != nil && e.Value.SessionMetadata.Sampled
			if len(e.Value.SessionResults) > 0 || sampled {
				l.send(ctx, liveUpdate{lines: e.Value.SessionResults, sampled: sampled})
			}
		}
	}
	l.send(ctx, liveUpdate{closed: groups, err: stream.Err()})
}

func (l *live) send(ctx context.Context, u liveUpdate) {
	select {
	case l.updates <- u:
	case <-ctx.Done():
	}
}

// pauses between sessions: after one that broke, and after one that never was.
const (
	liveAgain = 5 * time.Second
	liveLater = time.Minute
)

// ended notes that a session is over. An endpoint that answers anything but trouble has no live tail for us.
func (l *live) ended(u liveUpdate, now time.Time) {
	for _, g := range u.closed {
		delete(l.covered, g)
	}
	l.retry = now.Add(liveAgain)
	switch why := troubleOf(u.err); {
	case u.err == nil, why == broken: // three hours are over, or the connection
	case why == none:
		l.off = true
	default:
		l.retry = now.Add(liveLater)
	}
}

// groupOf is the reader of the group that a line is from; identifiers are names, ARNs or "ACCOUNT:name".
func (l *live) groupOf(identifier string) *logReader {
	if g := l.covered[identifier]; g != nil {
		return g
	}
	if _, name, ok := strings.Cut(identifier, ":log-group:"); ok {
		return l.covered[strings.TrimSuffix(name, ":*")]
	}
	_, name, _ := strings.Cut(identifier, ":")
	return l.covered[name]
}

func liveLine(e *types.LiveTailSessionLogEvent) LogLine {
	return LogLine{Time: time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC(), Stream: aws.ToString(e.LogStreamName), Text: aws.ToString(e.Message)}
}

// groupARN makes a log group's ARN beside a state machine's: the same partition, region and account.
func groupARN(machine string) func(name string) string {
	parts := strings.SplitN(machine, ":", 6)
	return func(name string) string {
		if len(parts) < 6 {
			return name
		}
		return fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s", parts[1], parts[3], parts[4], name)
	}
}
