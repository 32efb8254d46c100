package plan

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/jsonschema"
	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/value"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var place = Place{Partition: "aws", Account: "111122223333", Region: "eu-west-1"}

func parse(t *testing.T, text string) value.Value {
	t.Helper()
	v, err := value.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const definition = `{"QueryLanguage": "JSONata", "StartAt": "Charge", "States": {
	"Charge": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
		"Arguments": {"FunctionName": "${fn:payments.Charge}", "Payload": "{% $states.input %}"},
		"Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 3}], "Next": "Pack"},
	"Pack": {"Type": "Map", "Items": "{% $states.input.items %}", "ItemProcessor": {"StartAt": "Wrap", "States": {
		"Wrap": {"Type": "Pass", "End": true}}}, "End": true}}}`

func tags() Tags { return Tags{TagProject: "shop", TagEnv: "dev"} }

// wanted is a small but whole deployment.
func wanted(t *testing.T, definition string) *Desired {
	functionRole, machineRole := place.ARN("iam", "role/dev-payments-Charge"), place.ARN("iam", "role/dev-orders")
	return &Desired{
		Project: "shop", Env: "dev", Place: place,
		LogGroups: []LogGroup{{Name: "/aws/lambda/dev-payments-Charge", Retention: 30, Tags: tags()}, {Name: "/aws/vendedlogs/states/dev-orders", Retention: 30, Tags: tags()}},
		Roles: []Role{
			{Name: "dev-orders", Path: "/", Trust: policy.Trust("states.amazonaws.com", "111122223333", ""), Tags: tags(),
				Policy: policy.Grants{{Statement: policy.Statement{Effect: "Allow", Action: []string{"lambda:InvokeFunction"}, Resource: []string{"*"}}}}.Document()},
			{Name: "dev-payments-Charge", Path: "/", Trust: policy.Trust("lambda.amazonaws.com", "", ""), Tags: tags()},
		},
		Functions: []Function{{Name: "dev-payments-Charge", Handler: "payments.Charge", Code: Code{SHA256: "AAAAAAAAAAAA", Size: 3_400_000},
			Settings: Settings{Role: functionRole, Runtime: "provided.al2023", Handler: "bootstrap", Architecture: "arm64", Memory: 128, Timeout: 30, Storage: 512,
				Env: map[string]string{"KEY": "secret"}}, Tags: tags()}},
		Machines: []Machine{{Name: "dev-orders", Workflow: "orders", Type: "STANDARD", Definition: parse(t, definition), Role: machineRole,
			Functions: map[string]string{"payments.Charge": "dev-payments-Charge"}, Logging: Logging{"ALL", true, place.ARN("logs", "log-group:/aws/vendedlogs/states/dev-orders:*")},
			Tags: tags(), Source: map[string]string{"/States/Charge": "workflows/orders.go:31"}}},
	}
}

// deployed is what is there after d was applied once.
func deployed(d *Desired) *Actual {
	a := &Actual{Place: d.Place, LogGroups: map[string]LogGroup{}, Roles: map[string]Role{}, Functions: map[string]LiveFunction{}, Machines: map[string]LiveMachine{}}
	pins := map[string]string{}
	for _, g := range d.LogGroups {
		a.LogGroups[g.Name] = g
	}
	for _, r := range d.Roles {
		a.Roles[r.Name] = r
	}
	for _, f := range d.Functions {
		pins[f.Name] = "1"
		a.Functions[f.Name] = LiveFunction{Function: f, Newest: &FunctionVersion{Number: "1", SHA256: f.Code.SHA256, Settings: f.Settings}}
	}
	for _, m := range d.Machines {
		live := LiveMachine{Machine: m, Alias: &Alias{Version: place.ARN("states", "stateMachine:"+m.Name+":4"), Content: m.Content(d.Place, pins)}}
		live.Definition, _ = m.Resolve(d.Place, pins)
		a.Machines[m.Name] = live
	}
	return a
}

// TestMake has for each situation the plan's text in testdata/NAME.txt.
func TestMake(t *testing.T) {
	edited := strings.NewReplacer(`"MaxAttempts": 3`, `"MaxAttempts": 5`, `"Wrap": {"Type": "Pass"`, `"Wrap": {"Type": "Pass", "Output": 1`).Replace(definition)
	tests := []struct {
		name   string
		change func(d *Desired, a *Actual)
	}{
		{"create", func(d *Desired, a *Actual) { *a = Actual{Place: place} }},
		{"unchanged", func(d *Desired, a *Actual) {}},
		{"definition", func(d *Desired, a *Actual) {
			d.Machines[0].Definition = parse(t, edited)
			live := a.Machines["dev-orders"]
			live.Running = 14
			a.Machines["dev-orders"] = live
		}},
		{"code", func(d *Desired, a *Actual) { d.Functions[0].Code.SHA256 = "BBBBBBBBBBBB" }},
		{"settings", func(d *Desired, a *Actual) {
			d.Functions[0].Settings.Memory = 256
			d.Functions[0].Settings.Env = map[string]string{"KEY": "other", "NEW": "x"}
			d.LogGroups[0].Retention = 7
			d.Roles[0].Policy = nil
			d.Functions[0].Tags = Tags{TagProject: "shop", TagEnv: "dev", "team": "pay"}
		}},
		{"killed_before_publish", func(d *Desired, a *Actual) {
			live := a.Functions["dev-payments-Charge"]
			live.Newest = nil
			a.Functions["dev-payments-Charge"] = live
		}},
		{"killed_before_alias", func(d *Desired, a *Actual) {
			live := a.Machines["dev-orders"]
			live.Alias = nil
			a.Machines["dev-orders"] = live
		}},
		{"rolled_back", func(d *Desired, a *Actual) {
			a.Machines["dev-orders"].Alias.Content = "older"
		}},
		{"not_ours", func(d *Desired, a *Actual) {
			f := a.Functions["dev-payments-Charge"]
			f.Tags = nil
			a.Functions[f.Name] = f
			m := a.Machines["dev-orders"]
			m.Tags = Tags{TagProject: "other", TagEnv: "dev"}
			a.Machines[m.Name] = m
		}},
		{"type", func(d *Desired, a *Actual) { d.Machines[0].Type = "EXPRESS" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := wanted(t, definition)
			a := deployed(wanted(t, definition))
			tt.change(d, a)
			p := Make(d, a)
			var out bytes.Buffer
			p.WriteText(&out, nil)
			for i := range p.Actions {
				out.WriteString("\n" + p.Actions[i].ID + ":")
				for _, c := range p.Actions[i].Calls {
					out.WriteString(" " + string(c))
				}
				out.WriteString(" after [" + strings.Join(p.Actions[i].Needs, "; ") + "]")
			}
			golden(t, tt.name+".txt", out.Bytes())
			if strings.Contains(out.String(), "secret") {
				t.Error("the plan shows the value of an environment variable")
			}
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got); rewrite with -update:\n%s", file, diff)
	}
}

// TestForms holds the other forms of one plan to their golden files.
func TestForms(t *testing.T) {
	d := wanted(t, strings.Replace(definition, `"MaxAttempts": 3`, `"MaxAttempts": 5`, 1))
	a := deployed(wanted(t, definition))
	d.Functions[0].Code.SHA256 = "BBBBBBBBBBBB"
	p := Make(d, a)
	var out bytes.Buffer
	p.WriteMarkdown(&out)
	golden(t, "forms.md", out.Bytes())
	out.Reset()
	p.WriteGitHub(&out)
	golden(t, "forms.github", out.Bytes())
	text, err := json.MarshalIndent(p.JSON(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "forms.json", append(text, '\n'))
}

// TestQuiet: whatever AWS does to the form of what it stores, the plan is empty.
func TestQuiet(t *testing.T) {
	d := wanted(t, definition)
	a := deployed(d)
	m := a.Machines["dev-orders"]
	states, _ := m.Definition.Get("States")
	members := append([]value.Member{}, states.Members()...)
	members[0], members[1] = members[1], members[0]
	m.Definition = parse(t, strings.ReplaceAll(m.Definition.With("States", value.OfObject(members)).String(), `"MaxAttempts":3`, `"MaxAttempts":3.0`))
	a.Machines[m.Name] = m
	if p := Make(d, a); !p.Empty() {
		var out bytes.Buffer
		p.WriteText(&out, nil)
		t.Errorf("not empty:\n%s", &out)
	}
}

// TestCollect has inventories and what is removed from them.
func TestCollect(t *testing.T) {
	version := func(number, content, pin string, needed bool) Version {
		return Version{Number: number, Content: content, Pins: map[string]string{"pay": pin}, Needed: needed}
	}
	base := func() *Inventory {
		return &Inventory{Keep: 2, Functions: map[string][]string{"pay": {"1", "2", "3", "4"}}, Roles: map[string]string{"pay": "pay-role", "orders": "orders-role"},
			Machines: []History{{Name: "orders", Versions: []Version{
				version("4", "d", "4", true), version("3", "c", "3", false), version("2", "b", "2", false), version("1", "a", "1", false)}}}}
	}
	tests := []struct {
		name   string
		change func(*Inventory)
		want   []string
	}{
		{"beyond the kept", func(*Inventory) {}, []string{
			"workflow version orders:2", "workflow version orders:1", "function version pay:1", "function version pay:2"}},
		{"an execution runs on it", func(in *Inventory) { in.Machines[0].Versions[3].Needed = true }, []string{
			"workflow version orders:2", "function version pay:2"}},
		{"executions that nobody knows the version of", func(in *Inventory) { in.Machines[0].Unversioned = true }, []string{
			"workflow version orders:2", "workflow version orders:1"}},
		{"another machine calls it", func(in *Inventory) {
			in.Machines = append(in.Machines, History{Name: "old", Versions: []Version{version("1", "x", "1", true)}})
		}, []string{"workflow version orders:2", "workflow version orders:1", "function version pay:2"}},
		{"all that is left is alike", func(in *Inventory) {
			in.Machines[0].Versions[1] = version("3", "d", "4", false)
		}, []string{"workflow version orders:2", "workflow version orders:1", "role orders-role", "function version pay:1", "function version pay:2", "function version pay:3", "role pay-role"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := base()
			tt.change(in)
			var got []string
			for _, a := range Collect(in).Actions {
				got = append(got, a.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestSchema holds docs/plan-1.schema.json, which describes `plan -o json`, to the fields that there are.
func TestSchema(t *testing.T) {
	s := jsonschema.Of(reflect.TypeFor[document](), "json", false)
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", "stride plan -o json, version 1"
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../../../docs/plan-1.schema.json", append(text, '\n'))
}
