package replay

import (
	"fmt"
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
	_, differs := differ(was, is, token)
	return !differs
}

// spot is the first place in which two payloads differ: the names and indices that lead there, and what stands there.
type spot struct {
	path    string // ".Payload.items[2]"; "" for the whole
	was, is value.Value
}

func differ(was, is value.Value, token string) (spot, bool) {
	here := spot{"", was, is}
	switch {
	case was.Kind() != is.Kind():
		return here, true
	case was.Kind() == value.String:
		return here, !sameText(was.Str(), is.Str(), token)
	case was.Kind() == value.Array:
		return differInItems(here, token)
	case was.Kind() == value.Object:
		return differInMembers(here, token)
	}
	return here, !value.Equal(was, is)
}

func differInItems(at spot, token string) (spot, bool) {
	if at.was.Len() != at.is.Len() {
		return at, true
	}
	for i, item := range at.was.Items() {
		if s, differs := differ(item, at.is.At(i), token); differs {
			s.path = fmt.Sprintf("[%d]%s", i, s.path)
			return s, true
		}
	}
	return at, false
}

func differInMembers(at spot, token string) (spot, bool) {
	for _, m := range at.was.Members() {
		other, _ := at.is.Get(m.Name)
		if s, differs := differ(m.Value, other, token); differs {
			s.path = "." + m.Name + s.path
			return s, true
		}
	}
	for _, m := range at.is.Members() {
		if _, ok := at.was.Get(m.Name); !ok {
			return spot{"." + m.Name, value.Value{}, m.Value}, true
		}
	}
	return at, false
}

// another says what is another than it was, and where in it.
func another(what string, was, is value.Value, token string) Difference {
	s, _ := differ(was, is, token)
	if s.path != "" {
		what += ", at " + strings.TrimPrefix(s.path, ".")
	}
	return Difference{What: what, Was: text(s.was), Is: text(s.is)}
}

// text is a value's JSON; "" where there is none.
func text(v value.Value) string {
	if !v.Defined() {
		return ""
	}
	return v.String()
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
