package deploy

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/pipes"
	pipetypes "github.com/aws/aws-sdk-go-v2/service/pipes/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	scheduletypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/stride-aws/stride/internal/plan"
)

// readTrigger reads a trigger by its name, nil where it is not there. group is the environment's schedule group.
func (c *Clients) readTrigger(ctx context.Context, place plan.Place, t *plan.Trigger, group string) (live *plan.Trigger, err error) {
	switch t.Kind {
	case plan.KindSchedule:
		live, err = c.readSchedule(ctx, t, group)
	case plan.KindRule:
		live, err = c.readRule(ctx, place, t)
	case plan.KindPipe:
		live, err = c.readPipe(ctx, t)
	case plan.KindAPI:
		live, err = c.readAPI(ctx, t)
	}
	if missing(err) || live == nil && err == nil {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", t.ID(), err)
	}
	live.Kind, live.Key, live.Name, live.Machine = t.Kind, t.Key, t.Name, t.Machine
	for name, v := range live.Settings {
		if v == "" {
			delete(live.Settings, name)
		}
	}
	return live, nil
}

func (c *Clients) readSchedule(ctx context.Context, t *plan.Trigger, group string) (*plan.Trigger, error) {
	out, err := c.Scheduler.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: &t.Name, GroupName: &group})
	if err != nil {
		return nil, err
	}
	live := &plan.Trigger{Enabled: out.State != scheduletypes.ScheduleStateDisabled, Role: aws.ToString(out.Target.RoleArn), Settings: map[string]string{
		"GroupName": group, "ScheduleExpression": aws.ToString(out.ScheduleExpression), "Target": aws.ToString(out.Target.Arn),
		"ScheduleExpressionTimezone": aws.ToString(out.ScheduleExpressionTimezone), "Input": plan.CanonicalJSON(aws.ToString(out.Target.Input)),
	}}
	if w := out.FlexibleTimeWindow; w != nil && w.MaximumWindowInMinutes != nil {
		live.Settings["MaximumWindowInMinutes"] = strconv.Itoa(int(*w.MaximumWindowInMinutes))
	}
	if d := out.Target.DeadLetterConfig; d != nil {
		live.Settings["DeadLetterArn"] = aws.ToString(d.Arn)
	}
	return live, nil
}

func (c *Clients) readRule(ctx context.Context, place plan.Place, t *plan.Trigger) (*plan.Trigger, error) {
	bus := busOf(t)
	live := &plan.Trigger{Tags: plan.Tags{}, Settings: map[string]string{"EventBusName": bus}}
	var rule *eventbridge.DescribeRuleOutput
	var targets *eventbridge.ListTargetsByRuleOutput
	var tags *eventbridge.ListTagsForResourceOutput
	g := newGroup(ctx)
	g.do(func(ctx context.Context) (err error) {
		rule, err = c.Events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &t.Name, EventBusName: &bus})
		return err
	})
	g.do(func(ctx context.Context) (err error) {
		targets, err = c.Events.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: &t.Name, EventBusName: &bus})
		return err
	})
	g.do(func(ctx context.Context) (err error) {
		tags, err = c.Events.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{ResourceARN: aws.String(ruleARN(place, t))})
		return err
	})
	if err := g.wait(); err != nil {
		return nil, err
	}
	live.Enabled = rule.State != eventtypes.RuleStateDisabled
	live.Settings["EventPattern"] = plan.CanonicalJSON(aws.ToString(rule.EventPattern))
	for i := range targets.Targets {
		target := &targets.Targets[i]
		if aws.ToString(target.Id) != ruleTarget {
			continue
		}
		live.Role = aws.ToString(target.RoleArn)
		live.Settings["Target"], live.Settings["InputPath"] = aws.ToString(target.Arn), aws.ToString(target.InputPath)
		live.Settings["Input"] = plan.CanonicalJSON(aws.ToString(target.Input))
		if d := target.DeadLetterConfig; d != nil {
			live.Settings["DeadLetterArn"] = aws.ToString(d.Arn)
		}
	}
	for _, tag := range tags.Tags {
		live.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return live, nil
}

// ruleTarget is the Id of a rule's target.
const ruleTarget = "stride"

// busOf is the event bus of a rule. One that is only known by the tag of its machine is looked for on the default bus.
func busOf(t *plan.Trigger) string { return or(t.Settings["EventBusName"], "default") }

// ruleARN has the bus in it, but for the default one. AWS: EventBridge, resource types.
func ruleARN(place plan.Place, t *plan.Trigger) string {
	if bus := busOf(t); bus != "default" {
		return place.ARN("events", "rule/"+bus+"/"+t.Name)
	}
	return place.ARN("events", "rule/"+t.Name)
}

