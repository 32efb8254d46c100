package page

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/graph"
	"github.com/stride-aws/stride/internal/local"
)

// most is how many machines, or executions of one, a list shows.
const most = 20_000

// onePage is the longest page of the API. AWS: maxResults <= 1,000.
const onePage = 1000

// serviceOf is the Step Functions of the account and region that an ARN names.
func (p *Page) serviceOf(arn string) (*local.Service, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return nil, &failure{http.StatusBadRequest, strconv.Quote(arn) + " is no ARN"}
	}
	for _, s := range p.cloud.Scopes() {
		if s.Region == parts[3] && s.Account == parts[4] {
			return p.cloud.Service(s.Account, s.Region), nil
		}
	}
	return nil, &failure{http.StatusNotFound, "nothing is deployed to account " + parts[4] + " in " + parts[3]}
}

// machineRow is a state machine in the list.
type machineRow struct {
	ARN     string `json:"arn"`
	Name    string `json:"name"`
	Type    string `json:"type"`
	Created int64  `json:"created"` // milliseconds since 1970, as all times of the page
}

func (p *Page) machines(*http.Request) (any, error) {
	rows := []machineRow{}
	for _, scope := range p.cloud.Scopes() {
		s := p.cloud.Service(scope.Account, scope.Region)
		page := &local.Page{MaxResults: onePage}
		for len(rows) < most {
			out, err := s.ListStateMachines(page)
			if err != nil {
				return nil, err
			}
			for _, m := range out.StateMachines {
				rows = append(rows, machineRow{m.StateMachineArn, m.Name, string(m.Type), m.CreationDate.UnixMilli()})
			}
			if page.NextToken = out.NextToken; page.NextToken == nil {
				break
			}
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

// executions lists the executions of ?machine= or the children of the map run ?run=, the latest first.
func (p *Page) executions(r *http.Request) (any, error) {
	in := &local.ListExecutionsInput{StateMachineArn: r.FormValue("machine"), MapRunArn: r.FormValue("run"), Page: local.Page{MaxResults: onePage}}
	s, err := p.serviceOf(in.StateMachineArn + in.MapRunArn)
	if err != nil {
		return nil, err
	}
	rows := []row{}
	for len(rows) < most {
		out, err := s.ListExecutions(in)
		if err != nil {
			return nil, err
		}
		for i := range out.Executions {
			rows = append(rows, rowOf(&out.Executions[i]))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	return rows, nil
}

func rowOf(e *local.ExecutionListItem) row {
	return row{e.ExecutionArn, e.StateMachineArn, e.Name, string(e.Status), e.StartDate.UnixMilli(), millis(e.StopDate), e.RedriveCount}
}

func millis(t *epoch.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixMilli()
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
	Definition json.RawMessage `json:"definition"`
	Width      float64         `json:"width"`
	Height     float64         `json:"height"`
	Nodes      []node          `json:"nodes"`
	Edges      []edge          `json:"edges"`
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
	From  string       `json:"from"`
	To    string       `json:"to"`
	Label string       `json:"label,omitempty"`
	Catch bool         `json:"catch,omitempty"`
	Way   [][2]float64 `json:"way"`
}

// graph draws ?machine= as it is, or the revision that ?execution= runs.
func (p *Page) graph(r *http.Request) (any, error) {
	machine, execution := r.FormValue("machine"), r.FormValue("execution")
	s, err := p.serviceOf(machine + execution)
	if err != nil {
		return nil, err
	}
	var m *local.DescribeStateMachineOutput
	if execution != "" {
		m, err = s.DescribeStateMachineForExecution(&local.DescribeExecutionInput{ExecutionArn: execution})
	} else {
		m, err = s.DescribeStateMachine(&local.DescribeStateMachineInput{StateMachineArn: machine})
	}
	if err != nil {
		return nil, err
	}
	return draw(m)
}

func draw(m *local.DescribeStateMachineOutput) (*drawing, error) {
	d, err := asl.Parse(m.Definition, m.Name)
	if err != nil {
		return nil, err
	}
	g := graph.New(d)
	out := &drawing{
		Name: m.Name, ARN: m.StateMachineArn, Type: string(m.Type), Definition: json.RawMessage(m.Definition),
		Width: g.Width, Height: g.Height, Nodes: make([]node, len(g.Nodes)), Edges: make([]edge, len(g.Edges)),
	}
	for i, n := range g.Nodes {
		out.Nodes[i] = node{n.Pointer, n.Name, n.Kind, n.X, n.Y, n.W, n.H, n.Container, n.Comment}
	}
	for i, e := range g.Edges {
		out.Edges[i] = edge{e.From, e.To, e.Label, e.Catch, e.Points()}
	}
	return out, nil
}
