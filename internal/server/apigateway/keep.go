package apigateway

import (
	"encoding/json"
	"fmt"

	"github.com/stride-aws/stride/internal/store"
)

// table has the APIs by their id.
const table = "restApi"

type record struct {
	API         api
	Owned       owned
	Definitions map[string]json.RawMessage // of deployments
}

// Keep reads the APIs that the store has, and files every change there from now on.
func (s *Service) Keep(st *store.Store) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store = st
	for id, text := range st.Up(table, "") {
		var r record
		if err := json.Unmarshal(text, &r); err != nil {
			return fmt.Errorf("REST API %s in the data directory: %w", id, err)
		}
		a := r.API
		a.owned = r.Owned
		for name, d := range a.owned.Deployments {
			var err error
			d.definition = r.Definitions[name]
			if _, d.routes, err = parse(d.definition); err != nil {
				return fmt.Errorf("REST API %s in the data directory: %w", id, err)
			}
		}
		s.apis[id] = &a
	}
	return nil
}

// keep files an API. s.mu is held.
func (s *Service) keep(a *api) error {
	if s.store == nil {
		return nil
	}
	r := record{API: *a, Owned: a.owned, Definitions: map[string]json.RawMessage{}}
	for id, d := range a.owned.Deployments {
		r.Definitions[id] = d.definition
	}
	text, err := json.Marshal(r)
	if err == nil {
		s.store.Write(store.Change{Table: table, Key: a.ID, Value: text})
	}
	return err
}

// forget takes an API out of the store. s.mu is held.
func (s *Service) forget(id string) {
	if s.store != nil {
		s.store.Write(store.Change{Table: table, Key: id})
	}
}
