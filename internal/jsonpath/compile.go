package jsonpath

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The compiler goes as Jayway 2.0.0's does: it cuts the path into fragments, a fragment for each step, and then looks in a
// fragment for the first character that says what it is. So `[x1]` is an index and `$.a]` an empty list of names: whatever odd
// path is found in a deployed definition has to mean here what it means there.

var errShort = errors.New("the path ends too early")

// javaSpace is what Java's String.trim takes off.
func javaSpace(r rune) bool { return r <= ' ' }

// compileRoute compiles a path that begins with '$', '@' or a name.
func compileRoute(text string) (*route, error) {
	if text == "" {
		return nil, errors.New("the path is empty")
	}
	r := &route{absolute: text[0] != '@'}
	switch text[0] {
	case '$', '@':
		text = text[1:]
	default:
		text = "." + text
	}
	if text != "" && text[0] != '.' && text[0] != '[' {
		return nil, fmt.Errorf("the path's root is followed by %q, not by '.' or '['", text[:1])
	}
	for rest := text; rest != ""; {
		fragment, after, err := cut(rest)
		if err != nil {
			return nil, err
		}
		if rest = after; fragment == "" {
			continue
		}
		s, err := analyze(fragment)
		if err != nil {
			return nil, err
		}
		r.steps = append(r.steps, s)
	}
	if strings.HasSuffix(text, "..") || len(r.steps) > 0 && r.steps[len(r.steps)-1].kind == scan {
		return nil, errors.New("a path can not end with a scan")
	}
	return r.seal(), nil
}

// cut takes the next fragment off a path, with names put into brackets; "" for a dot before a bracket.
func cut(text string) (fragment, rest string, err error) {
	switch text[0] {
	case ' ':
		return "", "", errors.New("space not allowed in path")
	case '$':
		return "$", text[1:], nil
	case '*':
		return "[*]", text[1:], nil
	case '[':
		n := bracketLength(text)
		return text[:n], text[n:], nil
	case '.':
		return cutDot(text[1:])
	}
	name, rest := cutName(text)
	return "['" + name + "']", rest, nil
}

func cutDot(text string) (fragment, rest string, err error) {
	if text == "" {
		return "", "", errShort
	}
	if text[0] == '.' {
		return "..", text[1:], nil
	}
	switch name, rest := cutName(text); name {
	case "":
		return "", rest, nil
	case "*":
		return "[*]", rest, nil
	default:
		return "['" + name + "']", rest, nil
	}
}

func cutName(text string) (name, rest string) {
	n := strings.IndexAny(text, ".[ ")
	if n < 0 {
		n = len(text)
	}
	return text[:n], text[n:]
}

