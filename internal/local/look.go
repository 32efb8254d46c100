package local

import (
	"cmp"
	"slices"

	"github.com/stride-aws/stride/internal/history"
)

// Scope is an account and a region that somebody has called.
type Scope struct{ Account, Region string }

// Scopes are the accounts and regions that have a Service, in order.
func (c *Cloud) Scopes() []Scope {
	c.mu.RLock()
	defer c.mu.RUnlock()
	list := make([]Scope, 0, len(c.services))
	for key := range c.services {
		list = append(list, Scope{key.account, key.region})
	}
	slices.SortFunc(list, func(a, b Scope) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return list
}

// Events are an execution's events after the first known ones. They are shared: not to be changed.
func (s *Service) Events(executionARN string, known int) ([]*history.Event, error) {
	e, err := s.executionOf(executionARN)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	count := e.count()
	e.mu.Unlock()
	if known >= count {
		return nil, nil
	}
	return e.page(known, count), nil
}

// Awaits tells whether a task waits for its answer under the token.
func (s *Service) Awaits(token string) bool {
	_, ok := s.cloud.tokens.pending.Load(token)
	return ok
}
