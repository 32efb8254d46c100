// Package cloudwatch is the local AWS's subset of CloudWatch: metrics that are put or that executions make (AWS/States), and alarms
// over them. An alarm is evaluated when somebody asks for it, from the metric's data on the local clock. Package server's router hands
// it the requests signed for "monitoring". State is in memory and, with Keep, in a store; nothing is sent when an alarm changes its state.
package cloudwatch

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// Service implements wire.Service.
type Service struct {
	wire.RPC
	now   func() time.Time
	store *store.Store // see Keep

	mu      sync.Mutex
	regions map[scope]*region
}

type scope struct{ account, name string }

type region struct {
	alarms  map[string]*alarm
	metrics map[string][]point // by metric's key, in the order of their times
	filed   string             // the alarms as the store has them
}

// New makes the service.
func New(now func() time.Time) *Service {
	s := &Service{now: now, regions: map[scope]*region{}}
	s.RPC = wire.RPC{
		"DeleteAlarms":        s.filed(wire.Op(s.deleteAlarms)),
		"DescribeAlarms":      s.filed(wire.Op(s.describeAlarms)),
		"GetMetricStatistics": wire.Op(s.getStatistics),
		"PutMetricAlarm":      s.filed(wire.Op(s.putAlarm)),
		"PutMetricData":       wire.Op(s.putData),
		"SetAlarmState":       s.filed(wire.Op(s.setState)),
	}
	return s
}

// at is a region of an account. s.mu is held.
func (s *Service) at(account, name string) *region {
	key := scope{account, name}
	r := s.regions[key]
	if r == nil {
		r = &region{alarms: map[string]*alarm{}, metrics: map[string][]point{}}
		s.regions[key] = r
	}
	return r
}

// alarm is a metric alarm with its state.
type alarm struct {
	settings
	AlarmArn              string
	StateValue            string
	StateReason           string
	StateUpdatedTimestamp epoch.Time
	forced                time.Time // when SetAlarmState set the state; zero: evaluation did
}

// settings are the parameters of PutMetricAlarm that are evaluated or given back.
type settings struct {
	AlarmName, AlarmDescription                      string
	Namespace, MetricName, Statistic, Unit           string
	Dimensions                                       []Dimension
	Period, EvaluationPeriods, DatapointsToAlarm     int
	Threshold                                        float64
	ComparisonOperator, TreatMissingData             string
	ActionsEnabled                                   *bool
	AlarmActions, OKActions, InsufficientDataActions []string
}

// States of an alarm.
const (
	stateOK      = "OK"
	stateAlarm   = "ALARM"
	stateUnknown = "INSUFFICIENT_DATA"
)

func (s *Service) putAlarm(c *wire.Call, in *struct {
	settings
	Metrics           []any
	ExtendedStatistic string
}) (any, error) {
	if in.AlarmName == "" {
		return nil, invalid("1 validation error detected: Value null at 'alarmName' failed to satisfy constraint: Member must not be null")
	}
	if len(in.Metrics) > 0 || in.ExtendedStatistic != "" {
		return nil, invalid("the local CloudWatch evaluates alarms on one metric with a Statistic alone")
	}
	if _, ok := compare[in.ComparisonOperator]; !ok {
		return nil, invalid("1 validation error detected: Value '%s' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set", in.ComparisonOperator)
	}
	if _, ok := statistics[in.Statistic]; !ok {
		return nil, invalid("1 validation error detected: Value '%s' at 'statistic' failed to satisfy constraint: Member must satisfy enum value set", in.Statistic)
	}
	if in.Period < 1 || in.EvaluationPeriods < 1 {
		return nil, invalid("Period and EvaluationPeriods must be greater than 0")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.at(c.Account, c.Region)
	a := r.alarms[in.AlarmName]
	if a == nil {
		a = &alarm{AlarmArn: c.ARN("cloudwatch", "alarm:"+in.AlarmName), StateValue: stateUnknown,
			StateReason: "Unchecked: Initial alarm creation", StateUpdatedTimestamp: epoch.Of(s.now())}
		r.alarms[in.AlarmName] = a
	}
	a.settings = in.settings
	if a.ActionsEnabled == nil {
		a.ActionsEnabled = new(true)
	}
	return nil, nil
}

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationError", format, args...)
}

func (s *Service) describeAlarms(c *wire.Call, in *struct {
	AlarmNames      []string
	AlarmNamePrefix string
	StateValue      string
}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.at(c.Account, c.Region)
	out := struct{ MetricAlarms []alarm }{[]alarm{}}
	for name, a := range r.alarms {
		if in.AlarmNames != nil && !slices.Contains(in.AlarmNames, name) || !strings.HasPrefix(name, in.AlarmNamePrefix) {
			continue
		}
		a.evaluate(r.metrics[a.key()], s.now())
		if in.StateValue == "" || in.StateValue == a.StateValue {
			out.MetricAlarms = append(out.MetricAlarms, *a)
		}
	}
	slices.SortFunc(out.MetricAlarms, func(a, b alarm) int { return strings.Compare(a.AlarmName, b.AlarmName) })
	return out, nil
}

func (s *Service) deleteAlarms(c *wire.Call, in *struct{ AlarmNames []string }) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range in.AlarmNames {
		delete(s.at(c.Account, c.Region).alarms, name)
	}
	return nil, nil
}

// setState holds until the metric has new data. AWS evaluates such an alarm again within a minute, data or not; a test that sets an
// alarm off wants it to stay.
func (s *Service) setState(c *wire.Call, in *struct{ AlarmName, StateValue, StateReason string }) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.at(c.Account, c.Region).alarms[in.AlarmName]
	if a == nil {
		return nil, &wire.Error{Code: "ResourceNotFound", Status: 404, Message: "Unknown alarm: " + in.AlarmName}
	}
	if !slices.Contains([]string{stateOK, stateAlarm, stateUnknown}, in.StateValue) {
		return nil, invalid("1 validation error detected: Value '%s' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]", in.StateValue)
	}
	a.forced = s.now()
	a.become(in.StateValue, in.StateReason, a.forced)
	return nil, nil
}

func (a *alarm) become(state, reason string, now time.Time) {
	if a.StateValue != state {
		a.StateUpdatedTimestamp = epoch.Of(now)
	}
	a.StateValue, a.StateReason = state, reason
}
