package scheduler

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// table has the groups of an account and region with their schedules, by both.
const table = "scheduleGroup"

type groupRecord struct {
	group
	Tags      wire.TagList
	Schedules []scheduleRecord
}

type scheduleRecord struct {
	Definition                         definition
	Arn                                string
	CreationDate, LastModificationDate epoch.Time
}

// Keep reads the schedules that the store has, and files every change there from now on. What was due while nothing ran is not made
// up for.
func (s *Service) Keep(st *store.Store) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store = st
	for key, text := range st.Up(table, "") {
		account, region, _ := strings.Cut(key, "\x00")
		var list []groupRecord
		err := json.Unmarshal(text, &list)
		if err == nil {
			err = s.restore(place{account, region}, list)
		}
		if err != nil {
			return fmt.Errorf("schedules of account %s in the data directory: %w", account, err)
		}
	}
	return nil
}

func (s *Service) restore(p place, list []groupRecord) error {
	s.groups[p] = map[string]*group{}
	for _, saved := range list {
		g := saved.group
		g.tags, g.schedules = saved.Tags, map[string]*schedule{}
		for _, r := range saved.Schedules {
			sch := &schedule{definition: r.Definition, Arn: r.Arn, CreationDate: r.CreationDate, LastModificationDate: r.LastModificationDate,
				account: p.account, region: p.region}
			zone, err := time.LoadLocation(sch.ScheduleExpressionTimezone)
			if err != nil {
				return err
			}
			begin := sch.CreationDate.Time
			if sch.StartDate != nil {
				begin = sch.StartDate.Time
			}
			if sch.expression, err = parse(sch.ScheduleExpression, zone, begin); err != nil {
				return err
			}
			sch.arm(s.o.Clock.Now())
			g.schedules[sch.Name] = sch
		}
		s.groups[p][g.Name] = &g
	}
	s.attend()
	return nil
}

// filed is op, which changes a group, and then files the groups of the caller's account and region.
func (s *Service) filed(op wire.Operation) wire.Operation {
	return func(c *wire.Call, body []byte) (any, error) {
		out, err := op(c, body)
		if err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			err = s.keep(place{c.Account, c.Region})
		}
		return out, err
	}
}

// keep files the groups of an account and region. s.mu is held.
func (s *Service) keep(p place) error {
	if s.store == nil {
		return nil
	}
	var list []groupRecord
	for _, g := range s.groups[p] {
		saved := groupRecord{group: *g, Tags: g.tags}
		for _, sch := range g.schedules {
			saved.Schedules = append(saved.Schedules, scheduleRecord{sch.definition, sch.Arn, sch.CreationDate, sch.LastModificationDate})
		}
		list = append(list, saved)
	}
	text, err := json.Marshal(list)
	if err == nil {
		s.store.Write(store.Change{Table: table, Key: p.account + "\x00" + p.region, Value: text})
	}
	return err
}
