package deploy

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/plan"
	"github.com/stride-aws/stride/internal/value"
)

// eight is a deployment of eight functions and two machines, each of which calls four of them.
func eight(t testing.TB, place plan.Place, generation int) (*plan.Desired, map[string]string) {
	t.Helper()
	d, zips := &plan.Desired{Project: "shop", Env: "test", Place: place}, map[string]string{}
	for _, machine := range []string{"a", "b"} {
		functions := map[string]string{}
		var states []string
		for i := range 4 {
			one, oneZips := shop(t, place, generation)
			f, group := one.Functions[0], one.LogGroups[0]
			f.Name, f.Handler = fmt.Sprintf("test-%s%d", machine, i), fmt.Sprintf("%s.F%d", machine, i)
			role := one.Roles[0]
			role.Name, group.Name = f.Name, "/aws/lambda/"+f.Name
			f.Settings.Role = place.ARN("iam", "role/"+role.Name)
			zips[f.Name], functions[f.Handler] = oneZips["test-pay-Charge"], f.Name
			d.Functions, d.Roles, d.LogGroups = append(d.Functions, f), append(d.Roles, role), append(d.LogGroups, group)
			next := fmt.Sprintf(`"Next": "S%d"`, i+1)
			if i == 3 {
				next = `"End": true`
			}
			states = append(states, fmt.Sprintf(`"S%d": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "${fn:%s}"}, %s}`, i, f.Handler, next))
		}
		one, _ := shop(t, place, generation)
		m, role := one.Machines[0], one.Roles[2]
		definition, err := value.Parse(`{"StartAt": "S0", "States": {` + strings.Join(states, ", ") + `}}`)
		if err != nil {
			t.Fatal(err)
		}
		m.Name, role.Name = "test-"+machine, "test-"+machine
		m.Definition, m.Functions, m.Role = definition, functions, place.ARN("iam", "role/"+role.Name)
		delete(m.Tags, plan.TagTriggers)
		d.Machines, d.Roles = append(d.Machines, m), append(d.Roles, role)
	}
	return d, zips
}

// TestNoChangeIsOneRound: a deploy that has nothing to do makes read calls, and each of them at once: with a network that takes a second,
// all of it takes one.
func TestNoChangeIsOneRound(t *testing.T) {
	c := newCloud(t)
	place := identify(t, c.clients())
	d, zips := eight(t, place, 1)
	must(t, c, d, zips)
	c.reset()
	synctest.Test(t, func(t *testing.T) {
		c.disturb = func(int, string) disturbance { time.Sleep(time.Second); return disturbance{} }
		begun := time.Now()
		p, err := deployment(t.Context(), c.clients(), d, zips)
		if err != nil || !p.Empty() {
			t.Fatalf("%v, %v", p, err)
		}
		if took := time.Since(begun); took != time.Second {
			t.Errorf("it took %s", took)
		}
	})
	if made := c.mutating(); len(made) > 0 {
		t.Errorf("it called %v", made)
	}
	counts := map[string]int{}
	for _, call := range c.calls {
		if strings.HasPrefix(call, "GET ") {
			call = "lambda"
		}
		counts[call]++
	}
	want := map[string]int{"DescribeLogGroups": 1, "GetRole": 10, "GetRolePolicy": 10, "lambda": 16,
		"DescribeStateMachine": 2, "DescribeStateMachineAlias": 2, "ListTagsForResource": 2, "ListExecutions": 2}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("calls, -want +got:\n%s", diff)
	}
}

// TestOneChange: of eight functions one has new code: one upload that publishes, one update of the machine that calls it, one alias move.
func TestOneChange(t *testing.T) {
	c := newCloud(t)
	place := identify(t, c.clients())
	d, zips := eight(t, place, 1)
	must(t, c, d, zips)
	next, nextZips := eight(t, place, 2)
	d.Functions[5].Code, zips["test-b1"] = next.Functions[5].Code, nextZips["test-b1"]
	c.reset()
	if _, err := deployment(t.Context(), c.clients(), d, zips); err != nil {
		t.Fatal(err)
	}
	if made, want := c.mutating(), []string{"PUT /2015-03-31/functions/test-b1/code", "UpdateStateMachine", "UpdateStateMachineAlias"}; !slices.Equal(made, want) {
		t.Errorf("called %v, want %v", made, want)
	}
	settled(t, c, d)
}

// distance is how far away AWS is in the benchmarks.
const distance = 20 * time.Millisecond