func (c *Clients) readPipe(ctx context.Context, t *plan.Trigger) (*plan.Trigger, error) {
	out, err := c.Pipes.DescribePipe(ctx, &pipes.DescribePipeInput{Name: &t.Name})
	if err != nil {
		return nil, err
	}
	live := &plan.Trigger{Enabled: out.DesiredState != pipetypes.RequestedPipeStateDescribeResponseStopped, Role: aws.ToString(out.RoleArn), Tags: out.Tags,
		Settings: map[string]string{"Source": aws.ToString(out.Source), "Target": aws.ToString(out.Target)}}
	if p := out.SourceParameters; p != nil {
		if q := p.SqsQueueParameters; q != nil {
			live.Settings["BatchSize"] = number32(q.BatchSize)
			live.Settings["MaximumBatchingWindowInSeconds"] = number32(q.MaximumBatchingWindowInSeconds)
		}
		if p.FilterCriteria != nil && len(p.FilterCriteria.Filters) > 0 {
			live.Settings["Filter"] = plan.CanonicalJSON(aws.ToString(p.FilterCriteria.Filters[0].Pattern))
		}
	}
	if p := out.TargetParameters; p != nil && p.StepFunctionStateMachineParameters != nil {
		live.Settings["InvocationType"] = string(p.StepFunctionStateMachineParameters.InvocationType)
	}
	return live, nil
}

// number32 is "" of nothing and of 0, which AWS answers for what was not set.
func number32(n *int32) string {
	if aws.ToInt32(n) == 0 {
		return ""
	}
	return strconv.Itoa(int(*n))
}

// readScheduleGroup reads a group and its tags, which moto has, empty ones, of a group that is not there, too. nil: it is not there.
func (c *Clients) readScheduleGroup(ctx context.Context, place plan.Place, name string) (*plan.ScheduleGroup, error) {
	live := &plan.ScheduleGroup{Name: name, Tags: plan.Tags{}}
	g := newGroup(ctx)
	g.do(func(ctx context.Context) error {
		_, err := c.Scheduler.GetScheduleGroup(ctx, &scheduler.GetScheduleGroupInput{Name: &name})
		return err
	})
	g.do(func(ctx context.Context) error {
		out, err := c.Scheduler.ListTagsForResource(ctx, &scheduler.ListTagsForResourceInput{ResourceArn: aws.String(place.ARN("scheduler", "schedule-group/"+name))})
		if err != nil {
			return err
		}
		for _, tag := range out.Tags {
			live.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		return nil
	})
	err := g.wait()
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading schedule group %s: %w", name, err)
	}
	return live, nil
}

// bucketEvents is whether the events of a bucket go to EventBridge.
func (c *Clients) bucketEvents(ctx context.Context, bucket, account string) (bool, error) {
	out, err := c.S3.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: &bucket, ExpectedBucketOwner: &account})
	if err != nil {
		return false, fmt.Errorf("reading the notifications of bucket %s: %w", bucket, err)
	}
	return out.EventBridgeConfiguration != nil, nil
}

func (s *sender) createScheduleGroup(ctx context.Context) error {
	g := s.action.ScheduleGroup
	_, err := s.Scheduler.CreateScheduleGroup(ctx, &scheduler.CreateScheduleGroupInput{Name: &g.Name,
		Tags: sortedTags(g.Tags, func(k, v string) scheduletypes.Tag { return scheduletypes.Tag{Key: &k, Value: &v} })})
	if code(err) == "ConflictException" { // an earlier attempt, whose answer was lost, or another deploy of the same environment
		return nil
	}
	return err
}

func (s *sender) deleteScheduleGroup(ctx context.Context) error {
	_, err := s.Scheduler.DeleteScheduleGroup(ctx, &scheduler.DeleteScheduleGroupInput{Name: &s.action.Name})
	return gone(err)
}

func (s *sender) createSchedule(ctx context.Context) error {
	t := s.action.Trigger
	_, err := s.Scheduler.CreateSchedule(ctx, &scheduler.CreateScheduleInput{
		Name: &t.Name, GroupName: aws.String(t.Settings["GroupName"]), ScheduleExpression: aws.String(t.Settings["ScheduleExpression"]),
		ScheduleExpressionTimezone: optional(t.Settings["ScheduleExpressionTimezone"]), FlexibleTimeWindow: window(t),
		State: scheduleState(t.Enabled), Target: scheduleTarget(t), Description: aws.String("starts " + t.Machine),
	})
	if code(err) == "ConflictException" { // it is there: an earlier attempt made it, and its answer was lost
		return s.updateSchedule(ctx)
	}
	return err
}

