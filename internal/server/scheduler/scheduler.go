// Package scheduler is the local AWS's EventBridge Scheduler: schedules in groups, which start their targets when the local clock says
// so. Package server's router hands it the requests signed for "scheduler". State is in memory and, with Keep, in a store. A flexible time window is kept and not
// used: a schedule fires when it says.
package scheduler

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// Options say what the service stands on.
type Options struct {
	Clock machine.Clock
	// Start calls a target as a role, on behalf of "scheduler.amazonaws.com". What comes of it is its own concern: AWS retries, and
	// then tells a dead-letter queue.
	Start func(account, region, target, role, input string)
}

// Service implements wire.Service.
type Service struct {
	wire.REST
	o      Options
	wake   chan struct{}
	ctx    context.Context
	cancel context.CancelFunc

	store *store.Store // see Keep

	mu      sync.Mutex
	running bool
	groups  map[place]map[string]*group
}

type place struct{ account, region string }

type group struct {
	Arn, Name, State                   string
	CreationDate, LastModificationDate epoch.Time
	tags                               wire.TagList
	schedules                          map[string]*schedule
}

// New makes the service; Close ends its clock.
func New(o Options) *Service {
	s := &Service{o: o, wake: make(chan struct{}, 1), groups: map[place]map[string]*group{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.Handle("CreateSchedule", "POST /schedules/{Name}", http.StatusOK, s.filed(wire.Op(s.createSchedule)))
	s.Handle("UpdateSchedule", "PUT /schedules/{Name}", http.StatusOK, s.filed(wire.Op(s.updateSchedule)))
	s.Handle("GetSchedule", "GET /schedules/{Name}", http.StatusOK, s.getSchedule)
	s.Handle("DeleteSchedule", "DELETE /schedules/{Name}", http.StatusOK, s.filed(s.deleteSchedule))
	s.Handle("ListSchedules", "GET /schedules", http.StatusOK, s.listSchedules)
	s.Handle("CreateScheduleGroup", "POST /schedule-groups/{Name}", http.StatusOK, s.filed(wire.Op(s.createGroup)))
	s.Handle("GetScheduleGroup", "GET /schedule-groups/{Name}", http.StatusOK, s.getGroup)
	s.Handle("DeleteScheduleGroup", "DELETE /schedule-groups/{Name}", http.StatusOK, s.filed(s.deleteGroup))
	s.Handle("ListScheduleGroups", "GET /schedule-groups", http.StatusOK, s.listGroups)
	s.Handle("TagResource", "POST /tags/{ResourceArn}", http.StatusOK, s.filed(wire.Op(s.tag)))
	s.Handle("ListTagsForResource", "GET /tags/{ResourceArn}", http.StatusOK, s.listTags)
	return s
}

// Close stops the schedules.
func (s *Service) Close() { s.cancel() }

func missing(kind, name string) error {
	return &wire.Error{Code: "ResourceNotFoundException", Status: http.StatusNotFound, Message: kind + " " + name + " does not exist."}
}

func conflict(kind, name string) error {
	return &wire.Error{Code: "ConflictException", Status: http.StatusConflict, Message: kind + " " + name + " already exists."}
}

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationException", format, args...)
}

// at are the groups of the caller's account and region; the default one is always there. s.mu is held.
func (s *Service) at(c *wire.Call) map[string]*group {
	p := place{c.Account, c.Region}
	if s.groups[p] == nil {
		s.groups[p] = map[string]*group{}
		s.groups[p]["default"] = s.newGroup(c, "default", nil)
	}
	return s.groups[p]
}

func (s *Service) newGroup(c *wire.Call, name string, tags wire.TagList) *group {
	now := epoch.Of(s.o.Clock.Now())
	return &group{Arn: c.ARN("scheduler", "schedule-group/"+name), Name: name, State: "ACTIVE", CreationDate: now, LastModificationDate: now,
		tags: tags, schedules: map[string]*schedule{}}
}

func (s *Service) createGroup(c *wire.Call, in *struct{ Tags wire.TagList }) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := c.Path["Name"]
	if s.at(c)[name] != nil {
		return nil, conflict("Schedule group", name)
	}
	g := s.newGroup(c, name, in.Tags)
	s.at(c)[name] = g
	return map[string]string{"ScheduleGroupArn": g.Arn}, nil
}

