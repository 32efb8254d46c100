package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	validator "github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/stride-aws/stride/internal/golden"
	"github.com/stride-aws/stride/internal/jsonschema"
	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/value"
)

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
		Functions: []Function{{Name: "dev-payments-Charge", Handler: "payments.Charge", Source: "lambdas/payments/payments.go:12", Code: Code{SHA256: "AAAAAAAAAAAA", Size: 3_400_000},
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
			live.Running = Running{"4": 12, "3": 1, "": 1}
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
			golden.Compare(t, "testdata/"+tt.name+".txt", out.String())
			if strings.Contains(out.String(), "secret") {
				t.Error("the plan shows the value of an environment variable")
			}
		})
	}
}

// TestForms holds every form of one plan, in which something of each kind changes, to its golden file.
func TestForms(t *testing.T) {
	changed := strings.NewReplacer(`"MaxAttempts": 3`, `"MaxAttempts": 5`, `"Next": "Pack"`, `"Next": "Tell"`, `"Wrap": {"Type": "Pass"`, `"Box|it": {"Type": "Pass"`,
		`"StartAt": "Wrap"`, `"StartAt": "Box|it"`, `"Pack": {`, `"Tell": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Arguments": {"TopicArn": "t"}, "Next": "Pack"}, "Pack": {`)
	before := wanted(t, definition)
	before.Functions[0].Code.Packages = map[string]string{"go": "go1.26", "shop/lambdas/payments": "aa", "shop/money": "bb", "example.com/x/y": "example.com/x@v1.0.0"}
	a := deployed(before)
	live := a.Machines["dev-orders"]
	live.Alias.Packages = Make(before, &Actual{}).Actions[5].Machine.Packages
	live.Running = Running{"4": 14}
	a.Machines[live.Name] = live

	d := wanted(t, changed.Replace(definition))
	d.Functions[0].Code = Code{SHA256: "BBBBBBBBBBBB", Size: 3_500_000,
		Packages: map[string]string{"go": "go1.26", "shop/lambdas/payments": "aa", "shop/money": "b2", "example.com/x/y": "example.com/x@v1.1.0"}}
	d.Functions[0].Settings.Memory = 256
	d.Functions[0].Tags = Tags{TagProject: "shop", TagEnv: "dev", "team": "pay"}
	d.LogGroups[1].Retention = 365
	d.Machines[0].Logging.IncludeData = false
	publish := policy.Grant{Statement: policy.Statement{Effect: "Allow", Action: []string{"sns:Publish"}, Resource: []string{"t"}}, States: []string{"Tell"}}
	d.Roles[0].Grants = policy.Grants{{Statement: d.Roles[0].Policy.Statement[0], States: []string{"Charge"}}, publish}
	d.Roles[0].Policy = d.Roles[0].Grants.Document()
	d.Machines[0].Source["/States/Tell"] = "workflows/orders.go:40"

	p := Make(d, a)
	var out bytes.Buffer
	p.WriteText(&out, nil)
	golden.Compare(t, "testdata/forms.txt", out.String())
	out.Reset()
	p.WriteMarkdown(&out)
	golden.Compare(t, "testdata/forms.md", out.String())
	out.Reset()
	p.WriteGitHub(&out)
	golden.Compare(t, "testdata/forms.github", out.String())
	text, err := json.MarshalIndent(p.JSON(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/forms.json", string(text)+"\n")
}

// TestLongPlan: a plan of any size fits into a comment of GitHub's.
func TestLongPlan(t *testing.T) {
	var states []string
	for i := range 400 {
		states = append(states, fmt.Sprintf(`"State %d": {"Type": "Pass", "Comment": %q, "End": true}`, i, strings.Repeat("é", 300)))
	}
	d := wanted(t, `{"StartAt": "State 0", "States": {`+strings.Join(states, ",")+`}}`)
	var out bytes.Buffer
	Make(d, deployed(wanted(t, definition))).WriteMarkdown(&out)
	if out.Len() > 65_536 || !utf8.Valid(out.Bytes()) {
		t.Errorf("%d bytes", out.Len())
	}
}

func TestWhy(t *testing.T) {
	packages := func(list ...string) Code {
		c := Code{Packages: map[string]string{}}
		for i := 0; i < len(list); i += 2 {
			c.Packages[list[i]] = list[i+1]
		}
		return c
	}
	many := func(version string) Code {
		c := packages("go", "go1.26", "shop/pay", "aa")
		for i := range 200 {
			c.Packages[fmt.Sprintf("m%d/p", i)] = fmt.Sprintf("m%d@%s", i, version)
		}
		return c
	}
	tests := []struct {
		name          string
		before, after Code
		want          string
	}{
		{"nothing is known", Code{}, packages("go", "go1.26"), ""},
		{"nothing was known", packages("go", "go1.26"), Code{}, ""},
		{"a package", packages("go", "go1.26", "shop/pay", "aa"), packages("go", "go1.26", "shop/pay", "ab"), "changed: shop/pay"},
		{"a module of several packages", packages("x/a", "x@v1", "x/b", "x@v1"), packages("x/a", "x@v2", "x/b", "x@v2"), "changed: x"},
		{"the compiler", packages("go", "go1.25"), packages("go", "go1.26"), "changed: go"},
		{"one more", packages("a", "1"), packages("a", "1", "b", "1"), "changed: b"},
		{"many", packages("a", "1"), packages("a", "2", "b", "1", "c", "1", "d", "1", "e", "1"), "changed: a, b, c, 2 more"},
		{"more modules than are recorded", many("v1"), many("v2"), "changed: modules that are required"},
	}
	for _, tt := range tests {
		marks := strings.Join(slices.Sorted(maps.Values(tt.before.marks())), "")
		if len(marks) > maxMarks*markLength {
			t.Errorf("%s: %d characters", tt.name, len(marks))
		}
		if got := why(marks, tt.after); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestQuiet: whatever AWS does to the form of what it stores, the plan is empty.
func TestQuiet(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		want := func() *Desired {
			d := wanted(t, definition)
			d.Functions[0].Settings.Subnets, d.Functions[0].Settings.SecurityGroups = []string{"s1", "s2", "s3"}, []string{"g1", "g2"}
			d.Roles[0].Policy.Statement = append(d.Roles[0].Policy.Statement, policy.Statement{Effect: "Allow", Action: []string{"a:B", "a:C"}, Resource: []string{"y", "x"},
				Condition: map[string]policy.Condition{"StringEquals": {"aws:SourceAccount": {"2", "1"}}}})
			return d
		}
		a := deployed(want())
		reform(t, a, r)
		if p := Make(want(), a); !p.Empty() {
			var out bytes.Buffer
			p.WriteText(&out, nil)
			t.Fatalf("seed %d: not empty:\n%s", seed, &out)
		}
	}
}

// reform changes the form of a: orders, numbers' text, lists of one, tags of others, what is empty or absent.
func reform(t *testing.T, a *Actual, r *rand.Rand) {
	for name, m := range a.Machines {
		m.Definition = parse(t, strings.ReplaceAll(shuffled(m.Definition, r).String(), `"MaxAttempts":3`, `"MaxAttempts":3.0`))
		m.Tags = Tags{"aws:cloudformation:stack-name": "x", TagProject: "shop", TagEnv: "dev"}
		a.Machines[name] = m
	}
	shuffle := func(list []string) { r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] }) }
	for name, f := range a.Functions {
		shuffle(f.Settings.Subnets)
		shuffle(f.Newest.Settings.SecurityGroups)
		f.Tags = Tags{"team": "other", TagProject: "shop", TagEnv: "dev"}
		a.Functions[name] = f
	}
	for name, role := range a.Roles {
		if role.Policy == nil {
			continue
		}
		statements := role.Policy.Statement
		r.Shuffle(len(statements), func(i, j int) { statements[i], statements[j] = statements[j], statements[i] })
		for _, s := range statements {
			shuffle(s.Action)
			shuffle(s.Resource)
		}
		text := strings.ReplaceAll(role.Policy.String(), `["*"]`, `"*"`)
		again, err := policy.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		role.Policy = again
		a.Roles[name] = role
	}
}

