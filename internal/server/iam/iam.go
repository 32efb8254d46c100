// Package iam is the local AWS's IAM service: roles and managed policies, over the query protocol. Package server's router hands
// it the requests signed for "iam"; the other local services ask it for a role's documents (Role), which package policy
// evaluates. State is in memory and, with Keep, in a store; IAM has no regions, so it is kept by account.
package iam

import (
	"encoding/xml"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// Service implements wire.Service.
type Service struct {
	wire.Query
	now   func() time.Time
	store *store.Store // see Keep

	mu       sync.Mutex
	accounts map[string]*account
}

type account struct {
	roles    map[string]*role
	policies map[string]*managed // by ARN
}

// New makes the service; now nil is time.Now.
func New(now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	s := &Service{now: now, accounts: map[string]*account{}}
	s.Query = wire.Query{Namespace: "https://iam.amazonaws.com/doc/2010-05-08/", Operations: map[string]wire.QueryOperation{}}
	for name, op := range s.roleOperations() {
		s.Operations[name] = s.locked(name, op)
	}
	for name, op := range s.policyOperations() {
		s.Operations[name] = s.locked(name, op)
	}
	return s
}

// operation answers a call about the account a, with the lock held.
type operation func(a *account, c *wire.Call, in url.Values) (any, error)

// locked makes an operation of the API of op, and files what it changes.
func (s *Service) locked(name string, op operation) wire.QueryOperation {
	return func(c *wire.Call, in url.Values) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		a := s.account(c.Account)
		out, err := op(a, c, in)
		if err == nil && !reads(name) {
			err = s.keep(c.Account, a)
		}
		return out, err
	}
}

func (s *Service) account(id string) *account {
	a := s.accounts[id]
	if a == nil {
		a = &account{roles: map[string]*role{}, policies: map[string]*managed{}}
		s.accounts[id] = a
	}
	return a
}

// Role is what decides what a role may do.
type Role struct {
	Name     string
	Trust    *policy.Document
	Policies []*policy.Document // inline and attached
	Boundary *policy.Document   // nil: none
}

// Role finds a role by its ARN; ok is false where there is none.
func (s *Service) Role(arn string) (found Role, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return Role{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[parts[4]]
	if a == nil {
		return Role{}, false
	}
	r := a.roles[parts[5][strings.LastIndexByte(parts[5], '/')+1:]]
	if r == nil || r.Arn != arn {
		return Role{}, false
	}
	return a.describe(r), true
}

func (a *account) describe(r *role) Role {
	d := Role{Name: r.RoleName, Trust: parsed(r.trust)}
	for _, name := range slices.Sorted(maps.Keys(r.inline)) {
		d.Policies = append(d.Policies, parsed(r.inline[name]))
	}
	for _, arn := range r.attached {
		if text, ok := a.document(arn); ok {
			d.Policies = append(d.Policies, parsed(text))
		}
	}
	if r.PermissionsBoundary != nil {
		text, _ := a.document(r.PermissionsBoundary.PermissionsBoundaryArn)
		d.Boundary = parsed(text)
	}
	return d
}

// parsed reads a document that was checked when it came; "" is one that allows nothing.
func parsed(text string) *policy.Document {
	d, err := policy.Parse(text)
	if err != nil {
		return new(policy.Document)
	}
	return d
}

// checkDocument says whether IAM takes text.
func checkDocument(text string) error {
	if len(text) == 0 {
		return wire.Errorf("ValidationError", "1 validation error detected: Value at 'policyDocument' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	d, err := policy.Parse(text)
	switch {
	case err != nil:
		return wire.Errorf("MalformedPolicyDocument", "This policy contains invalid Json")
	case len(d.Statement) == 0:
		return wire.Errorf("MalformedPolicyDocument", "Syntax errors in policy.")
	}
	for _, st := range d.Statement {
		if st.Effect != "Allow" && st.Effect != "Deny" || len(st.Action)+len(st.NotAction) == 0 {
			return wire.Errorf("MalformedPolicyDocument", "Syntax errors in policy.")
		}
	}
	return nil
}

func noSuch(format string, args ...any) *wire.Error {
	return &wire.Error{Code: "NoSuchEntity", Message: fmt.Sprintf(format, args...), Status: http.StatusNotFound}
}

func refused(code, format string, args ...any) *wire.Error {
	return &wire.Error{Code: code, Message: fmt.Sprintf(format, args...), Status: http.StatusConflict}
}

func invalid(format string, args ...any) *wire.Error {
	return wire.Errorf("ValidationError", format, args...)
}

// newID is a unique id with IAM's prefix for its kind: "AROA" of roles, "ANPA" of policies.
func newID(prefix string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	id := []byte(prefix)
	for range 17 {
		id = append(id, letters[rand.IntN(len(letters))])
	}
	return string(id)
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// escaped is a document as IAM answers it: percent-encoded (RFC 3986).
func escaped(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

type tag struct{ Key, Value string }

// tagList reads Tags.member.N.Key and .Value.
func tagList(in url.Values) []tag {
	var tags []tag
	for _, t := range wire.Structs(in, "Tags") {
		tags = append(tags, tag{t.Get("Key"), t.Get("Value")})
	}
	return tags
}

// maxTags bounds the tags of a role or policy. AWS: IAM quotas.
const maxTags = 50

// merge sets tags in old and returns the whole, ordered as they came.
func merge(old, tags []tag) ([]tag, error) {
	all := slices.Clone(old)
	for _, t := range tags {
		if len(t.Key) == 0 || len(t.Key) > 128 || len(t.Value) > 256 {
			return nil, invalid("1 validation error detected: Value '%s' at 'tags.1.member.key' failed to satisfy constraint: Member must have length less than or equal to 128", t.Key)
		}
		if i := slices.IndexFunc(all, func(o tag) bool { return o.Key == t.Key }); i >= 0 {
			all[i] = t
		} else {
			all = append(all, t)
		}
	}
	if len(all) > maxTags {
		return nil, refused("LimitExceeded", "The number of tags has reached the maximum limit.")
	}
	return all, nil
}

func without(tags []tag, keys []string) []tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t tag) bool { return slices.Contains(keys, t.Key) })
}

// members is a list as the query protocol answers it; an empty one has its element, too.
type members[T any] []T

// MarshalXML implements xml.Marshaler.
func (l members[T]) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	for _, item := range l {
		if err := e.EncodeElement(item, xml.StartElement{Name: xml.Name{Local: "member"}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

// listing is the part of an answer that pages have in common.
type listing struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

// page cuts a list, ordered by key, after Marker and to MaxItems. AWS: 100 unless said.
func page[T any](in url.Values, items []T, key func(T) string) ([]T, listing, error) {
	limit := 100
	if text := in.Get("MaxItems"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			return nil, listing{}, invalid("1 validation error detected: Value '%s' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000", text)
		}
		limit = n
	}
	if marker := in.Get("Marker"); marker != "" {
		i := slices.IndexFunc(items, func(item T) bool { return key(item) == marker })
		if i < 0 {
			return nil, listing{}, invalid("Invalid Marker.")
		}
		items = items[i:]
	}
	if len(items) > limit {
		return items[:limit], listing{true, key(items[limit])}, nil
	}
	return items, listing{}, nil
}
