package graph

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/golden"
	"github.com/stride-aws/stride/internal/judges"
)

const sample = `{"StartAt":"Look","States":{
 "Look":{"Type":"Choice","Choices":[{"Variable":"$.total","NumericGreaterThan":100,"Next":"Approve"}],"Default":"Pack"},
 "Approve":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Catch":[{"ErrorEquals":["States.Timeout"],"Next":"Rejected"}],"Next":"Pack"},
 "Pack":{"Type":"Map","ItemProcessor":{"StartAt":"Box","States":{"Box":{"Type":"Task","Resource":"r","Next":"Weigh <\"&>"},"Weigh <\"&>":{"Type":"Pass","End":true}}},"Next":"Tell"},
 "Tell":{"Type":"Parallel","Branches":[{"StartAt":"Mail","States":{"Mail":{"Type":"Pass","End":true}}},{"StartAt":"Text","States":{"Text":{"Type":"Wait","Seconds":1,"End":true}}}],"Next":"Again"},
 "Again":{"Type":"Choice","Choices":[{"Comment":"not yet","Variable":"$.n","NumericLessThan":3,"Next":"Pack"}],"Default":"Done"},
 "Done":{"Type":"Succeed"},
 "Rejected":{"Type":"Fail","Error":"Rejected"}}}`

var ran = Overlay{
	"/States/Look": {Status: "SUCCEEDED", Count: 1, Next: map[string]bool{"/States/Pack": true}}, "/States/Pack": {Status: "FAILED", Count: 2, Failed: 1},
	"/States/Pack/ItemProcessor/States/Box": {Status: "FAILED", Count: 12, Failed: 1},
}

func parse(t testing.TB, text string) *asl.Definition {
	t.Helper()
	d, err := asl.Parse(text, "")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDrawings(t *testing.T) {
	d := parse(t, sample)
	g := New(d)
	for name, got := range map[string]string{
		"sample.svg": g.SVG("sample", nil), "ran.svg": g.SVG("ran", ran),
		"sample.mmd": g.Mermaid(nil), "ran.mmd": g.Mermaid(ran),
		"sample.txt": Terminal(d, nil), "ran.txt": Terminal(d, ran),
	} {
		golden.Compare(t, filepath.Join("testdata", name), got)
	}
}

// TestLayoutOfRealDefinitions wants of every real definition: no two states overlap, what is inside stays inside, every edge begins
// and ends at its nodes, and the SVG is XML.
func TestLayoutOfRealDefinitions(t *testing.T) {
	files := judges.Files(t, "suites", "asl", "valid", "*.json")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := asl.Parse(string(text), file)
		if err != nil {
			t.Fatal(err)
		}
		g := New(d)
		for _, problem := range check(g) {
			t.Errorf("%s: %s", filepath.Base(file), problem)
		}
	}
	t.Logf("%d definitions laid out", len(files))
}

func check(g *Graph) []string {
	var problems []string
	at := map[string]*Node{}
	for i, a := range g.Nodes {
		at[a.Pointer] = a
		if a.X < -0.1 || a.Y < -0.1 || a.X+a.W > g.Width+0.1 || a.Y+a.H > g.Height+0.1 {
			problems = append(problems, fmt.Sprintf("%s is outside of the picture", a.Pointer))
		}
		for _, b := range g.Nodes[i+1:] {
			inside := strings.HasPrefix(b.Pointer, a.Pointer+"/")
			if inside && !contains(a, b) {
				problems = append(problems, fmt.Sprintf("%s sticks out of %s", b.Pointer, a.Pointer))
			}
			if !inside && overlap(a, b) {
				problems = append(problems, fmt.Sprintf("%s lies over %s", b.Pointer, a.Pointer))
			}
		}
	}
	for _, e := range g.Edges {
		if !touches(at[e.From], e.Way[0]) || !touches(at[e.To], e.Way[len(e.Way)-1]) {
			problems = append(problems, fmt.Sprintf("the edge from %s to %s does not reach them", e.From, e.To))
		}
	}
	problems = append(problems, checkLabels(g)...)
	if err := xmlError(g.SVG("x", nil)); err != nil {
		problems = append(problems, err.Error())
	}
	return problems
}

