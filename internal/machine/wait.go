package machine

import (
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// maxWait is the longest delay of a Wait state, in seconds (recorded: wait_timestamp_too_far_in_future_boundary: 24,855 days
// pass, 24,856 do not).
const maxWait = 1<<31 - 1

type waitSpec struct {
	seconds, timestamp *valueField
}

func compileWait(s *asl.State, inJSONata bool) (*waitSpec, error) {
	w := &waitSpec{}
	var err error
	if w.seconds, err = compileValueField("Seconds", s.Seconds, s.SecondsPath, inJSONata); err != nil {
		return nil, err
	}
	w.timestamp, err = compileValueField("Timestamp", s.Timestamp, s.TimestampPath, inJSONata)
	return w, err
}

func (s *strand) startWait() error {
	a := &activation{run: s.run, strand: s, input: s.effective}
	delay, err := s.state.wait.delay(a)
	if err != nil {
		return err
	}
	s.timer = s.run.after(max(delay, 0), nil, s)
	return nil
}

func (s *strand) finishWait() {
	if err := s.leave(s.effective, value.Value{}, nil); err != nil {
		s.fail(s.fault(err))
	}
}

func (w *waitSpec) delay(a *activation) (time.Duration, error) {
	if w.seconds != nil {
		return w.secondsDelay(a)
	}
	v, err := w.timestamp.eval(a)
	if err != nil {
		return 0, err
	}
	at, ok := parseTimestamp(v)
	if !ok {
		return 0, w.badTimestamp(v)
	}
	delay := at.Sub(a.run.now)
	if delay > maxWait*time.Second {
		return 0, runtimeError("Wait state delay is too long.")
	}
	return delay, nil
}

func (w *waitSpec) badTimestamp(v value.Value) error {
	if j := w.timestamp.jsonata; j != nil {
		return &queryError{field: j.field, text: j.text, reason: "returned a value which is not a valid ISO-8601 extended offset " +
			"date-time format string: " + plainText(v)}
	}
	if p := w.timestamp.path; p != nil {
		return runtimeErrorf("The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format "+
			"string: %s == %s", p.text, plainText(v))
	}
	return runtimeErrorf("The Timestamp parameter is not a valid ISO-8601 extended offset date-time format string: %s", plainText(v))
}

func (w *waitSpec) secondsDelay(a *activation) (time.Duration, error) {
	v, err := w.seconds.eval(a)
	if err != nil {
		return 0, err
	}
	n := v.Float()
	whole := v.Kind() == value.Number && n == float64(int64(n))
	if j := w.seconds.jsonata; j != nil && !whole {
		return 0, unexpectedType(j, "integer", v)
	}
	text := "Seconds"
	if w.seconds.path != nil {
		text = w.seconds.path.text
	}
	switch {
	case !whole:
		return 0, runtimeErrorf("The SecondsPath parameter cannot be parsed as a long value: %s == %s", text, plainText(v))
	case n < 0:
		return 0, runtimeErrorf("The SecondsPath parameter references a negative value: %s == %s", text, plainText(v))
	case n > maxWait:
		return 0, runtimeError("Wait state delay is too long.")
	}
	return seconds(n), nil
}

// parseTimestamp reads an ISO 8601 time with an offset, as Java's OffsetDateTime does: the seconds may be missing, the hour has two
// digits, a second up to nine.
func parseTimestamp(v value.Value) (time.Time, bool) {
	const hour, longest = "2006-01-02T15:", "2006-01-02T15:04:05.000000000+07:00"
	text := v.Str()
	if v.Kind() != value.String || strings.ContainsAny(text, " ,") || len(text) > len(longest) || len(text) < len(hour) || text[len(hour)-1] != ':' {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