func (s *sender) updateSchedule(ctx context.Context) error {
	t := s.action.Trigger
	_, err := s.Scheduler.UpdateSchedule(ctx, &scheduler.UpdateScheduleInput{
		Name: &t.Name, GroupName: aws.String(t.Settings["GroupName"]), ScheduleExpression: aws.String(t.Settings["ScheduleExpression"]),
		ScheduleExpressionTimezone: optional(t.Settings["ScheduleExpressionTimezone"]), FlexibleTimeWindow: window(t),
		State: scheduleState(t.Enabled), Target: scheduleTarget(t), Description: aws.String("starts " + t.Machine),
	})
	return err
}

func (s *sender) deleteSchedule(ctx context.Context) error {
	_, err := s.Scheduler.DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: &s.action.Name, GroupName: aws.String(s.action.Trigger.Settings["GroupName"])})
	return gone(err)
}

func window(t *plan.Trigger) *scheduletypes.FlexibleTimeWindow {
	if minutes, err := strconv.Atoi(t.Settings["MaximumWindowInMinutes"]); err == nil {
		return &scheduletypes.FlexibleTimeWindow{Mode: scheduletypes.FlexibleTimeWindowModeFlexible, MaximumWindowInMinutes: aws.Int32(int32(minutes))}
	}
	return &scheduletypes.FlexibleTimeWindow{Mode: scheduletypes.FlexibleTimeWindowModeOff}
}

func scheduleState(enabled bool) scheduletypes.ScheduleState {
	if enabled {
		return scheduletypes.ScheduleStateEnabled
	}
	return scheduletypes.ScheduleStateDisabled
}

func scheduleTarget(t *plan.Trigger) *scheduletypes.Target {
	out := &scheduletypes.Target{Arn: aws.String(t.Settings["Target"]), RoleArn: &t.Role, Input: optional(t.Settings["Input"])}
	if queue := t.Settings["DeadLetterArn"]; queue != "" {
		out.DeadLetterConfig = &scheduletypes.DeadLetterConfig{Arn: &queue}
	}
	return out
}

func (s *sender) putRule(ctx context.Context) error {
	t := s.action.Trigger
	in := &eventbridge.PutRuleInput{Name: &t.Name, EventBusName: aws.String(busOf(t)), EventPattern: aws.String(t.Settings["EventPattern"]),
		State: eventtypes.RuleStateEnabled, Description: aws.String("starts " + t.Machine)}
	if !t.Enabled {
		in.State = eventtypes.RuleStateDisabled
	}
	if s.action.Op == plan.Create { // PutRule takes no tags for a rule that is there
		in.Tags = ruleTags(t.Tags)
	}
	_, err := s.Events.PutRule(ctx, in)
	return err
}

func ruleTags(tags plan.Tags) []eventtypes.Tag {
	return sortedTags(tags, func(k, v string) eventtypes.Tag { return eventtypes.Tag{Key: &k, Value: &v} })
}

func (s *sender) putTargets(ctx context.Context) error {
	t := s.action.Trigger
	target := eventtypes.Target{Id: aws.String(ruleTarget), Arn: aws.String(t.Settings["Target"]), RoleArn: &t.Role,
		Input: optional(t.Settings["Input"]), InputPath: optional(t.Settings["InputPath"])}
	if queue := t.Settings["DeadLetterArn"]; queue != "" {
		target.DeadLetterConfig = &eventtypes.DeadLetterConfig{Arn: &queue}
	}
	out, err := s.Events.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: &t.Name, EventBusName: aws.String(busOf(t)), Targets: []eventtypes.Target{target}})
	if err == nil && out.FailedEntryCount > 0 {
		return fmt.Errorf("EventBridge took no target: %s %s", aws.ToString(out.FailedEntries[0].ErrorCode), aws.ToString(out.FailedEntries[0].ErrorMessage))
	}
	return err
}

func (s *sender) tagRule(ctx context.Context) error {
	t := s.action.Trigger
	_, err := s.Events.TagResource(ctx, &eventbridge.TagResourceInput{ResourceARN: aws.String(ruleARN(s.plan.Place, t)), Tags: ruleTags(t.Tags)})
	return err
}

func (s *sender) removeTargets(ctx context.Context) error {
	_, err := s.Events.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: &s.action.Name, EventBusName: aws.String(busOf(s.action.Trigger)), Ids: []string{ruleTarget}})
	return gone(err)
}

