package replay

import (
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/value"
)

var uuid = lazyregexp.New(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// clockSlack is how far apart two times may be that the execution has read from its clock: the replay's knows nothing of the time
// that AWS takes between states.
const clockSlack = time.Minute

// same says whether a recorded payload is what the workflow makes of it now. What cannot be the same does not count: task tokens,
// ids made up on the way, times of the clock, and what the deployment fills in for placeholders.
func same(was, is value.Value, token string) bool {
	if was.Kind() != is.Kind() {
		return false
	}
	switch was.Kind() {
	case value.String:
		return sameText(was.Str(), is.Str(), token)
	case value.Array:
		if was.Len() != is.Len() {
			return false
		}
		for i, item := range was.Items() {
			if !same(item, is.At(i), token) {
				return false
			}
		}
		return true
	case value.Object:
		if was.Len() != is.Len() {
			return false
		}
		for _, m := range was.Members() {
			other, ok := is.Get(m.Name)
			if !ok || !same(m.Value, other, token) {
				return false
			}
		}
		return true
	}
	return value.Equal(was, is)
}

func sameText(was, is, token string) bool {
	switch {
	case was == is, token != "" && is == token, uuid.MatchString(was) && uuid.MatchString(is):
		return true
	case strings.Contains(is, "${"):
		return samePlaceholder(was, is)
	}
	a, errA := time.Parse(time.RFC3339Nano, was)
	b, errB := time.Parse(time.RFC3339Nano, is)
	return errA == nil && errB == nil && a.Sub(b).Abs() < clockSlack
}

// samePlaceholder compares the name of a function, which ends as the handler's; whatever else stands in place of a placeholder is as
// good as anything.
func samePlaceholder(was, is string) bool {
	handler, ok := strings.CutPrefix(is, "${fn:")
	if !ok {
		return true
	}
	handler = strings.ReplaceAll(strings.TrimSuffix(handler, "}"), ".", "-")
	if _, name, isARN := strings.Cut(was, ":function:"); isARN {
		was = name
	}
	was, _, _ = strings.Cut(was, ":")
	return was == handler || strings.HasSuffix(was, "-"+handler)
}
