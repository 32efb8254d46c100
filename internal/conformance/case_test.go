package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// testCase is one recorded test.
type testCase struct {
	name          string // "feature/file"
	ID            string
	Feature, Kind string
	Type          string
	Machine       string
	Definition    json.RawMessage
	OtherMachines []struct {
		Ref, Type  string
		Definition json.RawMessage
	} `json:"other_machines"`
	Runs            []struct{ Step int }
	MockConfig      json.RawMessage `json:"mock_config"`
	LambdaFunctions []function      `json:"lambda_functions"`
	Steps           []step
	Derived         []struct {
		Key       string
		AfterStep int `json:"after_step"`
	}
	Masks      []mask
	Unverified []string `json:"localstack_does_not_verify"`
	Unreached  []string `json:"expected_but_not_reached_in_localstack"`
	Expected   map[string]any
}

type function struct {
	Name, Behaviour string
	Timeout         int
}

type step struct {
	N       int
	Call    string
	Params  map[string]any
	Region  string
	Account string
	Expect  []struct{ Key, Field string }
	Poll    bool
}

type mask struct {
	Kind, Regex, Replacement, Arn, JSONPath, Key, Set string
	Part                                              int
	Numbered                                          bool
}

func load(file string) (*testCase, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c := &testCase{name: filepath.Base(filepath.Dir(file)) + "/" + strings.TrimSuffix(filepath.Base(file), ".json")}
	if err := decode(text, c); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return c, nil
}

// decode keeps numbers as they are written.
func decode(text []byte, into any) error {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	return d.Decode(into)
}

// machine is the text of the definition that a ref names.
func (c *testCase) machine(ref string) (string, error) {
	text := json.RawMessage(nil)
	if ref == c.Machine {
		text = c.Definition
	}
	for _, m := range c.OtherMachines {
		if m.Ref == ref {
			text = m.Definition
		}
	}
	if text == nil {
		return "", fmt.Errorf("no machine %s", ref)
	}
	var plain string
	if json.Unmarshal(text, &plain) == nil {
		return plain, nil
	}
	return string(text), nil
}

var reference = regexp.MustCompile(`\{\{(\d+)([^{}]*)\}\}`)

// resolve puts the parts of earlier answers, "{{4.executionArn}}", in place of their references.
func resolve(v any, answers map[int]any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			r, err := resolve(x, answers)
			if err != nil {
				return nil, err
			}
			out[k] = r
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			r, err := resolve(x, answers)
			if err != nil {
				return nil, err
			}
			out[i] = r
		}
		return out, nil
	case string:
		return resolveText(v, answers)
	}
	return v, nil
}

func resolveText(s string, answers map[int]any) (any, error) {
	if m := reference.FindStringSubmatch(s); m != nil && m[0] == s {
		return lookup(m, answers)
	}
	var failed error
	out := reference.ReplaceAllStringFunc(s, func(ref string) string {
		v, err := lookup(reference.FindStringSubmatch(ref), answers)
		if err != nil {
			failed = err
			return ref
		}
		return fmt.Sprint(v)
	})
	return out, failed
}

var pathStep = regexp.MustCompile(`\.([A-Za-z0-9_-]+)|\[(\d+)\]|\|json`)

func lookup(m []string, answers map[int]any) (any, error) {
	n, _ := strconv.Atoi(m[1])
	v, ok := answers[n]
	if !ok {
		return nil, fmt.Errorf("step %d has no answer", n)
	}
	for _, s := range pathStep.FindAllStringSubmatch(m[2], -1) {
		switch {
		case s[0] == "|json":
			text, _ := v.(string)
			var parsed any
			if err := decode([]byte(text), &parsed); err != nil {
				return nil, fmt.Errorf("%s: %w", m[0], err)
			}
			v = parsed
		case s[2] != "":
			list, _ := v.([]any)
			i, _ := strconv.Atoi(s[2])
			if i >= len(list) {
				return nil, fmt.Errorf("%s: no item %d", m[0], i)
			}
			v = list[i]
		default:
			object, _ := v.(map[string]any)
			x, ok := object[s[1]]
			if !ok {
				return nil, fmt.Errorf("%s: no member %s", m[0], s[1])
			}
			v = x
		}
	}
	return v, nil
}

// textParams are the parameters that are JSON in a string; the cases show them as JSON.
var textParams = map[string]bool{"definition": true, "input": true, "output": true, "variables": true, "context": true, "result": true, "mapItemReaderData": true}

// params are a step's parameters as a client sends them.
func (c *testCase) params(s *step, answers map[int]any) (map[string]any, error) {
	resolved, err := resolve(s.Params, answers)
	if err != nil {
		return nil, err
	}
	return c.stringify(resolved.(map[string]any), strings.HasPrefix(s.Call, "stepfunctions:"))
}

func (c *testCase) stringify(params map[string]any, sfn bool) (map[string]any, error) {
	for k, v := range params {
		object, isObject := v.(map[string]any)
		ref, isMachine := object["$machine"].(string)
		switch {
		case isMachine:
			text, err := c.machine(ref)
			if err != nil {
				return nil, err
			}
			params[k] = text
		case isObject && sfn && !textParams[k]:
			inner, err := c.stringify(object, sfn)
			if err != nil {
				return nil, err
			}
			params[k] = inner
		case isObject && sfn:
			params[k] = pythonJSON(v)
		}
	}
	return params, nil
}

// pythonJSON writes JSON as Python's json.dumps does, which sent the recorded calls.
func pythonJSON(v any) string {
	switch v := v.(type) {
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, pythonJSON(k)+": "+pythonJSON(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = pythonJSON(x)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	text, _ := json.Marshal(v)
	return string(text)
}