func (s *sender) deleteRule(ctx context.Context) error {
	_, err := s.Events.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: &s.action.Name, EventBusName: aws.String(busOf(s.action.Trigger))})
	return gone(err)
}

func (s *sender) createPipe(ctx context.Context) error {
	t := s.action.Trigger
	source := &pipetypes.PipeSourceParameters{SqsQueueParameters: &pipetypes.PipeSourceSqsQueueParameters{
		BatchSize: int32Of(t.Settings["BatchSize"]), MaximumBatchingWindowInSeconds: int32Of(t.Settings["MaximumBatchingWindowInSeconds"])}}
	source.FilterCriteria = pipeFilter(t)
	_, err := s.Pipes.CreatePipe(ctx, &pipes.CreatePipeInput{
		Name: &t.Name, Source: aws.String(t.Settings["Source"]), Target: aws.String(t.Settings["Target"]), RoleArn: &t.Role, Tags: t.Tags,
		DesiredState: pipeState(t.Enabled), SourceParameters: source, TargetParameters: pipeTarget(t), Description: aws.String("starts " + t.Machine),
	})
	if code(err) == "ConflictException" {
		// An earlier attempt may have made it, whose answer was lost.
		if live, readErr := s.readTrigger(ctx, s.plan.Place, t, ""); readErr == nil && live != nil && live.Tags[plan.TagEnv] == t.Tags[plan.TagEnv] {
			return nil
		}
	}
	return err
}

func (s *sender) updatePipe(ctx context.Context) error {
	t := s.action.Trigger
	_, err := s.Pipes.UpdatePipe(ctx, &pipes.UpdatePipeInput{
		Name: &t.Name, Target: aws.String(t.Settings["Target"]), RoleArn: &t.Role, DesiredState: pipeState(t.Enabled), TargetParameters: pipeTarget(t),
		SourceParameters: &pipetypes.UpdatePipeSourceParameters{FilterCriteria: pipeFilter(t), SqsQueueParameters: &pipetypes.UpdatePipeSourceSqsQueueParameters{
			BatchSize: int32Of(t.Settings["BatchSize"]), MaximumBatchingWindowInSeconds: int32Of(t.Settings["MaximumBatchingWindowInSeconds"])}},
	})
	return err
}

func pipeState(enabled bool) pipetypes.RequestedPipeState {
	if enabled {
		return pipetypes.RequestedPipeStateRunning
	}
	return pipetypes.RequestedPipeStateStopped
}

func pipeFilter(t *plan.Trigger) *pipetypes.FilterCriteria {
	pattern := t.Settings["Filter"]
	if pattern == "" {
		return &pipetypes.FilterCriteria{}
	}
	return &pipetypes.FilterCriteria{Filters: []pipetypes.Filter{{Pattern: &pattern}}}
}

func pipeTarget(t *plan.Trigger) *pipetypes.PipeTargetParameters {
	return &pipetypes.PipeTargetParameters{StepFunctionStateMachineParameters: &pipetypes.PipeTargetStateMachineParameters{
		InvocationType: pipetypes.PipeTargetInvocationType(t.Settings["InvocationType"])}}
}

func int32Of(text string) *int32 {
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	return aws.Int32(int32(n))
}

func (s *sender) tagPipe(ctx context.Context) error {
	t := s.action.Trigger
	_, err := s.Pipes.TagResource(ctx, &pipes.TagResourceInput{ResourceArn: aws.String(s.plan.Place.ARN("pipes", "pipe/"+t.Name)), Tags: t.Tags})
	return err
}

func (s *sender) deletePipe(ctx context.Context) error {
	_, err := s.Pipes.DeletePipe(ctx, &pipes.DeletePipeInput{Name: &s.action.Name})
	return gone(err)
}

// putNotification lets the events of a bucket go to EventBridge, beside what it notifies already.
func (s *sender) putNotification(ctx context.Context) error {
	have, err := s.S3.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{
		Bucket: &s.action.Name, ExpectedBucketOwner: &s.plan.Place.Account})
	if err != nil {
		return err
	}
	_, err = s.S3.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: &s.action.Name, ExpectedBucketOwner: &s.plan.Place.Account, NotificationConfiguration: &s3types.NotificationConfiguration{
			EventBridgeConfiguration: &s3types.EventBridgeConfiguration{}, LambdaFunctionConfigurations: have.LambdaFunctionConfigurations,
			QueueConfigurations: have.QueueConfigurations, TopicConfigurations: have.TopicConfigurations,
		},
	})
	return err
}
