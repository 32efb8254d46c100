// Package pipes is the local AWS's EventBridge Pipes: pipes from SQS queues, wherever SQS answers, to state machines. A running pipe
// polls its queue, filters, and starts its target with a batch of messages. Package server's router hands it the requests signed for
// "pipes". State is in memory and, with Keep, in a store; other sources and targets, enrichments and templates are refused.
package pipes

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/server/eventpattern"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
	"github.com/stride-aws/stride/internal/value"
)

// Options say what the service stands on.
type Options struct {
	Now func() time.Time
	// Receive waits for up to most messages of a queue, for as long as wait, and Delete removes one.
	Receive func(ctx context.Context, account, region, queue string, most int, wait time.Duration) ([]Message, error)
	Delete  func(ctx context.Context, account, region, queue, handle string) error
	// Start starts a target as a role, on behalf of "pipes.amazonaws.com"; with sync it returns when the execution has succeeded.
	Start func(ctx context.Context, account, region, target, role, input string, sync bool) error
	// Warn is told what keeps a pipe from working.
	Warn func(text string)
}

// Message is one of a queue's.
type Message struct {
	Handle string
	Event  value.Value // as pipes give it to their targets: messageId, body, attributes…
}

// Service implements wire.Service.
type Service struct {
	wire.REST
	o      Options
	ctx    context.Context
	cancel context.CancelFunc
	store  *store.Store // see Keep

	mu    sync.Mutex
	pipes map[place]map[string]*pipe
}

type place struct{ account, region string }

// pipe is what DescribePipe answers.
type pipe struct {
	Name, Arn, Description, Source, Target, RoleArn string
	DesiredState, CurrentState                      string
	SourceParameters                                sourceParameters
	TargetParameters                                targetParameters
	Tags                                            wire.Tags
	CreationTime, LastModifiedTime                  epoch.Time

	filters []*eventpattern.Pattern
	stop    context.CancelFunc
}

type sourceParameters struct {
	FilterCriteria     filters
	SqsQueueParameters queueParameters
}

type filters struct{ Filters []struct{ Pattern string } }

type queueParameters struct{ BatchSize, MaximumBatchingWindowInSeconds int }

type targetParameters struct {
	StepFunctionStateMachineParameters struct{ InvocationType string }
}

// New makes the service; Close ends the pipes.
func New(o Options) *Service {
	s := &Service{o: o, pipes: map[place]map[string]*pipe{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.Handle("CreatePipe", "POST /v1/pipes/{Name}", http.StatusOK, s.filed(wire.Op(s.create)))
	s.Handle("UpdatePipe", "PUT /v1/pipes/{Name}", http.StatusOK, s.filed(wire.Op(s.update)))
	s.Handle("DescribePipe", "GET /v1/pipes/{Name}", http.StatusOK, s.describe)
	s.Handle("DeletePipe", "DELETE /v1/pipes/{Name}", http.StatusOK, s.filed(s.delete))
	s.Handle("ListPipes", "GET /v1/pipes", http.StatusOK, s.list)
	s.Handle("TagResource", "POST /tags/{resourceArn}", http.StatusOK, s.filed(wire.Op(s.tag)))
	s.Handle("ListTagsForResource", "GET /tags/{resourceArn}", http.StatusOK, s.listTags)
	return s
}

// Close stops the pipes.
func (s *Service) Close() { s.cancel() }

func missing(name string) error {
	return &wire.Error{Code: "NotFoundException", Status: http.StatusNotFound, Message: "Pipe " + name + " does not exist."}
}

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationException", format, args...)
}

func placeOf(c *wire.Call) place { return place{c.Account, c.Region} }

// at are the pipes of an account and region. s.mu is held.
func (s *Service) at(p place) map[string]*pipe {
	if s.pipes[p] == nil {
		s.pipes[p] = map[string]*pipe{}
	}
	return s.pipes[p]
}

func (s *Service) create(c *wire.Call, in *struct {
	pipe
	Enrichment string
}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := c.Path["Name"]
	switch {
	case s.at(placeOf(c))[name] != nil:
		return nil, &wire.Error{Code: "ConflictException", Status: http.StatusConflict, Message: "Pipe " + name + " already exists."}
	case !strings.Contains(in.Source, ":sqs:") || !strings.Contains(in.Target, ":states:") || in.Enrichment != "":
		return nil, invalid("The local pipes go from SQS queues to state machines, without enrichment.")
	}
	p := in.pipe
	p.Name, p.Arn, p.CreationTime = name, c.ARN("pipes", "pipe/"+name), epoch.Of(s.o.Now())
	return s.put(c, &p)
}

func (s *Service) update(c *wire.Call, in *pipe) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.at(placeOf(c))[c.Path["Name"]]
	if old == nil {
		return nil, missing(c.Path["Name"])
	}
	p := *in
	p.Name, p.Arn, p.CreationTime, p.Source, p.Tags = old.Name, old.Arn, old.CreationTime, old.Source, old.Tags
	p.Target = cmp.Or(p.Target, old.Target)
	out, err := s.put(c, &p)
	if err == nil {
		old.stop()
	}
	return out, err
}

