package conformance

import (
	"bytes"
	"context"
	_ "embed" // features.md
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/stride-aws/stride/internal/golden"
	"github.com/stride-aws/stride/internal/judges"
	"github.com/stride-aws/stride/internal/local"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/server/logs"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/task"
)

var only = flag.String("case", "", "run the cases whose name contains this, and say how they differ")

// services are the local ones of a case, with its functions and mocks.
func (c *testCase) services(t *testing.T) (*local.Cloud, *logs.Store) {
	store := logs.NewStore(machine.RealClock().Now)
	fns := functions{}
	for _, f := range c.LambdaFunctions {
		fns[f.Name] = f
	}
	o := local.Options{Logs: store, StartTask: task.New(fns).Start}
	if len(c.MockConfig) > 0 {
		o.MockFile = filepath.Join(t.TempDir(), "mocks.json")
		if err := os.WriteFile(o.MockFile, c.MockConfig, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return local.New(o), store
}

// inProcess is a world in which everything is in this process: the local services, and peers for the others.
func (c *testCase) inProcess(t *testing.T, peers *peers) *world {
	cloud, store := c.services(t)
	logService := logs.New(store)
	return &world{endpoint: peers.url, peer: peers.call, call: func(ctx context.Context, service, operation, account, region string, body []byte) ([]byte, error) {
		if service == "logs" {
			return callWire(logService, operation, account, region, body)
		}
		return cloud.Service(account, region).Call(ctx, operation, body)
	}}
}

// callWire calls a service through its HTTP face.
func callWire(s wire.Service, operation, account, region string, body []byte) ([]byte, error) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	s.Serve(w, &wire.Call{Service: "logs", Operation: operation, Account: account, Region: region, HTTP: r})
	if w.Code >= 300 {
		var e struct{ Type, Message string }
		if err := json.Unmarshal(bytes.Replace(w.Body.Bytes(), []byte(`"__type"`), []byte(`"type"`), 1), &e); err != nil {
			return nil, err
		}
		return nil, &local.Error{Code: e.Type, Message: e.Message}
	}
	return w.Body.Bytes(), nil
}

// TestRecordedOnAWS runs the cases in process.
func TestRecordedOnAWS(t *testing.T) { runSuite(t, (*testCase).inProcess) }

// runSuite runs all cases in worlds of a kind.
func runSuite(t *testing.T, newWorld func(*testCase, *testing.T, *peers) *world) {
	sets := map[string][]mask{}
	text, err := os.ReadFile(filepath.Join(judges.Dir(t, "conformance"), "mask_sets.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &sets); err != nil {
		t.Fatal(err)
	}
	peers := startPeers(t)
	t.Setenv("AWS_ENDPOINT_URL", peers.url)
	score := &score{by: map[string]*tally{}}
	for _, r := range runAll(t, func(c *testCase) *world {
		w := newWorld(c, t, peers)
		w.sets = sets
		return w
	}) {
		t.Run(r.c.name, func(t *testing.T) {
			score.add(r.c.Feature, r.lenient == nil, r.strict == nil)
			r.judge(t)
		})
	}
	t.Log(score)
	if golden.Updating() && *only == "" && !t.Failed() {
		if err := os.WriteFile(filepath.Join("..", "..", "docs", "conformance.md"), []byte(score.page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// outcome is how a case differed.
type outcome struct {
	c               *testCase
	lenient, strict []string
}

// together is how many cases run at once: most of them wait.
const together = 64

// runAll runs the cases.
func runAll(t *testing.T, newWorld func(*testCase) *world) []*outcome {
	var all []*outcome
	var running sync.WaitGroup
	slots := make(chan struct{}, together)
	for _, file := range judges.Files(t, "conformance", "*", "*.json") {
		c, err := load(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(c.name, *only) {
			continue
		}
		w := newWorld(c)
		o := &outcome{c: c}
		all = append(all, o)
		slots <- struct{}{}
		running.Go(func() {
			o.lenient, o.strict = c.run(w)
			<-slots
		})
	}
	running.Wait()
	for _, o := range all {
		if o.ranOut() {
			t.Logf("%s: real time ran out beside %d others; once more, alone", o.c.name, together)
			o.lenient, o.strict = o.c.run(newWorld(o.c))
		}
	}
	return all
}

// ranOut says that real time ran out, as it may on a machine that does other work as well: that of a step that polls, or that of
// a state with a timeout or heartbeat of a second.
func (o *outcome) ranOut() bool {
	_, listed := knownDifferences[o.c.name]
	return !listed && slices.ContainsFunc(o.lenient, func(line string) bool {
		return strings.Contains(line, "did not come") || strings.Contains(line, "States.Timeout") || strings.Contains(line, "TimedOut")
	})
}

// judge fails a case that differs and is not listed, and one that is listed and does not.
func (o *outcome) judge(t *testing.T) {
	reason, listed := knownDifferences[o.c.name]
	if *only != "" && o.strict != nil {
		t.Logf("strictly:\n%s", strings.Join(o.strict, "\n"))
	}
	switch {
	case o.lenient != nil && !listed:
		t.Errorf("differs:\n%s", strings.Join(o.lenient, "\n"))
	case o.lenient == nil && listed:
		t.Errorf("passes, so it must not be listed as a known difference (%s)", reason)
	}
}

type tally struct{ lenient, strict, all int }

type score struct {
	mu sync.Mutex
	by map[string]*tally
}

func (s *score) add(feature string, lenient, strict bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range []string{feature, "total"} {
		if s.by[name] == nil {
			s.by[name] = &tally{}
		}
		s.by[name].all++
		if lenient {
			s.by[name].lenient++
		}
		if strict {
			s.by[name].strict++
		}
	}
}

func (s *score) String() string {
	names := make([]string, 0, len(s.by))
	for n := range s.by {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-26s %5s %7s %6s\n", "feature", "cases", "like AWS", "strict")
	for _, n := range names {
		t := s.by[n]
		fmt.Fprintf(&b, "%-26s %5d %7d %6d\n", n, t.all, t.lenient, t.strict)
	}
	return b.String()
}

// features says what there is to be judged, and what is absent.
//
//go:embed features.md
var features string

// page is docs/conformance.md.
func (s *score) page() string {
	var b strings.Builder
	total := s.by["total"]
	fmt.Fprintf(&b, "# Conformance\n\nGenerated by `go test ./internal/conformance -update`.\n\n"+
		"Of %d executions, API calls and state tests recorded on AWS, the local AWS answers %d (%.1f %%) like AWS. \"Strictly\" counts those that are\n"+
		"equal in everything, also in what AWS itself answers differently from day to day or from year to year.\n\n"+
		"| feature | cases | like AWS | strictly |\n|---|---|---|---|\n", total.all, total.lenient, 100*float64(total.lenient)/float64(total.all))
	for _, n := range slices.Sorted(maps.Keys(s.by)) {
		t := s.by[n]
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", n, t.all, t.lenient, t.strict)
	}
	b.WriteString("\n" + features + "## Known differences\n\n")
	for _, n := range slices.Sorted(maps.Keys(knownDifferences)) {
		fmt.Fprintf(&b, "- `%s`: %s\n", n, knownDifferences[n])
	}
	return b.String()
}
