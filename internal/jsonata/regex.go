package jsonata

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/jsonata/jsregexp"
	"github.com/stride-aws/stride/internal/value"
)

const (
	regexSteps   = 8_000_000 // of jsregexp, that one match may take: a twentieth of a second or so
	regexPerStep = 16        // of them, to one of ours
)

// regexFunc is a regular expression as a function: called with a string, it returns the first match, an object with a function
// that returns the next one.
type regexFunc struct {
	re  *jsregexp.Regexp
	pos int
}

func (c *compiler) regex(t *tree) node {
	re, err := jsregexp.Compile(t.text, t.syntax.flags)
	if err != nil {
		panic(syntaxError{newError(codeRegex, details{position: t.pos, text: err.Error()})})
	}
	return literalNode{(&function{regex: &regexFunc{re, t.pos}, arity: 2}).value()}
}

// matched is one match: the text, where it stands, and its groups.
type matched struct {
	text       string
	start, end int         // bytes
	first      value.Value // the number that a function of the user's gave for start
	object     value.Value // what that function returned
	groups     []value.Value
	places     []int // room for those of a regular expression
}

// find puts the first match at or after from into m, and is false where there is none.
func (fn *regexFunc) find(r *run, s string, from int, m *matched) (bool, error) {
	r.startClock()
	budget := regexSteps
	places, err := fn.re.FindInto(m.places, s, from, &budget)
	if late := r.step((regexSteps - budget) / regexPerStep); late != nil {
		return false, late
	}
	if errors.Is(err, jsregexp.ErrBudget) {
		return false, limitError("Expression evaluation timeout: the regular expression takes too long to match")
	}
	if err != nil || places == nil {
		return false, err
	}
	*m = matched{text: jsregexp.Slice(s, places[0], places[1]), start: places[0], end: places[1], places: places}
	for i := 2; i+1 < len(places); i += 2 {
		if places[i] < 0 {
			m.groups = append(m.groups, hole())
		} else {
			m.groups = append(m.groups, value.OfString(jsregexp.Slice(s, places[i], places[i+1])))
		}
	}
	return true, r.take(frameSize + len(m.groups)*itemSize)
}

// after makes m the next match. One of nothing would never get on.
func (fn *regexFunc) after(r *run, s string, m *matched) (bool, error) {
	if m.end >= len(s) {
		return false, nil
	}
	ok, err := fn.find(r, s, m.end, m)
	if ok && m.text == "" {
		return false, newError("D1004", details{position: fn.pos, value: value.OfString(fn.re.String())})
	}
	return ok, err
}

// call is the function as expressions see it.
func (fn *regexFunc) call(r *run, args []value.Value) (value.Value, error) {
	s := scriptString(argument(args, 0), 0)
	index := units(argument(args, 1).Float(), math.MaxInt32)
	from := jsregexp.Place(s, index)
	if jsregexp.Units(s, 0, from) < index { // behind the end
		return nothing, nil
	}
	var m matched
	if ok, err := fn.find(r, s, from, &m); !ok {
		return nothing, err
	}
	return fn.object(s, m), nil
}

// scriptString is JavaScript's String(v), which matches whatever it is given as text.
func scriptString(v value.Value, depth int) string {
	switch {
	case v.Kind() == value.String:
		return v.Str()
	case v.Kind() == value.Number:
		return value.OfFloat(v.Float()).NumberText()
	case v.Kind() == value.Bool:
		return strconv.FormatBool(v.Bool())
	case v.Kind() == value.Object:
		return "[object Object]"
	case v.Kind() != value.Array:
		return v.Kind().String()
	case depth > maxNesting:
		return ""
	}
	var parts []string
	for _, item := range v.Items() {
		if item.Kind() > value.Null {
			parts = append(parts, scriptString(item, depth+1))
		} else {
			parts = append(parts, "")
		}
	}
	return strings.Join(parts, ",")
}

func (fn *regexFunc) object(s string, m matched) value.Value {
	next := &function{native: func(r *run, _ []value.Value) (value.Value, error) {
		following := m
		following.places = nil
		if ok, err := fn.after(r, s, &following); !ok {
			return nothing, err
		}
		return fn.object(s, following), nil
	}}
	start, end := jsregexp.Units(s, 0, m.start), jsregexp.Units(s, 0, m.end)
	return objectOf([]value.Member{
		{Name: "match", Value: value.OfString(m.text)},
		{Name: "start", Value: value.OfFloat(float64(start))},
		{Name: "end", Value: value.OfFloat(float64(end))},
		{Name: "groups", Value: arrayOf(m.groups, 0)},
		{Name: "next", Value: next.value()},
	})
}

// matcher finds the matches of a string, one after the other. What it matches with is a regular expression, or a function of
// the user's that returns the like.
type matcher struct {
	matched
	fn      *function
	s       string
	limit   float64   // of matches
	count   float64   // of those found
	next    *function // of the user's last match
	refused bool      // the user's function said false or the like; to $contains that is a match
}

