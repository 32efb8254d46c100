package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/dlclark/regexp2"
)

// unwrap turns each text that is a JSON object into that object, once: texts inside it stay.
func unwrap(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = unwrap(x)
		}
		return v
	case []any:
		for i, x := range v {
			v[i] = unwrap(x)
		}
		return v
	case string:
		var object map[string]any
		if strings.HasPrefix(v, "{") && decode([]byte(v), &object) == nil {
			return object
		}
	}
	return v
}

// masker hides what differs from run to run, in the answers of one case.
type masker struct {
	replacements []replacement // in the whole text, in this order
	numbers      map[string]int
	seen         map[string]string
}

type replacement struct {
	find *regexp.Regexp
	back *regexp2.Regexp // in place of find, where an expression looks back
	put  string
}

func (r *replacement) in(s string) string {
	put := strings.ReplaceAll(jsonText(r.put), "$", "$$")
	if r.back == nil {
		return r.find.ReplaceAllString(s, put)
	}
	out, err := r.back.Replace(s, put, -1, -1)
	if err != nil {
		return s
	}
	return out
}

var (
	uuidPattern  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	isoDate      = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$`)
	isoDateIn    = regexp.MustCompile(`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})`)
	requestIDs   = regexp.MustCompile(`Request ID: [A-Za-z0-9-]+`)
	extendedIDs  = regexp.MustCompile(`Extended Request ID: [A-Za-z0-9+/=-]+`)
	jsonInCause  = regexp.MustCompile(`'(\{.*?\})'`)
	dateMembers  = regexp.MustCompile(`(?i)^(creation|start|stop|update|redrive)Date$`)
	headersNamed = map[string]string{"X-Amzn-Trace-Id": "X-Amzn-Trace-Id", "x-amz-crc32": "x-amz-crc32", "x-amzn-RequestId": "x-amzn-RequestId"}
)

func (m *masker) number(kind, original string) string {
	key := kind + "\x00" + original
	if token, ok := m.seen[key]; ok {
		return token
	}
	m.numbers[kind]++
	token := fmt.Sprintf("<%s:%d>", kind, m.numbers[kind])
	m.seen[key] = token
	m.replacements = append(m.replacements, replacement{find: regexp.MustCompile(regexp.QuoteMeta(original)), put: token})
	return token
}

// maskAnswers applies a case's masks to its answers, by key.
func (c *testCase) maskAnswers(keyed map[string]any, order []string, answers map[int]any, sets map[string][]mask) (map[string]any, error) {
	m := &masker{numbers: map[string]int{}, seen: map[string]string{}}
	masks, err := c.allMasks(answers, sets)
	if err != nil {
		return nil, err
	}
	if keyed, err = m.texts(keyed, order, masks); err != nil {
		return nil, err
	}
	for _, k := range order {
		keyed[k] = m.standard("", keyed[k])
		for _, mk := range masks {
			m.structural(mk, keyed[k])
		}
	}
	m.literal(`000000000000`, "111111111111")
	m.literal(`us-east-1`, "<region>")
	m.literal(`arn:aws:`, "arn:<partition>:")
	return replaceAll(keyed, m.replacements)
}

// texts applies the masks of a case that replace text wherever it stands, before all others.
func (m *masker) texts(keyed map[string]any, order []string, masks []mask) (map[string]any, error) {
	for _, mk := range masks {
		switch mk.Kind {
		case "regex":
			m.regex(mk)
		case "arn-resource":
			for _, k := range order {
				m.resources(mk, keyed[k])
			}
		}
	}
	first := m.replacements
	m.replacements = nil
	return replaceAll(keyed, first)
}

// replaceAll replaces in the JSON text of answers.
func replaceAll(keyed map[string]any, list []replacement) (map[string]any, error) {
	text, err := json.Marshal(keyed)
	if err != nil {
		return nil, err
	}
	s := unescapeHTML(string(text))
	for _, r := range list {
		s = r.in(s)
	}
	out := map[string]any{}
	return out, decode([]byte(s), &out)
}

var htmlEscapes = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&")

func unescapeHTML(s string) string { return htmlEscapes.Replace(s) }

// jsonText is a text as it stands inside a JSON string. A replacement that is written as JSON already stays.
func jsonText(s string) string {
	if strings.Contains(s, `\"`) {
		return s
	}
	text, _ := json.Marshal(s)
	return unescapeHTML(string(text[1 : len(text)-1]))
}

