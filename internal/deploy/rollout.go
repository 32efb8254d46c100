package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/stride-aws/stride/internal/plan"
)

// A rollout's state is the alias itself: its two versions, their weights, when it was last moved. So a deploy that died in one is
// resumed by the next, and one that finds the alias elsewhere knows that somebody else has moved it.

// watchEvery is how often the alarms of a rollout are looked at. CloudWatch evaluates an alarm once a minute, or each 10 seconds.
const watchEvery = 10 * time.Second

// updateAlias moves the alias to the machine's new version, as the rollout says. Of two deploys at once the first to move it wins.
func (s *sender) updateAlias(ctx context.Context) error {
	m := s.action.Machine
	r := rollout{sender: s, Rollout: m.Rollout, machine: s.machineARN(m.Name), to: s.machineVersion(m.Name)}
	seen, err := r.look(ctx)
	if err != nil {
		return err
	}
	if seen == nil || seen.Version == r.to { // the alias is where it should go, and an earlier attempt may have said so
		return r.move(ctx, 100)
	}
	r.from = *seen
	if err := r.quiet(ctx); err != nil {
		return fmt.Errorf("%w; the alias has not moved", err)
	}
	if err := r.shift(ctx); err != nil {
		return err
	}
	return r.bake(ctx)
}

// rollout is an alias on its way to another version.
type rollout struct {
	*sender
	plan.Rollout
	machine string     // ARN
	from    plan.Alias // as it was when this deploy came to it
	to      string     // ARN of the version
	weight  int        // percentage of executions that to has
}

// look reads the alias, which must be where the plan or this rollout left it.
func (r *rollout) look(ctx context.Context) (*plan.Alias, error) {
	seen, err := r.describeAlias(ctx, r.machine)
	if seen == nil || err != nil || r.action.Revision == "" || seen.Version == r.to {
		return seen, err
	}
	if seen.Version != r.action.Revision || r.weight > 0 && seen.Next != r.to {
		now := or(seen.Next, seen.Version)
		return nil, fmt.Errorf("another deploy moved it to version %s meanwhile; run this one again to see what is left", plan.VersionOf(now))
	}
	return seen, nil
}

// shift gives the new version its share, step by step; what an earlier deploy had reached counts.
func (r *rollout) shift(ctx context.Context) error {
	moved := r.from.Moved
	if r.from.Next == r.to {
		r.weight = r.from.Weight
		r.note("%d%% go to version %s already", r.weight, plan.VersionOf(r.to))
	}
	for _, weight := range r.Steps() {
		if weight <= r.weight {
			continue
		}
		if r.weight > 0 {
			if err := r.watch(ctx, until(r.Now(), moved, r.Interval)); err != nil {
				return err
			}
			if seen, err := r.look(ctx); err != nil || seen != nil && seen.Version == r.to {
				return err
			}
		}
		if err := r.move(ctx, weight); err != nil {
			return err
		}
		r.weight, moved = weight, r.Now()
	}
	return nil
}

// until is when the interval after moved is over: a clock that differs from AWS's does not make it longer.
func until(now, moved time.Time, interval time.Duration) time.Time {
	if moved.After(now) {
		moved = now
	}
	return moved.Add(interval)
}

// move lets the alias send weight percent of the executions to the new version. It has the new content when it sends all there.
func (r *rollout) move(ctx context.Context, weight int) error {
	in := &sfn.UpdateStateMachineAliasInput{
		StateMachineAliasArn: aws.String(r.machine + ":" + plan.AliasName), Description: r.content(),
		RoutingConfiguration: []types.RoutingConfigurationListItem{{StateMachineVersionArn: &r.to, Weight: int32(weight)}},
	}
	if weight < 100 {
		in.Description = record(r.from.Content, r.from.Packages)
		in.RoutingConfiguration = append(in.RoutingConfiguration,
			types.RoutingConfigurationListItem{StateMachineVersionArn: &r.from.Version, Weight: int32(100 - weight)})
		r.note("%d%% go to version %s for %s", weight, plan.VersionOf(r.to), plan.Brief(r.Interval))
	}
	return r.settle(ctx, func() error {
		_, err := r.States.UpdateStateMachineAlias(ctx, in)
		return err
	})
}

