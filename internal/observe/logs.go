package observe

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// Logs is the part of CloudWatch Logs that is read.
type Logs interface {
	FilterLogEvents(context.Context, *cloudwatchlogs.FilterLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error)
}

// late is how far a look goes back behind the newest line seen: log lines arrive out of order and with delay.
const late = 10 * time.Second

// LogReader reads the lines of one log group, each once, again and again while it grows.
type LogReader struct {
	Logs   Logs
	Group  string
	Prefix string    // of the names of the log streams to read; "" for all
	Since  time.Time // older lines are left out
	Until  time.Time // zero: no end

	newest time.Time
	seen   map[string]time.Time // event id -> its time, as far back as a look goes
}

// LogLine is one line of a log group.
type LogLine struct {
	Time   time.Time
	Stream string
	Text   string
}

// Next are the lines that came since the last call. A group that does not exist has no lines: it appears with the first of them.
func (r *LogReader) Next(ctx context.Context) ([]LogLine, error) {
	if r.seen == nil {
		r.seen = map[string]time.Time{}
	}
	from := r.Since
	if back := r.newest.Add(-late); back.After(from) {
		from = back
	}
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &r.Group, StartTime: aws.Int64(from.UnixMilli())}
	if r.Prefix != "" {
		in.LogStreamNamePrefix = &r.Prefix
	}
	if !r.Until.IsZero() {
		in.EndTime = aws.Int64(r.Until.UnixMilli())
	}
	var fresh []LogLine
	for {
		out, err := r.Logs.FilterLogEvents(ctx, in)
		var gone *types.ResourceNotFoundException
		if errors.As(err, &gone) {
			return fresh, nil
		}
		if err != nil {
			return nil, err
		}
		fresh = r.take(fresh, out.Events, from)
		if out.NextToken == nil {
			break
		}
		in.NextToken = out.NextToken
	}
	r.forget()
	return fresh, nil
}

func (r *LogReader) take(fresh []LogLine, events []types.FilteredLogEvent, from time.Time) []LogLine {
	for _, e := range events {
		id, at := aws.ToString(e.EventId), time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC()
		if _, twice := r.seen[id]; twice || at.Before(from.Truncate(time.Millisecond)) {
			continue
		}
		r.seen[id] = at
		if at.After(r.newest) {
			r.newest = at
		}
		fresh = append(fresh, LogLine{Time: at, Stream: aws.ToString(e.LogStreamName), Text: aws.ToString(e.Message)})
	}
	return fresh
}

// forget drops the ids of lines that no further look will bring.
func (r *LogReader) forget() {
	for id, at := range r.seen {
		if at.Before(r.newest.Add(-late)) {
			delete(r.seen, id)
		}
	}
}