func (m *masker) literal(find, put string) {
	m.replacements = append(m.replacements, replacement{find: regexp.MustCompile(regexp.QuoteMeta(find)), put: put})
}

// allMasks are the masks of a case with its sets, and their references resolved.
func (c *testCase) allMasks(answers map[int]any, sets map[string][]mask) ([]mask, error) {
	var all []mask
	for _, mk := range c.Masks {
		if mk.Set != "" {
			all = append(all, sets[mk.Set]...)
			continue
		}
		for _, field := range []*string{&mk.Regex, &mk.Arn} {
			v, err := resolveText(*field, answers)
			if err != nil {
				return nil, err
			}
			if *field, _ = v.(string); *field == "" && mk.Kind == "regex" && field == &mk.Regex && mk.Arn == "" {
				return nil, fmt.Errorf("mask %s finds nothing", mk.Replacement)
			}
		}
		all = append(all, mk)
	}
	return all, nil
}

func (m *masker) regex(mk mask) {
	find := regexp.QuoteMeta(mk.Regex)
	if mk.Arn != "" {
		parts := regexp.MustCompile(`[:/]`).Split(mk.Arn, -1)
		i := mk.Part
		if i < 0 {
			i += len(parts)
		}
		find = regexp.QuoteMeta(parts[i])
	} else if re, err := regexp.Compile(mk.Regex); err == nil && strings.ContainsAny(mk.Regex, `\[(*?`) {
		m.replacements = append(m.replacements, replacement{find: re, put: mk.Replacement})
		return
	} else if strings.Contains(mk.Regex, "(?<") { // looks back, at text with Python's spaces
		m.replacements = append(m.replacements, replacement{back: regexp2.MustCompile(strings.ReplaceAll(mk.Regex, `\s`, `\s?`), regexp2.None), put: mk.Replacement})
		return
	}
	m.replacements = append(m.replacements, replacement{find: regexp.MustCompile(find), put: mk.Replacement})
}

// standard applies the masks that all cases have, except for those on the whole text.
func (m *masker) standard(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			v[k] = m.member(k, v[k])
		}
		return v
	case []any:
		for i, x := range v {
			v[i] = m.standard(key, x)
		}
		return v
	case string:
		return m.text(key, v)
	}
	return v
}

func (m *masker) member(k string, v any) any {
	_, isNumber := v.(json.Number)
	switch {
	case k == "ResponseMetadata":
		return v
	case k == "SdkHttpMetadata":
		maskDates(v)
	case k == "SdkResponseMetadata":
		if object, ok := v.(map[string]any); ok {
			if id, ok := object["RequestId"].(string); ok && !uuidPattern.MatchString(id) {
				object["RequestId"] = "RequestId"
			}
		}
	case dateMembers.MatchString(k) && isNumber && k[0] >= 'a':
		return "datetime"
	case strings.Contains(strings.ToLower(k), "timestamp") && (isNumber || k == "event_timestamp"):
		return "timestamp"
	}
	if name := headersNamed[k]; name != "" {
		return name
	}
	return m.standard(k, v)
}

func maskDates(v any) {
	object, _ := v.(map[string]any)
	for k, x := range object {
		if k == "Date" {
			object[k] = "date"
		}
		maskDates(x)
	}
}

func (m *masker) text(key, s string) any {
	switch {
	case strings.HasSuffix(strings.ToLower(key), "id") && uuidPattern.MatchString(s):
		return m.number("uuid", s)
	case isoDate.MatchString(s):
		return "date"
	}
	s = extendedIDs.ReplaceAllString(s, "Extended Request ID: <extended_request_id>")
	s = requestIDs.ReplaceAllStringFunc(s, func(id string) string {
		if strings.Contains(id, "<") {
			return id
		}
		return "Request ID: <request_id>"
	})
	s = strings.ReplaceAll(s, "Extended Request ID: <request_id>", "Extended Request ID: <extended_request_id>")
	if key == "cause" {
		s = jsonInCause.ReplaceAllStringFunc(s, func(found string) string {
			if inner := found[1 : len(found)-1]; json.Valid([]byte(inner)) {
				return "'" + m.number("json-input", inner) + "'"
			}
			return found
		})
	}
	return isoDateIn.ReplaceAllString(s, "date")
}

