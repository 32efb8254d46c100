package apigateway

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/stride-aws/stride/internal/jsonpath"
	"github.com/stride-aws/stride/internal/server/velocity"
	"github.com/stride-aws/stride/internal/value"
)

var errConstant = errors.New("it cannot be set")

// input is $input.
type input struct {
	raw                 string
	body                value.Value
	path, query, header value.Value
}

// requestInput is $input of a request. A body that is no JSON is the caller's mistake.
func requestInput(body []byte, r *http.Request, parameters map[string]string) (*input, error) {
	in := &input{raw: string(body), body: value.OfObject(nil)}
	if len(body) > 0 {
		v, err := value.Parse(string(body))
		if err != nil {
			return nil, err
		}
		in.body = v
	}
	path := map[string][]string{}
	for name, v := range parameters {
		path[name] = []string{v}
	}
	in.path, in.query, in.header = texts(path), texts(r.URL.Query()), texts(r.Header)
	return in, nil
}

// texts has the last value of each name, in the order of names.
func texts(values map[string][]string) value.Value {
	var members []value.Member
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if list := values[name]; len(list) > 0 {
			members = append(members, value.Member{Name: name, Value: value.OfString(list[len(list)-1])})
		}
	}
	return value.OfObject(members)
}

// Get implements velocity.Object.
func (in *input) Get(name string) any {
	if name == "body" {
		return in.raw
	}
	return nil
}

// Set implements velocity.Object.
func (*input) Set(string, any) error { return errConstant }

// Call implements velocity.Object.
func (in *input) Call(method string, args []any) (any, error) {
	switch {
	case method == "params" && len(args) == 0:
		return value.OfObject([]value.Member{{Name: "path", Value: in.path}, {Name: "querystring", Value: in.query}, {Name: "header", Value: in.header}}), nil
	case method == "params" && len(args) == 1:
		for _, from := range []value.Value{in.path, in.query, in.header} {
			if v, ok := from.Get(velocity.Text(args[0])); ok {
				return v, nil
			}
		}
		return "", nil
	case (method == "path" || method == "json") && len(args) == 1:
		v, err := in.at(velocity.Text(args[0]))
		if err != nil || method == "path" {
			return v, err
		}
		if !v.Defined() {
			return `""`, nil
		}
		return string(v.AppendJSON(nil)), nil
	}
	return nil, fmt.Errorf("$input has no method %s with %d arguments", method, len(args))
}

func (in *input) at(path string) (value.Value, error) {
	p, err := jsonpath.Compile(path)
	if err != nil {
		return value.Value{}, err
	}
	v, err := p.Eval(jsonpath.Scope{Input: in.body})
	var none *jsonpath.NotFoundError
	if errors.As(err, &none) {
		return value.Value{}, nil
	}
	return v, err
}

// util is $util.
type util struct{}

// Get implements velocity.Object.
func (util) Get(string) any { return nil }

// Set implements velocity.Object.
func (util) Set(string, any) error { return errConstant }

// Call implements velocity.Object.
func (util) Call(method string, args []any) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("$util.%s takes one argument", method)
	}
	text := velocity.Text(args[0])
	switch method {
	case "escapeJavaScript":
		return escapeJavaScript(text), nil
	case "parseJson":
		return value.Parse(text)
	}
	return nil, fmt.Errorf("$util.%s is not one of the local API Gateway's methods", method)
}

// escapeJavaScript is that of Apache Commons Lang 2, which makes \' of a quote and \/ of a slash.
func escapeJavaScript(text string) string {
	short := map[rune]string{'\b': `\b`, '\n': `\n`, '\t': `\t`, '\f': `\f`, '\r': `\r`, '\'': `\'`, '"': `\"`, '\\': `\\`, '/': `\/`}
	var b strings.Builder
	for _, r := range text {
		switch s, ok := short[r]; {
		case ok:
			b.WriteString(s)
		case r >= 0x10000:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04X\u%04X`, high, low)
		case r < 0x20 || r > 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// gateway is $context.
type gateway struct{ override *override }

// Get implements velocity.Object.
func (g *gateway) Get(name string) any {
	if name == "responseOverride" {
		return g.override
	}
	return nil
}

// Set implements velocity.Object.
func (*gateway) Set(string, any) error { return errConstant }

// Call implements velocity.Object.
func (*gateway) Call(method string, _ []any) (any, error) {
	return nil, fmt.Errorf("$context has no method %s", method)
}

// override is $context.responseOverride.
type override struct{ status int }

// Get implements velocity.Object.
func (o *override) Get(string) any { return nil }

// Set implements velocity.Object. AWS: a status is set once, and is one of HTTP's.
func (o *override) Set(name string, v any) error {
	status, ok := v.(float64)
	if name != "status" || !ok || status < 100 || status > 599 || o.status != 0 {
		return fmt.Errorf("the local API Gateway takes a status, once, and this is %s = %s", name, velocity.Text(v))
	}
	o.status = int(status)
	return nil
}

// Call implements velocity.Object.
func (*override) Call(method string, _ []any) (any, error) {
	return nil, fmt.Errorf("$context.responseOverride has no method %s", method)
}
