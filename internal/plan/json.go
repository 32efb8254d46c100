package plan

// SchemaVersion is the version of the JSON form. A field may be added within one version; none changes its meaning.
const SchemaVersion = 1

// JSON is p as `plan -o json` prints it; docs/plan-1.schema.json describes it.
func (p *Plan) JSON() any {
	out := document{
		Schema: SchemaVersion, Project: p.Project, Env: p.Env, Place: p.Place, Changes: !p.Empty(), Unchanged: p.Unchanged,
		Create: p.Count(Create), Update: p.Count(Update), Delete: p.Count(Delete),
		Actions: []action{}, Problems: []problem{}, Running: map[string]int{}, RunningOn: p.Running, Costs: []priced{}, CostAssumes: CostAssumes,
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
	Schema    int            `json:"schema"`
	Project   string         `json:"project"`
	Env       string         `json:"env"`
	Place     Place          `json:"place"`
	Changes   bool           `json:"changes"`
	Create    int            `json:"create"`
	Update    int            `json:"update"`
	Delete    int            `json:"delete"`
	Unchanged int            `json:"unchanged"`
	Actions   []action       `json:"actions"`
	Problems  []problem      `json:"problems"`
	Running   map[string]int `json:"running,omitempty"` // machine -> executions
	// RunningOn has for each such machine the executions by the version that they stay on; "" of those that were started without one.
	RunningOn   map[string]Running `json:"runningOn,omitempty"`
	Costs       []priced           `json:"costs"`       // of 1,000 executions
	CostAssumes string             `json:"costAssumes"` // what they are the costs of
}

type priced struct {
	Machine string `json:"workflow"`
	Before  *Price `json:"before,omitempty"`
	After   Price  `json:"after"`
}

type action struct {
	ID      string   `json:"id"`
	Kind    Kind     `json:"kind"`
	Op      Op       `json:"op"`
	Name    string   `json:"name"`
	Needs   []string `json:"needs"`
	Calls   []Call   `json:"calls"`
	Changes []change `json:"changes"`
}

type change struct {
	Path   string `json:"path"`
	Op     Op     `json:"op"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	Text   string `json:"text"`
	State  string `json:"state,omitempty"`
	Source string `json:"source,omitempty"`
	Reason string `json:"reason,omitempty"`
}

type problem struct {
	Resource string `json:"resource"`
	Message  string `json:"message"`
	Fatal    bool   `json:"fatal"`
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