func newMatcher(by value.Value, s string, limit float64) matcher {
	return matcher{fn: functionOf(by), s: s, limit: limit}
}

// scan goes to the next match, and is false where there is none or the limit is reached. As in the reference, what is wrong with
// the match behind the last one is an error all the same.
func (x *matcher) scan(r *run) (bool, error) {
	var ok bool
	var err error
	if x.count == 0 {
		ok, err = x.first(r)
	} else {
		ok, err = x.after(r)
	}
	if !ok || err != nil || x.count >= x.limit {
		return false, err
	}
	x.count++
	return true, r.step(1)
}

func (x *matcher) first(r *run) (bool, error) {
	switch {
	case x.fn == nil:
		return false, fail("T1010")
	case x.fn.regex != nil:
		return x.fn.regex.find(r, x.s, 0, &x.matched)
	}
	v, err := r.apply(x.fn, value.OfString(x.s))
	if err != nil {
		return false, err
	}
	return x.given(v)
}

func (x *matcher) after(r *run) (bool, error) {
	switch {
	case x.fn.regex != nil:
		return x.fn.regex.after(r, x.s, &x.matched)
	case x.next == nil:
		return false, nil
	}
	v, err := r.apply(x.next)
	if err != nil {
		return false, err
	}
	return x.given(v)
}

// given takes a match from what a function of the user's returned.
func (x *matcher) given(v value.Value) (bool, error) {
	if !scriptTruth(v) {
		x.refused = v.Defined()
		return false, nil
	}
	get := func(name string) value.Value { m, _ := v.Get(name); return m }
	start, end, groups := get("start"), get("end"), get("groups")
	x.next = functionOf(get("next"))
	if start.Kind() != value.Number && groups.Kind() != value.Array && x.next == nil {
		return false, fail("T1010")
	}
	x.matched = matched{text: get("match").Str(), start: place(x.s, start), end: place(x.s, end), first: start, object: v, groups: groups.Items()}
	return true, nil
}

func place(s string, v value.Value) int {
	return jsregexp.Place(s, max(0, units(v.Float(), math.MaxInt32)))
}

// limitOf is the limit that an argument sets, a negative one being an error with the code.
func limitOf(v value.Value, code string) (float64, error) {
	if !v.Defined() {
		return math.Inf(1), nil
	}
	if v.Float() < 0 {
		return 0, failWith(code, v)
	}
	return v.Float(), nil
}

func contains(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	switch args[1].Kind() {
	case value.String:
		return value.OfBool(strings.Contains(args[0].Str(), args[1].Str())), nil
	case value.Undefined: // 2.0.6 dies of it
		return nothing, nil
	}
	x := newMatcher(args[1], args[0].Str(), 1)
	ok, err := x.first(r)
	return value.OfBool(ok || x.refused), err
}

func matchAll(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	limit, err := limitOf(argument(args, 2), "D3040")
	if err != nil {
		return nothing, err
	}
	out := r.list()
	if limit > 0 {
		out, err = r.appendMatches(out, newMatcher(args[1], args[0].Str(), limit))
	}
	return r.lent(out, err)
}

func (r *run) appendMatches(dst []value.Value, x matcher) ([]value.Value, error) {
	at, units := 0, 0
	for {
		ok, err := x.scan(r)
		if !ok || err != nil {
			return dst, err
		}
		index := x.matched.first
		if !index.Defined() && x.start >= at {
			units += jsregexp.Units(x.s, at, x.start)
			at, index = x.start, value.OfFloat(float64(units))
		}
		dst = append(dst, objectOf([]value.Member{{Name: "match", Value: value.OfString(x.text)}, {Name: "index", Value: index},
			{Name: "groups", Value: arrayOf(x.groups, 0)}}))
		if err := r.take(arraySize + 3*memberSize); err != nil {
			return dst, err
		}
	}
}

func split(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	limit, err := limitOf(argument(args, 2), "D3020")
	if err != nil {
		return nothing, err
	}
	s := args[0].Str()
	var parts []string
	switch {
	case limit <= 0:
	case args[1].Kind() == value.String:
		if err := r.take(strings.Count(s, args[1].Str()) * itemSize); err != nil {
			return nothing, err
		}
		parts = splitText(s, args[1].Str(), limit)
	default:
		if parts, err = r.splitBy(args[1], s, limit); err != nil {
			return nothing, err
		}
	}
	if err := r.take(arraySize + len(parts)*itemSize); err != nil {
		return nothing, err
	}
	items := make([]value.Value, len(parts))
	for i, part := range parts {
		items[i] = value.OfString(part)
	}
	return value.OfArray(items), r.step(len(parts))
}

func splitText(s, separator string, limit float64) []string {
	var parts []string
	if separator == "" {
		parts = splitUnits(s)
	} else {
		parts = strings.Split(s, separator)
	}
	if limit = math.Trunc(limit); limit < float64(len(parts)) {
		parts = parts[:int(limit)]
	}
	return parts
}

