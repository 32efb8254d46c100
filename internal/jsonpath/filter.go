package jsonpath

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// A predicate says which items a filter lets through.
type predicate interface {
	accepts(w *walker, item value.Value) (bool, error)
}

// placeholder is the filter of [?].
type placeholder struct{}

func (placeholder) accepts(w *walker, _ value.Value) (bool, error) {
	return false, &CrashError{w.text, "the filter [?] has no expression"}
}

// both and either look at the right-hand side of the text first, as Jayway does; it matters where a side crashes.
type both struct{ all []predicate }

func (p both) accepts(w *walker, item value.Value) (bool, error) {
	for _, p := range p.all {
		if ok, err := p.accepts(w, item); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

type either struct{ left, right predicate }

func (p either) accepts(w *walker, item value.Value) (bool, error) {
	if ok, err := p.left.accepts(w, item); ok || err != nil {
		return ok, err
	}
	return p.right.accepts(w, item)
}

// and binds no tighter than either's second part: "a || b && c" is grouped from the right.
func and(p, q predicate) predicate {
	switch p := p.(type) {
	case both:
		return both{append(p.all[:len(p.all):len(p.all)], q)}
	case either:
		return either{p.left, both{[]predicate{p.right, q}}}
	}
	return both{[]predicate{p, q}}
}

// exists is a path without an operator: it passes where the path leads to something else than null.
type exists struct {
	path *route
	want bool
}

func (p exists) accepts(w *walker, item value.Value) (bool, error) {
	if name := p.path.member(); name != "" {
		v, ok := item.Get(name)
		return (ok && v.Kind() != value.Null) == p.want, nil
	}
	v, at, problem := p.path.find(0, item) // also of a path that begins with '$': another quirk
	switch {
	case problem == none:
		return (v.Kind() != value.Null) == p.want, nil
	case problem.missing():
		return !p.want, nil
	}
	return false, p.path.explain(problem, at, item, w.text)
}

// analyzeFilter reads the filter in a fragment whose first '?' stands at mark.
func analyzeFilter(fragment string, mark int) (step, error) {
	start := strings.LastIndexByte(fragment[:mark], '[')
	end, err := filterEnd(fragment, start)
	if err != nil {
		return step{}, err
	}
	test, err := parseFilter(fragment[start:end])
	return step{kind: filter, test: test}, err
}

// filterEnd is where the filter that begins at start ends: behind the first ']' outside quotes and parentheses.
func filterEnd(text string, start int) (int, error) {
	round, square, quoted := 0, 0, false
	for i := start; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\'' && (i == start || text[i-1] != '\\'):
			quoted = !quoted
		case quoted:
		case c == '(':
			round++
		case c == ')':
			round--
		case c == '[':
			square++
		case c == ']':
			if square--; round == 0 {
				if square != 0 {
					return 0, errors.New("filter brackets are not balanced")
				}
				return i + 1, nil
			}
		}
	}
	return 0, errShort
}

// parseFilter compiles "[?(…)]".
func parseFilter(text string) (predicate, error) {
	body := strings.TrimFunc(text[1:len(text)-1], javaSpace)
	for _, wrap := range [...]struct{ open, close string }{{"?", ""}, {"(", ")"}} {
		if !strings.HasPrefix(body, wrap.open) || !strings.HasSuffix(body, wrap.close) {
			return nil, fmt.Errorf("a filter must start with '[?(' and end with ')]': %s", text)
		}
		body = strings.TrimFunc(body[len(wrap.open):len(body)-len(wrap.close)], javaSpace)
	}
	var operators []string
	var criteria []predicate
	for _, part := range splitFilter(body) {
		part = strings.TrimFunc(part, javaSpace)
		if part == "&&" || part == "||" {
			operators = append(operators, part)
			continue
		}
		p, err := parseCriterion(part)
		if err != nil {
			return nil, err
		}
		criteria = append(criteria, p)
	}
	if len(criteria) != len(operators)+1 {
		return nil, fmt.Errorf("invalid operators %s", body)
	}
	return group(criteria, operators), nil
}

// group joins n+1 criteria by n operators, from the right.
func group(criteria []predicate, operators []string) predicate {
	last := len(criteria) - 1
	root := criteria[last]
	for i := last - 1; i >= 0; i-- {
		if operators[i] == "&&" {
			root = and(root, criteria[i])
		} else {
			root = either{root, criteria[i]}
		}
	}
	return root
}

// splitFilter cuts before and behind each && and ||, in quotes too.
func splitFilter(text string) []string {
	isOperator := func(i int) bool { return i >= 0 && i+2 <= len(text) && (text[i:i+2] == "&&" || text[i:i+2] == "||") }
	var parts []string
	start := 0
	for i := 1; i < len(text); i++ {
		if isOperator(i) || isOperator(i-2) {
			parts = append(parts, text[start:i])
			start = i
		}
	}
	return append(parts, text[start:])
}

func parseCriterion(text string) (predicate, error) {
	text = strings.TrimRight(strings.TrimLeft(text, "[?( "), ") ")
	if text == "" {
		return nil, errors.New("a filter has an empty expression")
	}
	for o, name := range operators {
		left, right, ok := strings.Cut(text, name)
		if !ok {
			continue
		}
		return newComparison(strings.TrimFunc(left, javaSpace), operator(o), strings.TrimFunc(right, javaSpace))
	}
	want := !strings.HasPrefix(text, "!")
	if !isPath(text) {
		return nil, fmt.Errorf("%q is neither a path nor a comparison", text)
	}
	path, err := compileOperand(text)
	return exists{path, want}, err
}

func isPath(text string) bool {
	return strings.HasPrefix(text, "$") || strings.HasPrefix(text, "@") || strings.HasPrefix(text, "!@")
}

func compileOperand(text string) (*route, error) {
	text = strings.TrimPrefix(text, "!")
	path, err := compileRoute(text)
	if err != nil {
		return nil, err
	}
	if !path.definite {
		return nil, fmt.Errorf("the predicate path %s is not definite", text)
	}
	return path, nil
}
