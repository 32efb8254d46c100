package events

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/stride-aws/stride/internal/server/eventpattern"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// table has the buses of an account and region, by both.
const table = "eventBus"

type busRecord struct {
	Name, Arn string
	Tags      wire.TagList
	Rules     []ruleRecord
}

type ruleRecord struct {
	rule
	Tags    wire.TagList
	Targets []target
}

// Keep reads the buses that the store has, and files every change there from now on. To be called before the first request.
func (s *Service) Keep(st *store.Store) error {
	for key, text := range st.Up(table, "") {
		account, region, _ := strings.Cut(key, "\x00")
		var list []busRecord
		if err := json.Unmarshal(text, &list); err != nil {
			return fmt.Errorf("event buses of account %s in the data directory: %w", account, err)
		}
		if err := s.restore(s.at(account, region), list); err != nil {
			return fmt.Errorf("event buses of account %s in the data directory: %w", account, err)
		}
	}
	for name, op := range s.JSON {
		if name != "PutEvents" && name != "TestEventPattern" && !strings.HasPrefix(name, "Describe") && !strings.HasPrefix(name, "List") {
			s.JSON[name] = s.filed(st, op)
		}
	}
	return nil
}

func (s *Service) restore(buses map[string]*bus, list []busRecord) error {
	for _, saved := range list {
		b := &bus{Name: saved.Name, Arn: saved.Arn, tags: saved.Tags, rules: map[string]*rule{}}
		for _, r := range saved.Rules {
			found := r.rule
			found.tags, found.targets = r.Tags, r.Targets
			if found.EventPattern != "" {
				var err error
				if found.pattern, err = eventpattern.Parse([]byte(found.EventPattern)); err != nil {
					return err
				}
			}
			b.rules[found.Name] = &found
		}
		buses[b.Name] = b
	}
	return nil
}

// filed is op, which changes a bus, and then files the buses of the caller's account and region.
func (s *Service) filed(st *store.Store, op wire.Operation) wire.Operation {
	return func(c *wire.Call, body []byte) (any, error) {
		out, err := op(c, body)
		if err != nil {
			return out, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		var list []busRecord
		for _, b := range s.at(c.Account, c.Region) {
			saved := busRecord{Name: b.Name, Arn: b.Arn, Tags: b.tags}
			for _, r := range b.rules {
				saved.Rules = append(saved.Rules, ruleRecord{*r, r.tags, r.targets})
			}
			list = append(list, saved)
		}
		text, err := json.Marshal(list)
		if err == nil {
			st.Write(store.Change{Table: table, Key: c.Account + "\x00" + c.Region, Value: text})
		}
		return out, err
	}
}