// shuffled is v with the members of its objects in another order.
func shuffled(v value.Value, r *rand.Rand) value.Value {
	switch v.Kind() {
	case value.Array:
		var items []value.Value
		for _, item := range v.Items() {
			items = append(items, shuffled(item, r))
		}
		return value.OfArray(items)
	case value.Object:
		var members []value.Member
		for _, m := range v.Members() {
			members = append(members, value.Member{Name: m.Name, Value: shuffled(m.Value, r)})
		}
		r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		return value.OfObject(members)
	}
	return v
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

// TestUnwanted: what the project made and does not want goes, but for a function that a version of a machine that stays still calls.
func TestUnwanted(t *testing.T) {
	d := wanted(t, definition)
	a := deployed(d)
	for _, name := range []string{"dev-old", "dev-called"} {
		a.Functions[name] = LiveFunction{Function: Function{Name: name}}
		a.LogGroups["/aws/lambda/"+name] = LogGroup{Name: "/aws/lambda/" + name}
		a.Roles[name] = Role{Name: name}
	}
	a.Machines["dev-gone"] = LiveMachine{Machine: Machine{Name: "dev-gone"}}
	in := &Inventory{Machines: []History{
		{Name: "dev-orders", Versions: []Version{{Number: "3", Pins: map[string]string{"dev-called": "2"}}}},
		{Name: "dev-gone", Versions: []Version{{Number: "1", Pins: map[string]string{"dev-old": "1"}}}},
	}}
	ids := func(a *Actual) []string {
		var ids []string
		p := Destroy("shop", "dev", a, false)
		for i := range p.Actions {
			ids = append(ids, p.Actions[i].ID)
		}
		return ids
	}
	unwanted := Unwanted(d, a)
	want := []string{"workflow dev-gone", "function dev-called", "function dev-old", "role dev-called", "role dev-old", "log group /aws/lambda/dev-called", "log group /aws/lambda/dev-old"}
	if diff := cmp.Diff(want, ids(unwanted)); diff != "" {
		t.Errorf("unwanted (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"dev-called"}, Spare(in, unwanted)); diff != "" {
		t.Errorf("spared (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"workflow dev-gone", "function dev-old", "log group /aws/lambda/dev-old"}, ids(unwanted)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

// TestSchema holds docs/plan-1.schema.json, which describes `plan -o json`, to the fields that there are.
func TestSchema(t *testing.T) {
	docs, err := jsonschema.ReadDocs(".")
	if err != nil {
		t.Fatal(err)
	}
	s := jsonschema.Document(reflect.TypeFor[document](), "stride plan -o json, version 1", jsonschema.Options{Tag: "json", Docs: docs})
	text, err := jsonschema.Text(s)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := validator.CompileString("plan.json", text)
	if err != nil {
		t.Fatal(err)
	}
	for name, mutate := range map[string]func(map[string]any){"": nil, "op": func(v map[string]any) { v["actions"].([]any)[0].(map[string]any)["op"] = "replace" },
		"schema": func(v map[string]any) { delete(v, "schema") }} {
		var v map[string]any
		printed, err := os.ReadFile("testdata/forms.json")
		if err != nil || json.Unmarshal(printed, &v) != nil {
			t.Fatal(err)
		}
		if mutate != nil {
			mutate(v)
		}
		if err := compiled.Validate(v); (err == nil) != (mutate == nil) {
			t.Errorf("a plan as it is printed, with another %q: %v", name, err)
		}
	}
	golden.Compare(t, "../../docs/plan-1.schema.json", text)
}
