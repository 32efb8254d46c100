package cloudwatch

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// alarmTable has the alarms of an account and region, by both; pointTable what was measured, by both, the metric and the second.
const (
	alarmTable = "alarm"
	pointTable = "metric"
)

type alarmRecord struct {
	alarm
	Forced time.Time
}

type pointRecord struct {
	At                      time.Time
	Sum, Least, Most, Count float64
}

// Keep reads the alarms and metrics that the store has, and files every change there from now on. To be called before the first request.
func (s *Service) Keep(st *store.Store) error {
	for key, text := range st.Up(alarmTable, "") {
		account, name, _ := strings.Cut(key, "\x00")
		var list []alarmRecord
		if err := json.Unmarshal(text, &list); err != nil {
			return fmt.Errorf("alarms of account %s in the data directory: %w", account, err)
		}
		r := s.at(account, name)
		r.filed = string(text)
		for _, saved := range list {
			a := saved.alarm
			a.forced = saved.Forced
			r.alarms[a.AlarmName] = &a
		}
	}
	for key, text := range st.Up(pointTable, "") {
		var p pointRecord
		if err := json.Unmarshal(text, &p); err != nil {
			return fmt.Errorf("metrics in the data directory: %w", err)
		}
		account, rest, _ := strings.Cut(key, "\x00")
		name, metric, _ := strings.Cut(rest, "\x00")
		s.at(account, name).put(metric[:max(0, len(metric)-secondDigits)], point{p.At, p.Sum, p.Least, p.Most, p.Count})
	}
	s.store = st
	return nil
}

// secondDigits is how many end the key of a point, so that keys are in the order of times.
const secondDigits = 12

func (p point) key(in scope, metric string) string {
	return fmt.Sprintf("%s\x00%s\x00%s%0*d", in.account, in.name, metric, secondDigits, max(0, p.at.Unix()))
}

func (p point) change(in scope, metric string) store.Change {
	text, _ := json.Marshal(pointRecord{p.at, p.sum, p.least, p.most, p.count}) // of numbers that came as JSON or CBOR: NaN is refused
	return store.Change{Table: pointTable, Key: p.key(in, metric), Value: text}
}

// filed is op, which may change alarms, and then files those of the caller's account and region if it did.
func (s *Service) filed(op wire.Operation) wire.Operation {
	return func(c *wire.Call, body []byte) (any, error) {
		out, err := op(c, body)
		if err != nil || s.store == nil {
			return out, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		r := s.at(c.Account, c.Region)
		list := []alarmRecord{}
		for _, name := range slices.Sorted(maps.Keys(r.alarms)) {
			list = append(list, alarmRecord{*r.alarms[name], r.alarms[name].forced})
		}
		text, err := json.Marshal(list)
		if err == nil && string(text) != r.filed {
			r.filed = string(text)
			s.store.Write(store.Change{Table: alarmTable, Key: c.Account + "\x00" + c.Region, Value: text})
		}
		return out, err
	}
}
