package logs

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/lazyregexp"
)

// compilePattern makes a matcher of a filter pattern. AWS: Filter pattern syntax: terms (ERROR "two words" ?either ?or -not %regex%)
// and JSON ({ $.type = "ExecutionFailed" && $.id > 3 }). An empty pattern matches everything. Space-delimited patterns
// ([ip, user, ...]) are refused.
func compilePattern(pattern string) (func(string) bool, error) {
	text := strings.TrimSpace(pattern)
	switch {
	case text == "":
		return func(string) bool { return true }, nil
	case strings.HasPrefix(text, "{"):
		return compileJSONPattern(text)
	case strings.HasPrefix(text, "["):
		return nil, invalid("Invalid filter pattern: space-delimited patterns are not supported here; use terms or a JSON pattern")
	}
	return compileTerms(text)
}

type term struct {
	text   string
	regex  *regexp.Regexp
	either bool // ?term
	not    bool // -term
}

func (t *term) in(message string) bool {
	if t.regex != nil {
		return t.regex.MatchString(message)
	}
	return strings.Contains(message, t.text)
}

func compileTerms(text string) (func(string) bool, error) {
	terms, err := splitTerms(text)
	if err != nil {
		return nil, err
	}
	return func(message string) bool {
		either, found := false, false
		for i := range terms {
			t := &terms[i]
			in := t.in(message)
			switch {
			case t.either:
				either, found = true, found || in
			case in == t.not:
				return false
			}
		}
		return !either || found
	}, nil
}

func splitTerms(text string) ([]term, error) {
	var terms []term
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		var t term
		if text[0] == '?' || text[0] == '-' {
			t.either, t.not = text[0] == '?', text[0] == '-'
			text = text[1:]
		}
		word, rest, err := splitTerm(text)
		if err != nil {
			return nil, err
		}
		if text[0] == '%' && len(word) > 0 {
			if t.regex, err = regexp.Compile(word); err != nil {
				return nil, invalid("Invalid filter pattern: %s", err)
			}
		}
		t.text, text = word, rest
		terms = append(terms, t)
	}
	return terms, nil
}

func splitTerm(text string) (word, rest string, err error) {
	if text == "" {
		return "", "", invalid("Invalid filter pattern: a term is missing")
	}
	if q := text[0]; q == '"' || q == '%' {
		end := strings.IndexByte(text[1:], q)
		if end < 0 {
			return "", "", invalid("Invalid filter pattern: %c is not closed", q)
		}
		return text[1 : end+1], text[end+2:], nil
	}
	if i := strings.IndexAny(text, " \t\n"); i >= 0 {
		return text[:i], text[i:], nil
	}
	return text, "", nil
}

// condition is a JSON pattern, or part of one.
type condition func(doc any) bool

func compileJSONPattern(text string) (func(string) bool, error) {
	body, closed := strings.CutSuffix(strings.TrimPrefix(text, "{"), "}")
	if !closed {
		return nil, invalid("Invalid filter pattern: { is not closed")
	}
	p := &patternParser{tokens: patternTokens.FindAllString(body, -1)}
	c, err := p.or()
	if err == nil && p.peek() != "" {
		err = fmt.Errorf("%q cannot stand there", p.peek())
	}
	if err != nil {
		return nil, invalid("Invalid filter pattern: %s", err)
	}
	return func(message string) bool {
		var doc any
		return json.Unmarshal([]byte(message), &doc) == nil && c(doc)
	}, nil
}

var patternTokens = lazyregexp.New(`"(?:[^"\\]|\\.)*"|%[^%]*%|&&|\|\||[()]|!=|<=|>=|[=<>]|[^\s()=<>!&|]+`)

type patternParser struct {
	tokens []string
	at     int
}