// splitUnits cuts s into its UTF-16 units.
func splitUnits(s string) []string {
	var parts []string
	for i := 0; i < len(s); {
		size := runeSize(s[i:])
		if size < 4 {
			parts = append(parts, s[i:i+size])
		} else {
			parts = append(parts, halves(s[i:i+size])...)
		}
		i += size
	}
	return parts
}

// halves are the two surrogates of a character of four bytes.
func halves(s string) []string {
	c := []rune(s)[0] - 0x10000
	return []string{string(appendUnit(nil, 0xD800|uint16(c>>10))), string(appendUnit(nil, 0xDC00|uint16(c&0x3FF)))}
}

func (r *run) splitBy(by value.Value, s string, limit float64) ([]string, error) {
	var parts []string
	x := newMatcher(by, s, limit)
	start := 0
	for {
		ok, err := x.scan(r)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		parts = append(parts, between(s, start, x.start))
		start = x.end
	}
	if x.count < limit {
		parts = append(parts, between(s, start, len(s)))
	}
	return parts, nil
}

// between is the text between two places, whichever comes first.
func between(s string, from, to int) string {
	return jsregexp.Slice(s, min(from, to), max(from, to))
}

func replace(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	s, pattern, replacement := args[0].Str(), args[1], argument(args, 2)
	if pattern.Kind() == value.String && pattern.Str() == "" {
		return nothing, failWith("D3010", pattern)
	}
	limit, err := limitOf(argument(args, 3), "D3011")
	if err != nil || limit <= 0 {
		return args[0], err
	}
	if pattern.Kind() == value.String {
		return r.replaceText(s, pattern.Str(), replacement, limit)
	}
	return r.replaceMatches(args[0], newMatcher(pattern, s, limit), replacement)
}

func (r *run) replaceMatches(s value.Value, x matcher, replacement value.Value) (value.Value, error) {
	var b strings.Builder
	b.Grow(len(x.s) + len(x.s)/8)
	position := 0
	for {
		ok, err := x.scan(r)
		if err != nil {
			return nothing, err
		}
		if !ok {
			break
		}
		text, err := r.replacement(replacement, &x)
		if err != nil {
			return nothing, err
		}
		b.WriteString(between(x.s, position, x.start))
		b.WriteString(text)
		position = x.end
		if err := r.take(2*len(text) + x.end - x.start); err != nil {
			return nothing, err
		}
	}
	if x.count == 0 {
		return s, nil
	}
	b.WriteString(between(x.s, position, len(x.s)))
	return value.OfString(b.String()), r.take(len(x.s))
}

func (r *run) replaceText(s, pattern string, replacement value.Value, limit float64) (value.Value, error) {
	n := -1
	if limit < math.MaxInt32 {
		n = int(math.Ceil(limit))
	}
	text := scriptString(replacement, 0)
	count := strings.Count(s, pattern)
	if n >= 0 {
		count = min(count, n)
	}
	if err := r.take(len(s) + count*len(text)); err != nil {
		return nothing, err
	}
	return value.OfString(strings.Replace(s, pattern, text, n)), r.step(count)
}

// replacement is what takes the place of m.
func (r *run) replacement(v value.Value, x *matcher) (string, error) {
	if v.Kind() == value.String {
		return substitute(v.Str(), &x.matched), nil
	}
	fn := functionOf(v)
	if fn == nil {
		return "", failWith("D3012", v)
	}
	object := x.object
	if !object.Defined() {
		object = x.fn.regex.object(x.s, x.matched)
	}
	result, err := r.apply(fn, object)
	if err != nil {
		return "", err
	}
	if result = finish(result, false); result.Kind() != value.String {
		return "", failWith("D3012", result)
	}
	return result.Str(), nil
}

// substitute puts the match and its groups into a replacement text: $0 the match, $1 … the groups, $$ a dollar sign.
func substitute(text string, m *matched) string {
	if strings.IndexByte(text, '$') < 0 {
		return text
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		switch {
		case strings.HasPrefix(after, "$"):
			b.WriteByte('$')
			text = after[1:]
		case strings.HasPrefix(after, "0"):
			b.WriteString(m.text)
			text = after[1:]
		default:
			text = after[m.group(&b, after):]
		}
	}
}

// group writes the group whose number text begins with, and returns how many digits that takes; a '$' that no number follows
// stays.
func (m *matched) group(b *strings.Builder, text string) int {
	most := 1
	if n := len(m.groups); n > 0 {
		most = len(strconv.Itoa(n))
	}
	index, ok := leadingInt(text, most)
	if most > 1 && ok && index > len(m.groups) {
		index, ok = leadingInt(text, most-1)
	}
	if !ok {
		b.WriteByte('$')
		return 0
	}
	if index >= 1 && index <= len(m.groups) {
		b.WriteString(m.groups[index-1].Str())
	}
	return len(strconv.Itoa(index))
}

// leadingInt is the number that the first digits of text are, at most n of them.
func leadingInt(text string, n int) (int, bool) {
	end := 0
	for end < len(text) && end < n && isDigit(text[end]) {
		end++
	}
	i, err := strconv.Atoi(text[:end])
	return i, err == nil
}