// checkLabels wants every label to lie on no state and on no other label.
func checkLabels(g *Graph) []string {
	var problems []string
	var labels []*Node
	for _, e := range g.Edges {
		if e.Label == "" {
			continue
		}
		w := labelWidth * float64(min(longestLabel, len([]rune(e.Label))))
		l := &Node{Name: e.Label, X: e.LabelAt.X - w/2, Y: e.LabelAt.Y - labelHeight/2, W: w, H: labelHeight}
		for _, n := range g.Nodes {
			if !n.Container && overlap(l, n) {
				problems = append(problems, fmt.Sprintf("the label %q lies over %s", e.Label, n.Pointer))
			}
		}
		for _, other := range labels {
			if overlap(l, other) {
				problems = append(problems, fmt.Sprintf("the label %q lies over the label %q", e.Label, other.Name))
			}
		}
		labels = append(labels, l)
	}
	return problems
}

func contains(a, b *Node) bool {
	return b.X >= a.X && b.Y >= a.Y && b.X+b.W <= a.X+a.W+0.1 && b.Y+b.H <= a.Y+a.H+0.1
}

func overlap(a, b *Node) bool {
	return a.X < b.X+b.W-0.1 && b.X < a.X+a.W-0.1 && a.Y < b.Y+b.H-0.1 && b.Y < a.Y+a.H-0.1
}

func touches(n *Node, p Point) bool {
	dx := math.Max(0, math.Max(n.X-p.X, p.X-n.X-n.W))
	dy := math.Max(0, math.Max(n.Y-p.Y, p.Y-n.Y-n.H))
	return dx < 1 && dy < 1
}

func xmlError(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// large is a machine of n states with branches, jumps and loops.
func large(n int) string {
	var b strings.Builder
	b.WriteString(`{"StartAt":"S0","States":{`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		switch {
		case i == n-1:
			fmt.Fprintf(&b, `"S%d":{"Type":"Succeed"}`, i)
		case i%7 == 3:
			fmt.Fprintf(&b, `"S%d":{"Type":"Choice","Choices":[{"Variable":"$.a","IsPresent":true,"Next":"S%d"},{"Variable":"$.b","IsPresent":true,"Next":"S%d"}],"Default":"S%d"}`, i, min(i+5, n-1), max(i-3, 0), i+1)
		default:
			fmt.Fprintf(&b, `"S%d":{"Type":"Pass","Next":"S%d"}`, i, i+1)
		}
	}
	return b.String() + "}}"
}

func BenchmarkLayout(b *testing.B) {
	for _, n := range []int{20, 500} {
		d := parse(b, large(n))
		b.Run(fmt.Sprintf("%d states", n), func(b *testing.B) {
			for b.Loop() {
				New(d)
			}
		})
	}
}

// Names are hostile: the drawings stay XML, and nothing turns or hides the text around it.
func TestHostileNames(t *testing.T) {
	const bad = `</title><script>hit()</script>"&|` + "`\x07\x1b[31m\u202e\u2028\ufeff\n"
	name, _ := json.Marshal(bad)
	n := string(name)
	d := parse(t, `{"Comment":`+n+`,"StartAt":`+n+`,"States":{`+n+`:{"Type":"Choice","Comment":`+n+`,"Choices":[{"Comment":`+n+`,"Variable":"$.a","IsPresent":true,"Next":"B"}],"Default":"B"},
		"B":{"Type":"Fail"}}}`)
	g := New(d)
	svg := g.SVG(bad, Overlay{})
	if err := xmlError(svg); err != nil || strings.Contains(svg, "<script") {
		t.Errorf("%v in %s", err, svg)
	}
	for _, drawn := range []string{svg, g.Mermaid(nil), Terminal(d, nil)} {
		if strings.ContainsAny(drawn, "\x07\x1b\u202e\u2028\ufeff") {
			t.Errorf("a control character is in %q", drawn)
		}
	}
}
