// Package local is AWS Step Functions without HTTP: state machines, versions and aliases, executions on package machine, task
// tokens, activities, map runs, tags, TestState and the validation of definitions, with AWS's names, limits and error texts.
//
// A Cloud has one Service for each account and region. Each operation of the API is a method of Service that takes the
// operation's parameters and gives its answer, both shaped as the API's JSON. Package server/states is its HTTP face; the demo,
// flowtest and the conformance suite call it in process. What executions do leaves through Options: tasks, log events.
//
// Locks: Service.mu guards the tables of names, stateMachine.mu one machine with its index of executions, execution.mu one
// execution. They are taken in this order, and none is held while an execution runs.
package local

import (
	"context"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/store"
	"github.com/stride-aws/stride/internal/value"
)

// Options are a Cloud's ties to the world. All may be zero.
type Options struct {
	// Clock tells the time and waits for it. nil: machine.RealClock().
	Clock machine.Clock
	// StartTask starts what this service does not answer itself: see machine.Env. nil: such tasks fail.
	StartTask func(ctx context.Context, t *machine.Task, r machine.Replier)
	// MockFile is the path of a mock configuration, read anew by each execution of "arn#TestCase". "": there is none.
	MockFile string
	// StatusChanged is told when a Standard execution starts, ends and is redriven: its ARN, and the detail of the event that AWS
	// would send to EventBridge. It must not block. nil: nobody is told.
	StatusChanged func(account, region, executionARN string, detail value.Value)
	// Allows says why a role may not make a request; nil where it may. It is asked for what Step Functions itself does as a machine's
	// role: log delivery, traces, encryption, and the children of distributed Maps. nil: everything is allowed.
	Allows func(roleARN string, r policy.Request) error
	// Warn is told what AWS would drop without a word: traces and log lines of a role that may not send them. nil: nobody is.
	Warn func(text string)
	// Store keeps what must outlast the process; see Cloud.Load and Cloud.Resume. nil: everything is in memory.
	Store *store.Store
	// Keep is how many executions that are over are kept, of an account and region or, with a Store, of all. 0: a million.
	Keep int
	// Logs takes the log events of executions, and knows which log groups there are. nil: no group exists.
	Logs Logs
}

// Logs is the CloudWatch Logs that executions write to.
type Logs interface {
	// HasGroup tells whether an account has a log group in a region.
	HasGroup(account, region, group string) bool
	// Put appends messages to a stream, which it makes where it is missing.
	Put(account, region, group, stream string, messages []LogMessage)
}

// LogMessage is one line of a log.
type LogMessage struct {
	Time time.Time
	Text string
}

// Cloud is Step Functions in all accounts and regions.
type Cloud struct {
	Options
	tokens tokens
	warned sync.Map // what is dropped -> why, see dropped
	keep   keeper
	// resuming are executions that are on their way to where they were when the process before this one ended.
	resuming sync.WaitGroup

	operations map[string]operation
	mu         sync.RWMutex
	services   map[scope]*Service
}

// Now is the time on the Cloud's clock.
func (c *Cloud) Now() time.Time { return c.Clock.Now() }

type scope struct{ account, region string }

// New is an empty Cloud.
func New(o Options) *Cloud {
	if o.Clock == nil {
		o.Clock = machine.RealClock()
	}
	if o.Keep == 0 {
		o.Keep = keptAtMost
	}
	c := &Cloud{Options: o, services: map[scope]*Service{}, operations: operations(), keep: keeper{store: o.Store, most: int64(o.Keep)}}
	c.tokens.resuming = c.resuming.Wait
	return c
}

// Service is Step Functions of one account in one region; it is made when first asked for.
func (c *Cloud) Service(account, region string) *Service {
	key := scope{account, region}
	c.mu.RLock()
	s := c.services[key]
	c.mu.RUnlock()
	if s != nil {
		return s
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s = c.services[key]; s == nil {
		s = newService(c, key)
		c.services[key] = s
	}
	return s
}

// Service is Step Functions as one account has it in one region.
type Service struct {
	cloud           *Cloud
	account, region string

	mu         sync.RWMutex
	machines   table[*stateMachine]
	activities table[*activity]

	executions sync.Map // ARN -> *execution
	retained   retained
	mapRuns    sync.Map // ARN -> *mapRun
}

func newService(c *Cloud, key scope) *Service {
	return &Service{cloud: c, account: key.account, region: key.region}
}

// table is things by name, in the order of their creation.
type table[T any] struct {
	byName map[string]T
	order  []string
}

func (t *table[T]) get(name string) (T, bool) {
	v, ok := t.byName[name]
	return v, ok
}

func (t *table[T]) put(name string, v T) {
	if t.byName == nil {
		t.byName = map[string]T{}
	}
	if _, ok := t.byName[name]; !ok {
		t.order = append(t.order, name)
	}
	t.byName[name] = v
}

func (t *table[T]) remove(name string) {
	if _, ok := t.byName[name]; !ok {
		return
	}
	delete(t.byName, name)
	for i, n := range t.order {
		if n == name {
			t.order = append(t.order[:i:i], t.order[i+1:]...)
			return
		}
	}
}

func (t *table[T]) all() []T {
	list := make([]T, len(t.order))
	for i, name := range t.order {
		list[i] = t.byName[name]
	}
	return list
}
