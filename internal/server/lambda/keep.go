package lambda

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// The tables of the store: functions by account, region and name; zips by their CodeSha256.
const (
	functionTable = "function"
	codeTable     = "code"
)

type functionRecord struct {
	ARN       string
	Latest    Configuration
	Published []Configuration
	Numbers   int
	Aliases   map[string]*alias
	Tags      map[string]string
	Policies  map[string]policyRecord
	Reserved  *int
}

type policyRecord struct {
	Revision   string
	Statements []statement
}

// Keep reads what the store has, and files every change there from now on. Zips that no function has any more are dropped.
func (s *Service) Keep(st *store.Store) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store = st
	zips := map[string][]byte{}
	for key, text := range st.Up(functionTable, "") {
		if err := s.restore(key, text, zips); err != nil {
			return fmt.Errorf("function %s in the data directory: %w", key[strings.LastIndexByte(key, 0)+1:], err)
		}
	}
	for sum := range st.Up(codeTable, "") {
		if zips[sum] == nil {
			st.Write(store.Change{Table: codeTable, Key: sum})
		}
	}
	return nil
}

func (s *Service) restore(key string, text []byte, zips map[string][]byte) error {
	var r functionRecord
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	f := &function{arn: r.ARN, numbers: r.Numbers, aliases: orEmpty(r.Aliases), tags: orEmpty(r.Tags), policies: map[string]*policy{}, reserved: r.Reserved}
	for qualifier, p := range r.Policies {
		f.policies[qualifier] = &policy{p.Revision, p.Statements}
	}
	restored := func(c Configuration) (*version, error) {
		if zips[c.CodeSha256] == nil {
			zip, ok := s.store.Get(codeTable, c.CodeSha256)
			if !ok {
				return nil, fmt.Errorf("the code of version %s is missing", c.Version)
			}
			zips[c.CodeSha256] = zip
		}
		return &version{Configuration: c, code: zips[c.CodeSha256]}, nil
	}
	var err error
	if f.latest, err = restored(r.Latest); err != nil {
		return err
	}
	for _, c := range r.Published {
		v, err := restored(c)
		if err != nil {
			return err
		}
		f.published = append(f.published, v)
	}
	p := strings.SplitN(key, "\x00", 3)
	at := place{p[0], p[1]}
	if s.functions[at] == nil {
		s.functions[at] = map[string]*function{}
	}
	s.functions[at][p[2]] = f
	return nil
}

func orEmpty[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// filed is op, which changes a function, and then files it.
func (s *Service) filed(op wire.Operation) wire.Operation {
	return func(c *wire.Call, body []byte) (any, error) {
		out, err := op(c, body)
		if err == nil && s.store != nil {
			err = s.keep(c, body)
		}
		return out, err
	}
}

// keep files the function that a call is about, as it is now.
func (s *Service) keep(c *wire.Call, body []byte) error {
	name := or(c.Path["FunctionName"], c.Path["ARN"])
	if name == "" { // CreateFunction
		var in struct{ FunctionName string }
		if err := json.Unmarshal(body, &in); err != nil {
			return err
		}
		name = in.FunctionName
	}
	t, err := resolve(place{c.Account, c.Region}, name, "")
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.Join([]string{t.account, t.region, t.name}, "\x00")
	f := s.functions[t.place][t.name]
	if f == nil {
		s.store.Write(store.Change{Table: functionTable, Key: key})
		return nil
	}
	text, err := json.Marshal(f.record())
	if err != nil {
		return err
	}
	changes := []store.Change{{Table: functionTable, Key: key, Value: text}}
	if _, known := s.store.Get(codeTable, f.latest.CodeSha256); !known {
		changes = append(changes, store.Change{Table: codeTable, Key: f.latest.CodeSha256, Value: f.latest.code})
	}
	s.store.Write(changes...)
	return nil
}

func (f *function) record() functionRecord {
	r := functionRecord{ARN: f.arn, Latest: f.latest.Configuration, Numbers: f.numbers, Aliases: f.aliases, Tags: f.tags, Policies: map[string]policyRecord{},
		Reserved: f.reserved}
	for _, v := range f.published {
		r.Published = append(r.Published, v.Configuration)
	}
	for qualifier, p := range f.policies {
		r.Policies[qualifier] = policyRecord{p.revision, p.statements}
	}
	return r
}
