package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Ways to move an alias to a new version. AWS: AWS::StepFunctions::StateMachineAlias, DeploymentPreference.
const (
	AllAtOnce = "ALL_AT_ONCE"
	Canary    = "CANARY" // Percentage of the executions, then all
	Linear    = "LINEAR" // Percentage more at each step
)

// Rollout is how the alias of a machine moves to a new version.
type Rollout struct {
	Type       string        // "" is AllAtOnce
	Percentage int           // 1 to 99
	Interval   time.Duration // from one step to the next
	Bake       time.Duration // how long Alarms are watched when the new version has all executions
	Alarms     []string      // names of CloudWatch alarms: one in state ALARM takes the alias back
}

// Steps are the percentages of executions that the new version gets, one after the other. The last is 100.
func (r Rollout) Steps() []int {
	switch r.Type {
	case Canary:
		return []int{r.Percentage, 100}
	case Linear:
		var steps []int
		for p := r.Percentage; p < 100; p += r.Percentage {
			steps = append(steps, p)
		}
		return append(steps, 100)
	}
	return []int{100}
}

// String is "10% for 5m, then all", "25% more every 10m" or "all at once".
func (r Rollout) String() string {
	text := "all at once"
	switch r.Type {
	case Canary:
		text = fmt.Sprintf("%d%% for %s, then all", r.Percentage, Brief(r.Interval))
	case Linear:
		text = fmt.Sprintf("%d%% more every %s", r.Percentage, Brief(r.Interval))
	}
	if len(r.Alarms) > 0 {
		text += ", watching " + strings.Join(r.Alarms, ", ")
	}
	return text
}

// Share is the percentage of executions that the version called arn gets.
func (a *Alias) Share(arn string) int {
	switch {
	case a == nil:
		return 0
	case arn == a.Version:
		return 100 - a.Weight
	case arn == a.Next:
		return a.Weight
	}
	return 0
}

// rolloutChange says where an alias goes, and how.
func rolloutChange(r Rollout, from *Alias) Change {
	c := Change{Path: "version", Op: Update, Before: VersionOf(from.Version), After: "new"}
	if from.Next != "" {
		c.Before += fmt.Sprintf(" (%d%% on %s)", from.Weight, VersionOf(from.Next))
	}
	if r.Type == Canary || r.Type == Linear || len(r.Alarms) > 0 {
		c.After += ": " + r.String()
	}
	return c
}

// Brief is a duration without units that are zero: "5m", not "5m0s".
func Brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// alarms reports the alarms that a rollout of this plan would watch and that are not there: CloudWatch itself takes them for quiet.
func (m *maker) alarms(want *Machine) {
	for _, name := range want.Rollout.Alarms {
		p := Problem{Fatal: true, Resource: "alarm " + name, Message: "does not exist, and the rollout of workflows watches it"}
		if !m.actual.Alarms[name] && !slices.Contains(m.plan.Problems, p) {
			m.plan.Problems = append(m.plan.Problems, p)
		}
	}
}