// structural applies the masks that stand for places.
func (m *masker) structural(mk mask, v any) {
	switch mk.Kind {
	case "key":
		each(v, func(parent map[string]any, k string) {
			if text, ok := parent[k].(string); ok && k == mk.Key {
				m.put(mk, parent, k, text)
			}
		})
	case "jsonpath":
		m.jsonpath(mk, v)
	case "parallel-unordered":
		unorder(v)
	}
}

// resources finds the last parts of ARNs.
func (m *masker) resources(mk mask, v any) {
	each(v, func(parent map[string]any, k string) {
		text, ok := parent[k].(string)
		if i := strings.LastIndexAny(text, ":/"); ok && strings.HasPrefix(text, "arn:") && i > 0 {
			m.number(mk.Replacement, text[i+1:])
		}
	})
}

func (m *masker) put(mk mask, parent map[string]any, k, original string) {
	switch {
	case !mk.Numbered:
		parent[k] = mk.Replacement
	case original != "":
		parent[k] = m.number(mk.Replacement, original)
	}
}

// jsonpath masks what a path of the form $..a.b.c finds.
func (m *masker) jsonpath(mk mask, v any) {
	names := strings.FieldsFunc(strings.TrimPrefix(mk.JSONPath, "$"), func(r rune) bool { return r == '.' })
	for _, place := range find(v, names, strings.HasPrefix(mk.JSONPath, "$..")) {
		if text, ok := place.parent[place.key].(string); ok {
			m.put(mk, place.parent, place.key, text)
		} else {
			place.parent[place.key] = mk.Replacement
		}
	}
}

type place struct {
	parent map[string]any
	key    string
}

// find are the places that names lead to, from v or (deep) from anywhere below it. A name may have an index: "events[4]".
func find(v any, names []string, deep bool) []place {
	var found []place
	switch v := v.(type) {
	case map[string]any:
		name, index, indexed := strings.Cut(names[0], "[")
		x, ok := v[name]
		switch {
		case ok && len(names) == 1 && !indexed:
			found = append(found, place{v, name})
		case ok && len(names) > 1:
			if indexed {
				n, _ := strconv.Atoi(strings.TrimSuffix(index, "]"))
				if list, isList := x.([]any); isList && n < len(list) {
					x = list[n]
				}
			}
			found = append(found, find(x, names[1:], false)...)
			found = append(found, findInLists(x, names[1:])...)
		case name == "*" && len(names) == 1:
			for k := range v {
				found = append(found, place{v, k})
			}
		}
		if deep {
			for _, k := range slices.Sorted(maps.Keys(v)) {
				found = append(found, find(v[k], names, true)...)
			}
		}
	case []any:
		if deep {
			for _, x := range v {
				found = append(found, find(x, names, true)...)
			}
		}
	}
	return found
}

// findInLists goes on through the items of a list: "$..events..x" leaves them out.
func findInLists(v any, names []string) []place {
	var found []place
	if list, ok := v.([]any); ok {
		for _, x := range list {
			found = append(found, find(x, names, true)...)
		}
	}
	return found
}

// unorder makes the events between a Parallel state's last start and its end comparable whatever their order. The end itself is
// left out, as in the recordings.
func unorder(v any) {
	each(v, func(parent map[string]any, k string) {
		events, ok := parent[k].([]any)
		if !ok || k != "events" {
			return
		}
		var out []any
		first, last := -1, -1 // after the first start of the state, and after that of its last retry
		for _, e := range events {
			switch kind, _ := e.(map[string]any)["type"].(string); {
			case kind == "ParallelStateStarted":
				if last = len(out) + 1; first < 0 {
					first = last
				}
			case first >= 0 && (kind == "ParallelStateSucceeded" || kind == "ParallelStateFailed"):
				unnumber(out[first:])
				sortEvents(out[last:])
				first = -1
				continue
			}
			out = append(out, e)
		}
		parent[k] = out
	})
}

func unnumber(events []any) {
	for _, e := range events {
		e := e.(map[string]any)
		if e["type"] != "ParallelStateStarted" {
			e["id"], e["previousEventId"] = []any{json.Number("0")}, json.Number("0")
		}
	}
}

func sortEvents(events []any) {
	sort.SliceStable(events, func(i, j int) bool { return pythonJSON(events[i]) < pythonJSON(events[j]) })
}

// each visits every member of every object below v.
func each(v any, visit func(parent map[string]any, k string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			visit(v, k)
			each(v[k], visit)
		}
	case []any:
		for _, x := range v {
			each(x, visit)
		}
	}
}