func (s *Service) getGroup(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.at(c)[c.Path["Name"]]; g != nil {
		return g, nil
	}
	return nil, missing("Schedule group", c.Path["Name"])
}

func (s *Service) deleteGroup(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := c.Path["Name"]
	switch {
	case name == "default":
		return nil, invalid("The default schedule group cannot be deleted.")
	case s.at(c)[name] == nil:
		return nil, missing("Schedule group", name)
	}
	delete(s.at(c), name)
	return struct{}{}, nil
}

func (s *Service) listGroups(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []*group{}
	for name, g := range s.at(c) {
		if strings.HasPrefix(name, c.HTTP.URL.Query().Get("NamePrefix")) {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b *group) int { return strings.Compare(a.Name, b.Name) })
	return map[string]any{"ScheduleGroups": out}, nil
}

// tagged is the group that a call's ARN names. s.mu is held.
func (s *Service) tagged(c *wire.Call) (*group, error) {
	arn := c.Path["ResourceArn"]
	if g := s.at(c)[arn[strings.LastIndexByte(arn, '/')+1:]]; g != nil {
		return g, nil
	}
	return nil, missing("Resource", arn)
}

func (s *Service) tag(c *wire.Call, in *struct{ Tags wire.TagList }) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.tagged(c)
	if err != nil {
		return nil, err
	}
	g.tags = g.tags.With(in.Tags)
	return struct{}{}, nil
}

func (s *Service) listTags(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.tagged(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Tags": g.tags.With(nil)}, nil
}

// definition is the parameters of CreateSchedule and UpdateSchedule, as GetSchedule gives them back.
type definition struct {
	Name, GroupName, Description                   string `json:",omitempty"`
	ScheduleExpression, ScheduleExpressionTimezone string
	State, ActionAfterCompletion                   string
	FlexibleTimeWindow                             map[string]any
	StartDate, EndDate                             *epoch.Time `json:",omitempty"`
	Target                                         target
}

type target struct {
	Arn, RoleArn     string
	Input            string         `json:",omitempty"`
	DeadLetterConfig map[string]any `json:",omitempty"`
	RetryPolicy      map[string]any `json:",omitempty"`
}

// schedule is a definition at work.
type schedule struct {
	definition
	Arn                                string
	CreationDate, LastModificationDate epoch.Time
	expression                         expression
	account, region                    string
	due                                time.Time // zero: never again
}

func (s *Service) createSchedule(c *wire.Call, in *definition) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, name := s.at(c)[cmp.Or(in.GroupName, "default")], c.Path["Name"]
	if g == nil {
		return nil, missing("Schedule group", in.GroupName)
	}
	if g.schedules[name] != nil {
		return nil, conflict("Schedule", name)
	}
	created := epoch.Of(s.o.Clock.Now())
	return s.put(c, g, in, created, created.Add(-time.Nanosecond)) // a rate fires when it is made
}

func (s *Service) updateSchedule(c *wire.Call, in *definition) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, name := s.at(c)[cmp.Or(in.GroupName, "default")], c.Path["Name"]
	if g == nil || g.schedules[name] == nil {
		return nil, missing("Schedule", name)
	}
	return s.put(c, g, in, g.schedules[name].CreationDate, s.o.Clock.Now())
}

