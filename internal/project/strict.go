package project

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/jsonschema"
	"github.com/stride-aws/stride/internal/lazyregexp"
)

// keyChecker compares a YAML document, all the way down, with the fields of a type and the rules in their tags.
type keyChecker struct {
	file     string
	expanded bool // ${env:NAME} is replaced: what came in its place may be text where YAML sees a number
	found    diag.List
}

// all compares node with target's type.
func (k *keyChecker) all(node *yaml.Node, target any) diag.List {
	k.check(node, reflect.TypeOf(target), &jsonschema.Rules{}, "")
	return k.found
}

func (k *keyChecker) check(node *yaml.Node, t reflect.Type, rules *jsonschema.Rules, path string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	absent := node.ShortTag() == "!!null"
	switch t.Kind() {
	case reflect.Interface: // anything
		if absent {
			k.report(node, path+" has no value", "")
		}
	case reflect.Struct:
		k.structure(node, t, path)
	case reflect.Map:
		k.mapping(node, t, rules, path)
	case reflect.Slice:
		if !absent && k.want(node, yaml.SequenceNode, path, "a list") {
			for i, item := range node.Content {
				k.check(item, t.Elem(), rules, fmt.Sprintf("%s[%d]", path, i))
			}
		}
	default:
		k.scalar(node, t, rules, path)
	}
}

func (k *keyChecker) mapping(node *yaml.Node, t reflect.Type, rules *jsonschema.Rules, path string) {
	if node.ShortTag() == "!!null" || !k.want(node, yaml.MappingNode, path, "keys and values") {
		return
	}
	for i := 0; i < len(node.Content); i += 2 {
		key, v := node.Content[i], node.Content[i+1]
		if v.Kind == yaml.AliasNode {
			v = v.Alias
		}
		if !jsonschema.Matches(rules.Keys, key.Value) {
			k.report(key, dotted(path, key.Value)+": the name has other characters than letters, digits, - and _", "")
		}
		if t.Elem().Kind() == reflect.String && v.Kind == yaml.ScalarNode && v.ShortTag() != "!!null" {
			continue // any single value is text here, as it is written
		}
		k.check(v, t.Elem(), rules, dotted(path, key.Value))
	}
}

func (k *keyChecker) structure(node *yaml.Node, t reflect.Type, path string) {
	fields, here := yamlFields(t), map[string]*yaml.Node{}
	if node.ShortTag() == "!!null" || !k.want(node, yaml.MappingNode, path, "keys and values") {
		return
	}
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i]
		f, ok := fields[key.Value]
		if !ok {
			k.report(key, fmt.Sprintf("unknown key %q", dotted(path, key.Value)), keyHint(key.Value, slices.Sorted(maps.Keys(fields))))
			continue
		}
		here[key.Value] = key
		rules := jsonschema.RulesOf(f)
		k.check(node.Content[i+1], f.Type, &rules, dotted(path, key.Value))
	}
	k.relations(node, fields, here, path)
}

// relations checks which keys go with which.
func (k *keyChecker) relations(node *yaml.Node, fields map[string]reflect.StructField, here map[string]*yaml.Node, path string) {
	var kinds, chosen []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if jsonschema.RulesOf(fields[name]).OneOf {
			kinds = append(kinds, name)
			if here[name] != nil {
				chosen = append(chosen, name)
			}
		}
	}
	if len(kinds) > 0 && len(chosen) != 1 {
		k.report(node, fmt.Sprintf("%s: it has one of %s", path, list(kinds)), "")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(here)) {
		rules := jsonschema.RulesOf(fields[name])
		if len(rules.With) > 0 && !slices.ContainsFunc(rules.With, func(other string) bool { return here[other] != nil }) {
			k.report(here[name], fmt.Sprintf("%s: %s does not go with it", path, name), name+" goes with "+list(rules.With))
		}
		if rules.Without != "" && here[rules.Without] != nil {
			k.report(here[name], fmt.Sprintf("%s: it has %s or %s, not both", path, name, rules.Without), "")
		}
	}
}

// keyHint says which key was meant, and which ones there are.
func keyHint(name string, names []string) string {
	if near := diag.Nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	return "there is " + list(names)
}

func (k *keyChecker) want(node *yaml.Node, kind yaml.Kind, path, what string) bool {
	if node.Kind == kind {
		return true
	}
	k.report(node, path+" is not "+what, "")
	return false
}

// scalar lets ${env:NAME} stand for any kind of scalar.
func (k *keyChecker) scalar(node *yaml.Node, t reflect.Type, rules *jsonschema.Rules, path string) {
	if node.ShortTag() == "!!null" && !k.expanded {
		k.report(node, path+" has no value", "take the key away, or give it one")
		return
	}
	if !k.want(node, yaml.ScalarNode, path, "a single value") || !k.expanded && envRef.MatchString(node.Value) {
		return
	}
	if !k.isA(node, t) {
		hint := ""
		if t.Kind() == reflect.String {
			hint = "put it in quotes"
		}
		k.report(node, fmt.Sprintf("%s is %q, which is no %s", path, node.Value, kindOf(t)), hint)
		return
	}
	if what := broken(plainly(node), t, rules); what != "" {
		k.report(node, fmt.Sprintf("%s is %q; it is %s", path, node.Value, what), "")
	}
}