// put sets a pipe to work. s.mu is held.
func (s *Service) put(c *wire.Call, p *pipe) (any, error) {
	if err := p.parseFilters(); err != nil {
		return nil, invalid("Invalid filter pattern: %s", err)
	}
	p.DesiredState = cmp.Or(p.DesiredState, "RUNNING")
	p.CurrentState, p.LastModifiedTime = p.DesiredState, epoch.Of(s.o.Now())
	s.at(placeOf(c))[p.Name] = p
	s.work(placeOf(c), p)
	return *p, nil
}

func (p *pipe) parseFilters() error {
	for _, f := range p.SourceParameters.FilterCriteria.Filters {
		pattern, err := eventpattern.Parse([]byte(f.Pattern))
		if err != nil {
			return err
		}
		p.filters = append(p.filters, pattern)
	}
	return nil
}

// work polls the pipe's queue, if it is to run, until it is stopped. s.mu is held.
func (s *Service) work(at place, p *pipe) {
	ctx, stop := context.WithCancel(s.ctx)
	p.stop = stop
	if p.DesiredState == "RUNNING" {
		go s.run(ctx, at.account, at.region, p)
	}
}

func (s *Service) describe(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.at(placeOf(c))[c.Path["Name"]]; p != nil {
		return *p, nil
	}
	return nil, missing(c.Path["Name"])
}

func (s *Service) delete(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.at(placeOf(c))[c.Path["Name"]]
	if p == nil {
		return nil, missing(c.Path["Name"])
	}
	p.stop()
	delete(s.at(placeOf(c)), p.Name)
	return *p, nil
}

func (s *Service) list(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []pipe{}
	for name, p := range s.at(placeOf(c)) {
		if strings.HasPrefix(name, c.HTTP.URL.Query().Get("NamePrefix")) {
			list = append(list, *p)
		}
	}
	slices.SortFunc(list, func(a, b pipe) int { return strings.Compare(a.Name, b.Name) })
	return map[string]any{"Pipes": list}, nil
}

// tagged is the pipe that a call's ARN names. s.mu is held.
func (s *Service) tagged(c *wire.Call) (*pipe, error) {
	arn := c.Path["resourceArn"]
	if p := s.at(placeOf(c))[arn[strings.LastIndexByte(arn, '/')+1:]]; p != nil {
		return p, nil
	}
	return nil, missing(arn)
}

func (s *Service) tag(c *wire.Call, in *struct {
	Tags map[string]string `json:"tags"`
}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.tagged(c)
	if err != nil {
		return nil, err
	}
	p.Tags = p.Tags.With(in.Tags)
	return struct{}{}, nil
}

func (s *Service) listTags(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.tagged(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"tags": p.Tags}, nil
}
