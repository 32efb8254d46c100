package project

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/lazyregexp"
)

// checkKeys compares the keys of a YAML mapping, all the way down, with the fields of target's type.
func checkKeys(node *yaml.Node, target any, file string) diag.List {
	k := keyChecker{file: file}
	k.check(node, reflect.TypeOf(target), "")
	return k.found
}

type keyChecker struct {
	file  string
	found diag.List
}

func (k *keyChecker) check(node *yaml.Node, t reflect.Type, path string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Tag == "!!null" {
		return
	}
	switch t.Kind() {
	case reflect.Interface: // anything
	case reflect.Struct:
		k.structure(node, t, path)
	case reflect.Map:
		if k.want(node, yaml.MappingNode, path, "keys and values") {
			for i := 0; i < len(node.Content); i += 2 {
				k.check(node.Content[i+1], t.Elem(), dotted(path, node.Content[i].Value))
			}
		}
	case reflect.Slice:
		k.want(node, yaml.SequenceNode, path, "a list")
	default:
		k.scalar(node, t, path)
	}
}

func (k *keyChecker) structure(node *yaml.Node, t reflect.Type, path string) {
	if !k.want(node, yaml.MappingNode, path, "keys and values") {
		return
	}
	fields := yamlFields(t)
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i]
		f, ok := fields[key.Value]
		if !ok {
			k.report(key, fmt.Sprintf("unknown key %q", dotted(path, key.Value)), keyHint(key.Value, sortedKeys(fields)))
			continue
		}
		k.check(node.Content[i+1], f.Type, dotted(path, key.Value))
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
func (k *keyChecker) scalar(node *yaml.Node, t reflect.Type, path string) {
	if !k.want(node, yaml.ScalarNode, path, "a single value") || envRef.MatchString(node.Value) {
		return
	}
	if err := node.Decode(reflect.New(t).Interface()); err != nil {
		k.report(node, fmt.Sprintf("%s is %q, which is no %s", path, node.Value, kinds[t.Kind()]), "")
	}
}

var kinds = map[reflect.Kind]string{reflect.Int: "whole number", reflect.Bool: "true or false", reflect.String: "text", reflect.Int64: "duration, as 30s, 5m or 2h"}

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

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func dotted(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// list is "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

var envRef = lazyregexp.New(`\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}`)

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