// far is a local AWS at a distance.
func far(b *testing.B) *cloud {
	c := newCloud(b)
	c.disturb = func(int, string) disturbance { time.Sleep(distance); return disturbance{} }
	return c
}

// BenchmarkFirstDeploy is a first deploy of eight functions and two machines, beside its calls in plain SDK code, by hand: as concurrent
// as they can be, without reading anything first.
func BenchmarkFirstDeploy(b *testing.B) {
	for name, deploy := range map[string]func(b *testing.B, c *Clients, d *plan.Desired, zips map[string]string){
		"stride": func(b *testing.B, c *Clients, d *plan.Desired, zips map[string]string) {
			if _, err := deployment(b.Context(), c, d, zips); err != nil {
				b.Fatal(err)
			}
		},
		"by-hand": byHand,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				c := far(b)
				place := plan.Place{Partition: "aws", Account: "000000000000", Region: "eu-west-1"}
				d, zips := eight(b, place, 1)
				b.StartTimer()
				deploy(b, c.clients(), d, zips)
			}
		})
	}
}

// byHand makes the calls of a first deploy: groups and roles, functions when their roles are there, machines when their functions are.
func byHand(b *testing.B, c *Clients, d *plan.Desired, zips map[string]string) {
	g := newGroup(b.Context())
	for i := range d.LogGroups {
		g.do(func(ctx context.Context) error {
			name := &d.LogGroups[i].Name
			if _, err := c.Logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: name, Tags: d.LogGroups[i].Tags}); err != nil {
				return err
			}
			_, err := c.Logs.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: name, RetentionInDays: aws.Int32(7)})
			return err
		})
	}
	for i := range d.Roles {
		g.do(func(ctx context.Context) error {
			r := &d.Roles[i]
			if _, err := c.IAM.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &r.Name, AssumeRolePolicyDocument: aws.String(r.Trust.String())}); err != nil {
				return err
			}
			_, err := c.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &r.Name, PolicyName: aws.String("p"), PolicyDocument: aws.String(r.Policy.String())})
			return err
		})
	}
	if err := g.wait(); err != nil {
		b.Fatal(err)
	}
	g = newGroup(b.Context())
	for i := range d.Functions {
		g.do(func(ctx context.Context) error {
			f := &d.Functions[i]
			zip, err := os.ReadFile(zips[f.Name])
			if err != nil {
				return err
			}
			_, err = c.Lambda.CreateFunction(ctx, &lambda.CreateFunctionInput{FunctionName: &f.Name, Role: &f.Settings.Role, Runtime: "provided.al2023",
				Handler: aws.String("bootstrap"), Publish: true, Code: &lambdatypes.FunctionCode{ZipFile: zip}})
			if err != nil {
				return err
			}
			_, err = c.Lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &f.Name})
			return err
		})
	}
	if err := g.wait(); err != nil {
		b.Fatal(err)
	}
	g = newGroup(b.Context())
	pins := map[string]string{}
	for i := range d.Functions {
		pins[d.Functions[i].Name] = "1"
	}
	for i := range d.Machines {
		g.do(func(ctx context.Context) error {
			m := &d.Machines[i]
			definition, _ := m.Resolve(d.Place, maps.Clone(pins))
			out, err := c.States.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: &m.Name, RoleArn: &m.Role, Definition: aws.String(definition.String()), Publish: true})
			if err != nil {
				return err
			}
			_, err = c.States.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: aws.String("current"),
				RoutingConfiguration: []sfntypes.RoutingConfigurationListItem{{StateMachineVersionArn: out.StateMachineVersionArn, Weight: 100}}})
			return err
		})
	}
	if err := g.wait(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkNoChange is a deploy that finds nothing to do, beside the slowest single call: what no reading can beat.
func BenchmarkNoChange(b *testing.B) {
	c := far(b)
	clients := c.clients()
	place := plan.Place{Partition: "aws", Account: "000000000000", Region: "eu-west-1"}
	d, zips := eight(b, place, 1)
	if _, err := deployment(b.Context(), clients, d, zips); err != nil {
		b.Fatal(err)
	}
	b.Run("stride", func(b *testing.B) {
		for b.Loop() {
			if _, err := deployment(b.Context(), clients, d, zips); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("one-call", func(b *testing.B) {
		for b.Loop() {
			if _, err := clients.describeMachine(b.Context(), place.ARN("states", "stateMachine:test-a")); err != nil {
				b.Fatal(err)
			}
		}
	})
}
