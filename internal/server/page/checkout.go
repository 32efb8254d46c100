package page

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
)

// Workflow is what a checkout says about a state machine.
type Workflow struct {
	Dir        string            // where the places' files are
	Definition *asl.Definition   // as the sources are now; nil where they do not compile
	Source     map[string]string // JSON Pointer of a state -> "workflows/fulfilment.go:31"
	Input      map[string]any    // JSON Schema of the input; nil where it is not known
	Problem    string            // why there is no definition
}

// checkoutView is what the page is told of it.
type checkoutView struct {
	Input   map[string]any       `json:"input,omitempty"`
	Places  map[string]placeView `json:"places"`            // by the pointers of states
	Changed bool                 `json:"changed,omitempty"` // the deployed machine has other states, or other ways between them
	Problem string               `json:"problem,omitempty"`
}

type placeView struct {
	At   string `json:"at"`   // file:line
	Code string `json:"code"` // the line itself
}

// checkout tells what the project's sources say about ?machine= or the revision that ?execution= runs.
func (p *Page) checkout(r *http.Request) (any, error) {
	view := checkoutView{Places: map[string]placeView{}}
	if p.Checkout == nil {
		return view, nil
	}
	m, err := p.describe(r.Context(), r.FormValue("machine"), r.FormValue("execution"))
	if err != nil {
		return nil, err
	}
	w, err := p.Checkout(r.Context(), strings.TrimSuffix(m.Name, rerunSuffix))
	if err != nil || w == nil {
		return view, err
	}
	view.Input, view.Problem = w.Input, w.Problem
	if w.Definition == nil {
		return view, nil
	}
	deployed, err := asl.Parse(m.Definition, m.Name)
	if err != nil {
		return nil, err
	}
	here, there := shape(w.Definition), shape(deployed)
	lines := sources{dir: w.Dir, files: map[string][]string{}}
	for pointer, how := range there {
		if here[pointer] != how && !strings.HasSuffix(m.Name, rerunSuffix) {
			view.Changed = true
		}
		if at, ok := w.Source[pointer]; ok {
			view.Places[pointer] = placeView{at, lines.at(at)}
		}
	}
	view.Changed = view.Changed || len(here) > len(there)
	return view, nil
}

// shape is what a checkout and a deployed machine must have in common to be told as the same: states, their types and the ways
// between them. Names of functions and other resources are put in by deploy.
func shape(d *asl.Definition) map[string]string {
	states := map[string]string{}
	asl.Walk(&d.Machine, func(_ *asl.Machine, s *asl.State) {
		ways := []string{string(s.Type), s.Next, s.Default}
		for _, c := range s.Choices {
			ways = append(ways, c.Next)
		}
		for _, c := range s.Catch {
			ways = append(ways, c.Next)
		}
		text, _ := json.Marshal(ways) // strings always marshal
		states[s.Pointer] = string(text)
	})
	return states
}

// sources reads lines of source files, each file once.
type sources struct {
	dir   string
	files map[string][]string
}

// at is the line that "file:line" names, "" where there is none.
func (s *sources) at(place string) string {
	file, number, _ := strings.Cut(place, ":")
	n, _ := strconv.Atoi(number)
	lines, known := s.files[file]
	if !known {
		lines = readLines(filepath.Join(s.dir, filepath.FromSlash(file)))
		s.files[file] = lines
	}
	if n < 1 || n > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[n-1])
}

func readLines(path string) []string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var lines []string
	for in := bufio.NewScanner(f); in.Scan(); {
		lines = append(lines, in.Text())
	}
	return lines
}
