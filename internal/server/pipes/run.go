package pipes

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/stride-aws/stride/internal/server/eventpattern"
	"github.com/stride-aws/stride/internal/value"
)

const (
	mostReceived = 10              // messages of one receive. AWS: ReceiveMessage, MaxNumberOfMessages
	longPoll     = 5 * time.Second // of an empty queue
	pause        = 5 * time.Second // after an error
)

// run polls the queue of a pipe until ctx ends.
func (s *Service) run(ctx context.Context, account, region string, p *pipe) {
	told := ""
	for ctx.Err() == nil {
		err := s.batch(ctx, account, region, p)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if text := fmt.Sprintf("pipe %s: %v", p.Name, err); text != told {
			told = text
			s.o.Warn(text)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// batch gathers messages, and starts the target with them. What was started is deleted from the queue; what was not comes again when its
// visibility timeout is over.
func (s *Service) batch(ctx context.Context, account, region string, p *pipe) error {
	wanted := max(1, p.SourceParameters.SqsQueueParameters.BatchSize)
	messages, err := s.o.Receive(ctx, account, region, p.Source, min(wanted, mostReceived), longPoll)
	if err != nil || len(messages) == 0 {
		return err
	}
	end := s.o.Now().Add(time.Duration(p.SourceParameters.SqsQueueParameters.MaximumBatchingWindowInSeconds) * time.Second)
	for len(messages) < wanted {
		left := end.Sub(s.o.Now())
		if left <= 0 {
			break
		}
		more, err := s.o.Receive(ctx, account, region, p.Source, min(wanted-len(messages), mostReceived), min(left, longPoll))
		if err != nil {
			return err
		}
		messages = append(messages, more...)
	}
	var batch []value.Value
	for _, m := range messages {
		if p.wants(m.Event) {
			batch = append(batch, m.Event)
		}
	}
	if len(batch) > 0 {
		sync := p.TargetParameters.StepFunctionStateMachineParameters.InvocationType != "FIRE_AND_FORGET"
		if err := s.o.Start(ctx, account, region, p.Target, p.RoleArn, value.OfArray(batch).String(), sync); err != nil {
			return err
		}
	}
	for _, m := range messages { // those that the filter does not want go too, as on AWS
		if err := s.o.Delete(ctx, account, region, p.Source, m.Handle); err != nil {
			return err
		}
	}
	return nil
}

// wants is whether one of the pipe's filters, or none being there, lets a message through. A body that is JSON is matched as JSON.
func (p *pipe) wants(event value.Value) bool {
	var e map[string]any
	if len(p.filters) == 0 || json.Unmarshal(event.AppendJSON(nil), &e) != nil {
		return true
	}
	if text, ok := e["body"].(string); ok {
		var body any
		if json.Unmarshal([]byte(text), &body) == nil {
			e["body"] = body
		}
	}
	return slices.ContainsFunc(p.filters, func(f *eventpattern.Pattern) bool { return f.Matches(e) })
}
