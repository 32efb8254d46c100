package plan

// schemaVersion is the version of the JSON form. A field may be added within one version; none changes its meaning.
const schemaVersion = 1

// JSON is p as `plan -o json` prints it; docs/plan-1.schema.json describes it.
func (p *Plan) JSON() any {
	out := document{
		Schema: schemaVersion, Project: p.Project, Env: p.Env, Place: p.Place, Changes: !p.Empty(), Unchanged: p.Unchanged,
		Create: p.Count(Create), Update: p.Count(Update), Delete: p.Count(Delete),
		Actions: []action{}, Problems: []problem{}, Running: map[string]int{}, RunningOn: p.Running, Costs: []priced{}, CostAssumes: costAssumes,
	}
	for name, r := range p.Running {
		out.Running[name] = r.Total()
	}
	for _, c := range p.Costs {
		out.Costs = append(out.Costs, priced(c))
	}
	for i := range p.Actions {
		out.Actions = append(out.Actions, jsonAction(&p.Actions[i]))
	}
	for _, x := range p.Problems {
		out.Problems = append(out.Problems, problem(x))
	}
	return out
}

type document struct {
	Schema    int            `json:"schema"`            // version of this form: fields may come, and none changes its meaning
	Project   string         `json:"project"`           // as the tag stride:project has it
	Env       string         `json:"env"`               // the environment
	Place     Place          `json:"place"`             // where the environment is
	Changes   bool           `json:"changes"`           // whether a deploy would change something
	Create    int            `json:"create"`            // resources that would be made
	Update    int            `json:"update"`            // resources that would be changed
	Delete    int            `json:"delete"`            // resources that would be removed
	Unchanged int            `json:"unchanged"`         // resources that are as wanted
	Actions   []action       `json:"actions"`           // in an order in which they could be done one after the other
	Problems  []problem      `json:"problems"`          // resources that must not be touched without being asked
	Running   map[string]int `json:"running,omitempty"` // running executions of each machine that changes
	// RunningOn has, for each such machine, its running executions by what they stay on.
	RunningOn   map[string]Running `json:"runningOn,omitempty"`
	Costs       []priced           `json:"costs"`       // of 1,000 executions
	CostAssumes string             `json:"costAssumes"` // what they are the costs of
}

type priced struct {
	Machine string `json:"workflow"`         // name of its state machine
	Before  *Price `json:"before,omitempty"` // of what is deployed; absent of what is new
	After   Price  `json:"after"`            // of what would be deployed
}

type action struct {
	ID      string   `json:"id"`      // kind and name
	Kind    Kind     `json:"kind"`    // of the resource
	Op      Op       `json:"op"`      // what is done to it
	Name    string   `json:"name"`    // of the resource
	Needs   []string `json:"needs"`   // ids of the actions that are done before
	Calls   []Call   `json:"calls"`   // API calls, in their order
	Changes []change `json:"changes"` // what differs
}

type change struct {
	Path   string `json:"path"`             // what differs, as "memory" or "state Charge: Retry[0].MaxAttempts"
	Op     Op     `json:"op"`               // whether it comes, changes or goes
	Before string `json:"before,omitempty"` // absent of what is created
	After  string `json:"after,omitempty"`  // absent of what is deleted
	Text   string `json:"text"`             // all of it in words, as "Retry of Charge 3 -> 5"
	State  string `json:"state,omitempty"`  // JSON Pointer of the state that it is about, in the definition that has it
	Source string `json:"source,omitempty"` // where in the sources it comes from, as "workflows/fulfilment.go:31"
	Reason string `json:"reason,omitempty"` // why, as "changed: lambdas/payments", where that is known
}

type problem struct {
	Resource string `json:"resource"` // kind and name
	Message  string `json:"message"`  // why it must not be touched
	Fatal    bool   `json:"fatal"`    // somebody else's: --adopt does not take it over
}

func jsonAction(a *Action) action {
	out := action{ID: a.ID, Kind: a.Kind, Op: a.Op, Name: a.Name, Needs: []string{}, Calls: a.Calls, Changes: []change{}}
	out.Needs = append(out.Needs, a.Needs...)
	for _, c := range a.Changes {
		c.Text = c.Words()
		out.Changes = append(out.Changes, change(c))
	}
	return out
}
