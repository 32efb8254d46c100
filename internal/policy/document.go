// Package policy is IAM: the documents that stride's roles get, as small as what a definition does allows, and their evaluation.
// A definition goes in through Machine, a function's needs through Function; out come grants, statements with the states that
// need them. plan compares documents, deploy sends them, the local AWS decides with Allows. No I/O.
package policy

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"sort"
)

// Document is an IAM policy document.
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type Document struct {
	Version   string          `json:"Version"`
	Statement list[Statement] `json:"Statement"`
}

// Statement is one statement of a document. A list of one stands for IAM's bare string.
type Statement struct {
	Sid          string               `json:"Sid,omitempty"`
	Effect       string               `json:"Effect"`
	Principal    Principal            `json:"Principal,omitempty"`
	NotPrincipal Principal            `json:"NotPrincipal,omitempty"`
	Action       list[string]         `json:"Action,omitempty"`
	NotAction    list[string]         `json:"NotAction,omitempty"`
	Resource     list[string]         `json:"Resource,omitempty"`
	NotResource  list[string]         `json:"NotResource,omitempty"`
	Condition    map[string]Condition `json:"Condition,omitempty"`
}

// Principal is who a statement is about, by kind: "Service", "AWS", "Federated". IAM's "*" reads as {"AWS": ["*"]}.
type Principal map[string]list[string]

// Condition is the keys of one condition operator and the values they are compared with.
type Condition map[string]list[string]

// list reads a bare value as a list of one.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]T)(l))
	}
	var one T
	if err := json.Unmarshal(text, &one); err != nil {
		return err
	}
	*l = list[T]{one}
	return nil
}

func (p *Principal) UnmarshalJSON(text []byte) error {
	if string(text) == `"*"` {
		*p = Principal{"AWS": {"*"}}
		return nil
	}
	return json.Unmarshal(text, (*map[string]list[string])(p))
}

const version = "2012-10-17"

// Parse reads a document's JSON text.
func Parse(text string) (*Document, error) {
	d := new(Document)
	if err := json.Unmarshal([]byte(text), d); err != nil {
		return nil, fmt.Errorf("not a policy document: %w", err)
	}
	return d, nil
}

// Decode reads a document as IAM returns it: URL-encoded, by RFC 3986.
func Decode(text string) (*Document, error) {
	if plain, err := url.PathUnescape(text); err == nil {
		text = plain
	}
	return Parse(text)
}

// String is the document's JSON text, byte for byte stable.
func (d *Document) String() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings, lists and maps of strings always marshal
	}
	return string(text)
}

// Equal is whether a and b say the same: the order of statements, actions, resources and values does not matter.
// A nil document equals only another nil document.
func Equal(a, b *Document) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.Equal(a.Texts(), b.Texts())
}

// Texts are the statements of d in a normal form, sorted: what a plan shows and compares.
func (d *Document) Texts() []string {
	if d == nil {
		return nil
	}
	texts := make([]string, len(d.Statement))
	for i, s := range d.Statement {
		texts[i] = s.Normal()
	}
	sort.Strings(texts)
	return texts
}

// Has is whether d has a statement that says the same as s.
func (d *Document) Has(s Statement) bool {
	return slices.Contains(d.Texts(), s.Normal())
}

// Normal is the statement's JSON text with its lists sorted: equal exactly when two say the same.
func (s Statement) Normal() string {
	s.Action, s.NotAction = sorted(s.Action), sorted(s.NotAction)
	s.Resource, s.NotResource = sorted(s.Resource), sorted(s.NotResource)
	s.Principal, s.NotPrincipal = sortedValues(s.Principal), sortedValues(s.NotPrincipal)
	condition := make(map[string]Condition, len(s.Condition))
	for operator, keys := range s.Condition {
		condition[operator] = sortedValues(keys)
	}
	s.Condition = condition
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // as in String
	}
	return string(text)
}

func sorted(l list[string]) list[string] { return slices.Compact(slices.Sorted(slices.Values(l))) }

func sortedValues[M ~map[string]list[string]](m M) M {
	if m == nil {
		return nil
	}
	out := make(M, len(m))
	for k, v := range m {
		out[k] = sorted(v)
	}
	return out
}

// Trust is the document that lets an AWS service assume a role: "lambda.amazonaws.com". account and source, where not empty,
// keep another account's resources from using the role (the confused deputy).
func Trust(service, account, source string) *Document {
	s := Statement{Effect: "Allow", Principal: Principal{"Service": {service}}, Action: list[string]{"sts:AssumeRole"}}
	if account != "" {
		s.Condition = map[string]Condition{"StringEquals": {"aws:SourceAccount": {account}}}
	}
	if source != "" {
		s.Condition["ArnLike"] = Condition{"aws:SourceArn": {source}}
	}
	return &Document{Version: version, Statement: list[Statement]{s}}
}