// bake watches the alarms while the new version has all executions.
func (r *rollout) bake(ctx context.Context) error {
	if r.Bake == 0 || len(r.Alarms) == 0 || r.from.Version == "" {
		return nil
	}
	r.note("all go to version %s; the alarms are watched for %s", plan.VersionOf(r.to), plan.Brief(r.Bake))
	return r.watch(ctx, r.Now().Add(r.Bake))
}

// watch waits, and takes the alias back when an alarm goes off or cannot be read: a shift that nobody watches is no safe one.
func (r *rollout) watch(ctx context.Context, end time.Time) error {
	for {
		if err := r.quiet(ctx); err != nil && ctx.Err() == nil {
			return r.back(ctx, err)
		}
		left := end.Sub(r.Now())
		if left <= 0 {
			return nil
		}
		if len(r.Alarms) > 0 {
			left = min(left, watchEvery)
		}
		if err := r.Sleep(ctx, left); err != nil {
			return err
		}
	}
}

// back sends all executions to the version that they came from, unless the alias is no longer this rollout's.
func (r *rollout) back(ctx context.Context, why error) error {
	if _, err := r.look(ctx); err != nil {
		return fmt.Errorf("%w; it stays there: %w", why, err)
	}
	err := r.MoveAlias(ctx, r.plan.Place, r.action.Machine.Name, MachineVersion{ARN: r.from.Version, Content: r.from.Content, Packages: r.from.Packages})
	if err != nil {
		return fmt.Errorf("%w; and going back to version %s: %w", why, plan.VersionOf(r.from.Version), err)
	}
	return fmt.Errorf("%w; rolled back to version %s", why, plan.VersionOf(r.from.Version))
}

// quiet is an error that names the alarms which are in state ALARM, with what CloudWatch says about them.
func (r *rollout) quiet(ctx context.Context) error {
	alarms, err := r.describeAlarms(ctx, r.Alarms)
	if err != nil {
		return fmt.Errorf("reading the alarms %s: %w", strings.Join(r.Alarms, ", "), explain("cloudwatch:DescribeAlarms", err))
	}
	var loud []string
	for _, a := range alarms {
		if a.state == cwtypes.StateValueAlarm {
			loud = append(loud, fmt.Sprintf("alarm %s is in ALARM (%s)", a.name, a.reason))
		}
	}
	if len(loud) > 0 {
		return errors.New(strings.Join(loud, ", "))
	}
	return nil
}

func (r *rollout) note(format string, args ...any) {
	r.report(func(p Progress) { p.Note(r.action, fmt.Sprintf(format, args...)) })
}

type alarm struct {
	name, reason string
	state        cwtypes.StateValue
}

// maxAlarmNames is how many alarms one DescribeAlarms may name. AWS: DescribeAlarms, AlarmNames.
const maxAlarmNames = 100

// describeAlarms reads the alarms of these names, in the order of their names; what is not there is left out.
func (c *Clients) describeAlarms(ctx context.Context, names []string) ([]alarm, error) {
	var found []alarm
	for chunk := range slices.Chunk(names, maxAlarmNames) {
		out, err := c.Alarms.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
			AlarmNames: chunk, AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm},
		})
		if err != nil {
			return nil, err
		}
		for i := range out.MetricAlarms {
			a := &out.MetricAlarms[i]
			found = append(found, alarm{aws.ToString(a.AlarmName), aws.ToString(a.StateReason), a.StateValue})
		}
		for i := range out.CompositeAlarms {
			a := &out.CompositeAlarms[i]
			found = append(found, alarm{aws.ToString(a.AlarmName), aws.ToString(a.StateReason), a.StateValue})
		}
	}
	slices.SortFunc(found, func(a, b alarm) int { return strings.Compare(a.name, b.name) })
	return found, nil
}