// put sets a schedule, which is due after a time. s.mu is held.
func (s *Service) put(c *wire.Call, g *group, in *definition, created epoch.Time, after time.Time) (any, error) {
	in.Name, in.GroupName = c.Path["Name"], g.Name
	in.State, in.ActionAfterCompletion = cmp.Or(in.State, "ENABLED"), cmp.Or(in.ActionAfterCompletion, "NONE")
	in.ScheduleExpressionTimezone = cmp.Or(in.ScheduleExpressionTimezone, "UTC")
	if in.Target.Arn == "" || in.Target.RoleArn == "" || in.FlexibleTimeWindow["Mode"] == nil {
		return nil, invalid("1 validation error detected: Target and FlexibleTimeWindow must not be null")
	}
	zone, err := time.LoadLocation(in.ScheduleExpressionTimezone)
	if err != nil {
		return nil, invalid("Invalid Schedule Expression Timezone %s.", in.ScheduleExpressionTimezone)
	}
	begin := created.Time
	if in.StartDate != nil {
		begin = in.StartDate.Time
	}
	e, err := parse(in.ScheduleExpression, zone, begin)
	if err != nil {
		return nil, invalid("Invalid Schedule Expression %s. %s", in.ScheduleExpression, err)
	}
	sch := &schedule{definition: *in, Arn: c.ARN("scheduler", "schedule/"+g.Name+"/"+in.Name), CreationDate: created, LastModificationDate: epoch.Of(s.o.Clock.Now()),
		expression: e, account: c.Account, region: c.Region}
	sch.arm(after)
	g.schedules[in.Name] = sch
	s.attend()
	return map[string]string{"ScheduleArn": sch.Arn}, nil
}

// arm sets when the schedule is due next, after a time.
func (sch *schedule) arm(after time.Time) {
	sch.due = time.Time{}
	if sch.State != "ENABLED" {
		return
	}
	if sch.StartDate != nil && after.Before(sch.StartDate.Time) {
		after = sch.StartDate.Add(-time.Nanosecond)
	}
	at, ok := sch.expression.next(after)
	if ok && (sch.EndDate == nil || !at.After(sch.EndDate.Time)) {
		sch.due = at
	}
}

func (s *Service) find(c *wire.Call) (*group, *schedule, error) {
	g := s.at(c)[cmp.Or(c.HTTP.URL.Query().Get("groupName"), "default")]
	if g == nil || g.schedules[c.Path["Name"]] == nil {
		return nil, nil, missing("Schedule", c.Path["Name"])
	}
	return g, g.schedules[c.Path["Name"]], nil
}

func (s *Service) getSchedule(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, sch, err := s.find(c)
	return sch, err
}

func (s *Service) deleteSchedule(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, sch, err := s.find(c)
	if err != nil {
		return nil, err
	}
	delete(g.schedules, sch.Name)
	return struct{}{}, nil
}

func (s *Service) listSchedules(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := c.HTTP.URL.Query()
	out := []*schedule{}
	for name, g := range s.at(c) {
		for _, sch := range g.schedules {
			if want := q.Get("ScheduleGroup"); (want == "" || want == name) && strings.HasPrefix(sch.Name, q.Get("NamePrefix")) {
				out = append(out, sch)
			}
		}
	}
	slices.SortFunc(out, func(a, b *schedule) int { return strings.Compare(a.Arn, b.Arn) })
	return map[string]any{"Schedules": out}, nil
}

// attend makes the clock look at the schedules anew; the first one starts it. s.mu is held.
func (s *Service) attend() {
	if !s.running {
		s.running = true
		s.o.Clock.Hold(1)
		go s.run()
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run fires what is due and waits for the next, until Close.
func (s *Service) run() {
	defer s.o.Clock.Hold(-1)
	for s.ctx.Err() == nil {
		due, next := s.due()
		for _, sch := range due {
			s.o.Start(sch.account, sch.region, sch.Target.Arn, sch.Target.RoleArn, sch.input())
		}
		s.o.Clock.Wait(s.ctx, next, s.wake)
	}
}

// input is what was set, or StartExecution's own default.
func (sch *schedule) input() string { return cmp.Or(sch.Target.Input, "{}") }

// due are the schedules whose time has come, armed again, and when the next one is.
func (s *Service) due() (due []*schedule, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Clock.Now()
	for _, groups := range s.groups {
		for _, g := range groups {
			for name, sch := range g.schedules {
				if !sch.due.IsZero() && !sch.due.After(now) {
					due = append(due, sch)
					sch.arm(now)
					if sch.due.IsZero() && sch.ActionAfterCompletion == "DELETE" {
						delete(g.schedules, name)
						_ = s.keep(place{sch.account, sch.region}) // of fields that came as JSON
					}
				}
				if !sch.due.IsZero() && (next.IsZero() || sch.due.Before(next)) {
					next = sch.due
				}
			}
		}
	}
	return due, next
}
