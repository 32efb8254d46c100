package pipes

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// table has the pipes, by account, region and name.
const table = "pipe"

func (p place) key(name string) string { return p.account + "\x00" + p.region + "\x00" + name }

// Keep reads the pipes that the store has, and files every change there from now on. They rest until Resume. To be called before the
// first request.
func (s *Service) Keep(st *store.Store) error {
	s.store = st
	for key, text := range st.Up(table, "") {
		account, rest, _ := strings.Cut(key, "\x00")
		region, name, _ := strings.Cut(rest, "\x00")
		p := &pipe{stop: func() {}}
		err := json.Unmarshal(text, p)
		if err == nil {
			err = p.parseFilters()
		}
		if err != nil {
			return fmt.Errorf("pipe %s of account %s in the data directory: %w", name, account, err)
		}
		s.at(place{account, region})[name] = p
	}
	return nil
}

// Resume sets the pipes that Keep has read to work: when what they start is there.
func (s *Service) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, pipes := range s.pipes {
		for _, p := range pipes {
			s.work(at, p)
		}
	}
}

// filed is op, which changes the pipe that its answer or its path names, and then files that.
func (s *Service) filed(op wire.Operation) wire.Operation {
	return func(c *wire.Call, body []byte) (any, error) {
		out, err := op(c, body)
		if err != nil {
			return out, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		at, name := placeOf(c), c.Path["Name"]
		if arn := c.Path["resourceArn"]; name == "" {
			name = arn[strings.LastIndexByte(arn, '/')+1:]
		}
		change := store.Change{Table: table, Key: at.key(name)}
		if p := s.at(at)[name]; p != nil {
			if change.Value, err = json.Marshal(p); err != nil {
				return nil, err
			}
		}
		s.store.Write(change)
		return out, nil
	}
}