func (p *patternParser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

func (p *patternParser) next() string {
	t := p.peek()
	p.at++
	return t
}

func (p *patternParser) or() (condition, error) { return p.chain("||", (*patternParser).and, true) }
func (p *patternParser) and() (condition, error) {
	return p.chain("&&", (*patternParser).single, false)
}

// chain reads operands between an operator; stop is the truth that decides the whole.
func (p *patternParser) chain(operator string, operand func(*patternParser) (condition, error), stop bool) (condition, error) {
	first, err := operand(p)
	if err != nil {
		return nil, err
	}
	all := []condition{first}
	for p.peek() == operator {
		p.next()
		c, err := operand(p)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return func(doc any) bool {
		for _, c := range all {
			if c(doc) == stop {
				return stop
			}
		}
		return !stop
	}, nil
}

func (p *patternParser) single() (condition, error) {
	if p.peek() == "(" {
		p.next()
		c, err := p.or()
		if err == nil && p.next() != ")" {
			err = fmt.Errorf("( is not closed")
		}
		return c, err
	}
	selector := p.next()
	if !strings.HasPrefix(selector, "$") {
		return nil, fmt.Errorf("%q is no selector such as $.type", selector)
	}
	steps := selectorSteps.FindAllString(selector[1:], -1)
	operator := p.next()
	switch {
	case operator == "NOT" && p.peek() == "EXISTS":
		p.next()
		return func(doc any) bool { _, ok := selected(doc, steps); return !ok }, nil
	case operator == "IS":
		return is(steps, p.next())
	}
	return comparison(steps, operator, p.next())
}

var selectorSteps = lazyregexp.New(`\.[^.\[]+|\[[^\]]*\]`)

// selected follows a selector's steps.
func selected(doc any, steps []string) (any, bool) {
	for _, s := range steps {
		name := strings.Trim(s, `.[]"'`)
		switch v := doc.(type) {
		case map[string]any:
			x, ok := v[name]
			if !ok {
				return nil, false
			}
			doc = x
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			doc = v[i]
		default:
			return nil, false
		}
	}
	return doc, true
}

func is(steps []string, what string) (condition, error) {
	want, ok := map[string]any{"NULL": nil, "TRUE": true, "FALSE": false}[what]
	if !ok {
		return nil, fmt.Errorf("IS %s: use NULL, TRUE or FALSE", what)
	}
	return func(doc any) bool {
		v, found := selected(doc, steps)
		return found && v == want
	}, nil
}

func comparison(steps []string, operator, operand string) (condition, error) {
	text, quoted := strings.CutPrefix(operand, `"`)
	text = strings.TrimSuffix(text, `"`)
	number, numErr := strconv.ParseFloat(text, 64)
	if operand == "" {
		return nil, fmt.Errorf("%s has nothing to compare with", operator)
	}
	switch operator {
	case "=", "!=":
		equal, err := equals(text, quoted, number, numErr == nil)
		if err != nil {
			return nil, err
		}
		return func(doc any) bool {
			v, found := selected(doc, steps)
			return found && equal(v) == (operator == "=")
		}, nil
	case "<", "<=", ">", ">=":
		if numErr != nil {
			return nil, fmt.Errorf("%s compares numbers, %s is none", operator, operand)
		}
		return func(doc any) bool {
			v, _ := selected(doc, steps)
			n, ok := v.(float64)
			return ok && ordered(operator, n, number)
		}, nil
	}
	return nil, fmt.Errorf("%q is no comparison", operator)
}

// equals compares with a number, a text that may hold *, or a %regex%.
func equals(text string, quoted bool, number float64, isNumber bool) (func(any) bool, error) {
	if inner, ok := strings.CutPrefix(text, "%"); ok && strings.HasSuffix(inner, "%") && !quoted {
		re, err := regexp.Compile(strings.TrimSuffix(inner, "%"))
		return func(v any) bool { s, ok := v.(string); return ok && re.MatchString(s) }, err
	}
	glob := strings.NewReplacer(`\`, `\\`, "[", `\[`, "?", `\?`, "/", "\x00").Replace(text)
	return func(v any) bool {
		switch v := v.(type) {
		case float64:
			return isNumber && !quoted && v == number
		case string:
			if !strings.Contains(text, "*") {
				return v == text
			}
			ok, err := path.Match(glob, strings.ReplaceAll(v, "/", "\x00"))
			return ok && err == nil
		}
		return false
	}, nil
}

func ordered(operator string, a, b float64) bool {
	switch operator {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}