// bracketLength is the length of the bracket that text begins with; quotes do not count here.
func bracketLength(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// analyze makes a fragment a step.
func analyze(fragment string) (step, error) {
	switch {
	case fragment == "$":
		return step{kind: restart}, nil
	case fragment == "..":
		return step{kind: scan}, nil
	case fragment == "[*]":
		return step{kind: wildcard}, nil
	case isPlaceholder(fragment):
		return step{kind: filter, test: placeholder{}}, nil
	}
	i := strings.IndexAny(fragment, "?'0123456789:-@")
	if i < 0 {
		return step{}, fmt.Errorf("could not analyze path component: %s", fragment)
	}
	switch fragment[i] {
	case '?':
		return analyzeFilter(fragment, i)
	case '\'':
		return analyzeNames(fragment[i:])
	}
	return analyzeNumbers(fragment, i)
}

// isPlaceholder matches [?], [?,?] and so on: filters that a Java caller would pass beside the path, and that nobody passes here.
func isPlaceholder(fragment string) bool {
	body, ok := strings.CutPrefix(fragment, "[")
	if !ok || !strings.HasSuffix(body, "]") {
		return false
	}
	body = strings.TrimLeft(body[:len(body)-1], " \t\n\v\f\r")
	return strings.HasPrefix(body, "?") && strings.Trim(body, " \t\n\v\f\r,*?") == ""
}

// analyzeNames reads the names between quotes, up to the first ']' wherever it stands. There are no escapes.
func analyzeNames(text string) (step, error) {
	end := strings.IndexByte(text, ']')
	if end < 0 {
		return step{}, errShort
	}
	parts := strings.Split(text[:end], "'")
	var names []string
	for i := 1; i < len(parts)-1; i += 2 {
		names = append(names, parts[i])
	}
	if len(names) == 1 {
		return step{kind: property, name: names[0]}, nil
	}
	return step{kind: properties, names: names}, nil
}

// numberReader reads an index, a list of them or a slice.
type numberReader struct {
	text    string
	pos     int
	digits  []byte
	numbers []int
	err     error

	list, from, to bool
}

// cur is the character at pos, 0 past the end.
func (n *numberReader) cur() byte {
	if n.pos < len(n.text) {
		return n.text[n.pos]
	}
	if n.err == nil {
		n.err = errShort
	}
	return 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// flush makes the digits read so far a number.
func (n *numberReader) flush() {
	i, err := strconv.ParseInt(string(n.digits), 10, 32)
	if err != nil && n.err == nil {
		n.err = fmt.Errorf("%q is no index", n.digits)
	}
	n.numbers = append(n.numbers, int(i))
	n.digits = n.digits[:0]
}

func analyzeNumbers(fragment string, pos int) (step, error) {
	n := numberReader{text: fragment, pos: pos}
	isFromEnd := fragment[pos] == '@'
	if isFromEnd {
		n.readFromEnd()
	} else {
		n.readNumbers()
	}
	if len(n.digits) > 0 {
		n.flush()
	}
	if n.err != nil {
		return step{}, n.err
	}
	return step{kind: n.kind(isFromEnd), numbers: n.numbers}, nil
}

func (n *numberReader) kind(isFromEnd bool) kind {
	switch {
	case isFromEnd:
		return fromEnd
	case len(n.numbers) == 1 && !n.to && !n.from:
		return index
	case n.list:
		return indices
	case n.from:
		return sliceFrom
	case n.to:
		return sliceTo
	}
	return slice
}

// readFromEnd reads "@.length-1)" or "@.size()-1)".
func (n *numberReader) readFromEnd() {
	name := ""
	for n.pos += 2; n.err == nil && n.cur() != '-'; n.pos++ {
		if c := n.cur(); c != ' ' && c != '(' && c != ')' {
			name += string(c)
		}
	}
	if n.err == nil && name != "size" && name != "length" {
		n.err = fmt.Errorf("invalid function: @.%s; supported are [(@.length - n)] and [(@.size() - n)]", name)
	}
	for ; n.err == nil && n.cur() != ')'; n.pos++ {
		n.digit()
	}
}

// digit keeps the current character, unless it is a space.
func (n *numberReader) digit() {
	if c := n.cur(); c != ' ' {
		n.digits = append(n.digits, c)
	}
}

func (n *numberReader) readNumbers() {
	for c := n.cur(); isDigit(c) || strings.IndexByte(", :-", c) >= 0 && c != 0; c = n.cur() {
		switch c {
		case ':':
			n.readSlice()
			if n.cur() == ']' {
				return
			}
		case ',':
			n.flush()
			n.list = true
		default:
			n.digit()
		}
		n.pos++
	}
}

// readSlice reads from a ':' to what ends the number behind it.
func (n *numberReader) readSlice() {
	open := len(n.digits) == 0
	if !open {
		n.flush()
	}
	n.pos++
	for c := n.cur(); isDigit(c) || c == ' ' || c == '-'; c = n.cur() {
		n.digit()
		n.pos++
	}
	switch {
	case open:
		n.to = true
		n.flush()
	case len(n.digits) == 0:
		n.from = true
	default:
		n.flush()
	}
}