var duration = reflect.TypeFor[time.Duration]()

// isA says whether YAML takes the value for one of type t.
func (k *keyChecker) isA(node *yaml.Node, t reflect.Type) bool {
	tag := node.ShortTag()
	switch {
	case t == duration:
		return jsonschema.Matches(jsonschema.Duration, node.Value)
	case t.Kind() == reflect.String:
		return k.expanded || tag == "!!str" || tag == "!!timestamp"
	case t.Kind() == reflect.Bool:
		return tag == "!!bool"
	}
	var n float64
	return (tag == "!!int" || tag == "!!float") && node.Decode(&n) == nil && n == math.Trunc(n)
}

// plainly is a scalar's text, of a number in decimal digits.
func plainly(node *yaml.Node) string {
	var n float64
	if tag := node.ShortTag(); (tag == "!!int" || tag == "!!float") && node.Style == 0 && node.Decode(&n) == nil && n == math.Trunc(n) && len(node.Value) < 10 {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return node.Value
}

// broken is what a value of type t has to be, "" of one that keeps the rules.
func broken(text string, t reflect.Type, r *jsonschema.Rules) string {
	switch {
	case len(r.Enum) > 0 && !slices.Contains(r.Enum, text):
		return alternatives(r.Enum)
	case !jsonschema.Matches(r.Pattern, text):
		return r.Words
	case t == duration:
		return brokenDuration(text, r)
	case t.Kind() != reflect.String && (r.Min != "" && number(text) < number(r.Min) || r.Max != "" && number(text) > number(r.Max)):
		return between(r)
	}
	return ""
}

func brokenDuration(text string, r *jsonschema.Rules) string {
	d, err := time.ParseDuration(text)
	low, _ := time.ParseDuration(r.Min)
	high, _ := time.ParseDuration(r.Max)
	if err != nil || d < low || d > high {
		return between(r)
	}
	if step, _ := time.ParseDuration(r.Step); step > 0 && d%step != 0 {
		return map[time.Duration]string{time.Second: "whole seconds", time.Minute: "whole minutes"}[step]
	}
	return ""
}

func number(text string) float64 {
	n, _ := strconv.ParseFloat(text, 64)
	return n
}

func between(r *jsonschema.Rules) string {
	if r.Max == "" {
		return "at least " + r.Min
	}
	return r.Min + " to " + r.Max
}

func kindOf(t reflect.Type) string {
	switch {
	case t == duration:
		return "duration, as 30s, 5m or 2h"
	case t.Kind() == reflect.String:
		return "text"
	case t.Kind() == reflect.Bool:
		return "true or false"
	}
	return "whole number"
}

func (k *keyChecker) report(at *yaml.Node, message, hint string) {
	k.found = append(k.found, &diag.Diagnostic{
		Place: diag.Place{File: k.file, Line: at.Line, Column: at.Column}, Message: message, Hint: hint,
	})
}

func yamlFields(t reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(t) {
		if name := f.Tag.Get("yaml"); name != "" && name != "-" {
			fields[name] = f
		}
	}
	return fields
}

func dotted(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// list is "a, b and c".
func list(names []string) string { return joined(names, "and") }

// alternatives are "a, b or c".
func alternatives(names []string) string { return joined(names, "or") }

func joined(names []string, word string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " " + word + " " + names[len(names)-1]
}

// reference is the form of ${env:NAME}.
const reference = `\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}`

var envRef = lazyregexp.New(reference)

// maxDepth bounds a configuration whose aliases contain themselves.
const maxDepth = 50

// expand is a copy of node with ${env:NAME} replaced in every scalar, and aliases by what they stand for.
func (c *Config) expand(node *yaml.Node, getenv func(string) (string, bool), depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, c.at(*node, "the value contains itself")
	}
	if node.Kind == yaml.AliasNode {
		return c.expand(node.Alias, getenv, depth+1)
	}
	out := *node
	out.Anchor = ""
	if node.Kind == yaml.ScalarNode && envRef.MatchString(node.Value) {
		var missing error
		out.Value = envRef.ReplaceAllStringFunc(node.Value, func(ref string) string {
			name := envRef.FindStringSubmatch(ref)[1]
			v, ok := getenv(name)
			if !ok {
				missing = c.at(*node, "the environment variable %s is not set", name)
			}
			return v
		})
		out.Tag, out.Style = "", 0 // the value decides what it is
		return &out, missing
	}
	out.Content = make([]*yaml.Node, len(node.Content))
	for i, child := range node.Content {
		expanded, err := c.expand(child, getenv, depth+1)
		if err != nil {
			return nil, err
		}
		out.Content[i] = expanded
	}
	return &out, nil
}

func (c *Config) at(node yaml.Node, format string, args ...any) error {
	return &diag.Diagnostic{
		Place: diag.Place{File: c.file, Line: node.Line, Column: node.Column}, Message: fmt.Sprintf(format, args...),
	}
}
