package page

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/graph"
	"github.com/stride-aws/stride/internal/observe"
)

// most is how many machines, or executions of one, a list shows; mostAfar where each thousand is a call to AWS.
const (
	most     = 20_000
	mostAfar = 2_000
)

// onePage is the longest page of the API. AWS: maxResults <= 1,000. latestPage is what a look at what is new asks for.
const (
	onePage    = 1000
	latestPage = 100
)

// seconds is a time of the API: seconds since 1970.
type seconds float64

func (s seconds) millis() int64 { return int64(math.Round(float64(s) * 1000)) }

// machineRow is a state machine in the list.
type machineRow struct {
	ARN     string `json:"arn"`
	Name    string `json:"name"`
	Type    string `json:"type"`
	Created int64  `json:"created"` // milliseconds since 1970, as all times of the page
}

func (p *Page) machines(r *http.Request) (any, error) {
	rows := []machineRow{}
	for _, scope := range p.Source.Scopes() {
		in := map[string]any{"maxResults": onePage}
		for len(rows) < most {
			var out struct {
				StateMachines []struct {
					StateMachineArn, Name, Type string
					CreationDate                seconds
				}
				NextToken string
			}
			if err := p.call(r.Context(), scope, "ListStateMachines", in, &out); err != nil {
				return nil, err
			}
			for _, m := range out.StateMachines {
				rows = append(rows, machineRow{m.StateMachineArn, m.Name, m.Type, m.CreationDate.millis()})
			}
			if out.NextToken == "" {
				break
			}
			in["nextToken"] = out.NextToken
		}
	}
	return rows, nil
}

// row is an execution in a list.
type row struct {
	ARN      string `json:"arn"`
	Machine  string `json:"machine"`
	Name     string `json:"name"`
	Status   string `json:"status"`
	Start    int64  `json:"start"`
	Stop     int64  `json:"stop,omitempty"`
	Redrives int    `json:"redrives,omitempty"`
}

// executions lists the executions of ?machine= or the children of the map run ?run=, the latest first; with ?latest= one page.
func (p *Page) executions(r *http.Request) (any, error) {
	in := map[string]any{"maxResults": onePage}
	on, latest := r.FormValue("machine"), r.FormValue("latest") != ""
	if on != "" {
		in["stateMachineArn"] = on
	} else {
		on = r.FormValue("run")
		in["mapRunArn"] = on
	}
	if latest {
		in["maxResults"] = latestPage
	}
	limit := most
	if p.Poll > 0 {
		limit = mostAfar
	}
	rows := []row{}
	for len(rows) < limit {
		var out struct {
			Executions []struct {
				ExecutionArn, StateMachineArn, Name, Status string
				StartDate, StopDate                         seconds
				RedriveCount                                int
			}
			NextToken string
		}
		if err := p.call(r.Context(), on, "ListExecutions", in, &out); err != nil {
			return nil, err
		}
		for _, e := range out.Executions {
			rows = append(rows, row{e.ExecutionArn, e.StateMachineArn, e.Name, e.Status, e.StartDate.millis(), e.StopDate.millis(), e.RedriveCount})
		}
		if out.NextToken == "" || latest {
			break
		}
		in["nextToken"] = out.NextToken
	}
	return rows, nil
}

func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// drawing is a machine with its layout.
type drawing struct {
	Name       string          `json:"name"`
	ARN        string          `json:"arn"`
	Type       string          `json:"type"`
	Aliases    []string        `json:"aliases,omitempty"` // their ARNs
	Definition json.RawMessage `json:"definition"`
	Width      float64         `json:"width"`
	Height     float64         `json:"height"`
	Nodes      []node          `json:"nodes"`
	Edges      []edge          `json:"edges"`
	Log        *logging        `json:"log,omitempty"` // of an Express machine
}

type node struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Kind      string  `json:"kind"`
	X         float64 `json:"x"`
	Y         float64 `json:"y"`
	W         float64 `json:"w"`
	H         float64 `json:"h"`
	Container bool    `json:"container,omitempty"`
	Comment   string  `json:"comment,omitempty"`
}

type edge struct {
	From  string  `json:"from"`
	To    string  `json:"to"`
	Label string  `json:"label,omitempty"`
	At    point   `json:"at"` // the label's centre
	Catch bool    `json:"catch,omitempty"`
	Way   []point `json:"way"`
}

type point [2]float64

// described is a state machine, or the revision of one that an execution runs.
type described struct {
	Name, StateMachineArn, Type, Definition, RoleArn string
	LoggingConfiguration                             json.RawMessage
	CreationDate                                     seconds
}

// describe is the machine called machine or, where that is "", the revision that the execution runs; of Express, the machine as it
// is: AWS tells no revision of those.
func (p *Page) describe(ctx context.Context, machine, execution string) (*described, error) {
	m := &described{}
	if isExpress(execution) {
		machine, execution = observe.MachineOf(execution), ""
	}
	if execution != "" {
		return m, p.call(ctx, execution, "DescribeStateMachineForExecution", map[string]string{"executionArn": execution}, m)
	}
	return m, p.call(ctx, machine, "DescribeStateMachine", map[string]string{"stateMachineArn": machine}, m)
}

// graph draws ?machine= as it is, or the revision that ?execution= runs.
func (p *Page) graph(r *http.Request) (any, error) {
	machine := r.FormValue("machine")
	m, err := p.describe(r.Context(), machine, r.FormValue("execution"))
	if err != nil {
		return nil, err
	}
	d, err := draw(m)
	if err == nil && machine != "" {
		d.Aliases, err = p.aliases(r.Context(), machine)
	}
	return d, err
}

// aliases are what executions of a machine are started by, where it was deployed with a rollout: the newest definition may be one
// that was rolled back.
func (p *Page) aliases(ctx context.Context, machine string) ([]string, error) {
	var out struct {
		StateMachineAliases []struct{ StateMachineAliasArn string }
	}
	err := p.call(ctx, machine, "ListStateMachineAliases", map[string]any{"stateMachineArn": machine, "maxResults": onePage}, &out)
	var list []string
	for _, a := range out.StateMachineAliases {
		list = append(list, a.StateMachineAliasArn)
	}
	return list, err
}

func draw(m *described) (*drawing, error) {
	d, err := asl.Parse(m.Definition, m.Name)
	if err != nil {
		return nil, err
	}
	g := graph.New(d)
	out := &drawing{
		Name: m.Name, ARN: m.StateMachineArn, Type: cmp.Or(m.Type, "STANDARD"), Definition: json.RawMessage(m.Definition),
		Width: g.Width, Height: g.Height, Nodes: make([]node, len(g.Nodes)), Edges: make([]edge, len(g.Edges)),
	}
	if out.Type == "EXPRESS" {
		log := m.logging()
		out.Log = &log
	}
	for i, n := range g.Nodes {
		out.Nodes[i] = node{n.Pointer, n.Name, n.Kind, n.X, n.Y, n.W, n.H, n.Container, n.Comment}
	}
	for i, e := range g.Edges {
		way := make([]point, len(e.Way))
		for k, p := range e.Way {
			way[k] = point{p.X, p.Y}
		}
		out.Edges[i] = edge{e.From, e.To, e.Label, point{e.LabelAt.X, e.LabelAt.Y}, e.Catch, way}
	}
	return out, nil
}
