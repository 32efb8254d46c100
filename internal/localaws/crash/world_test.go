package crash

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// world is what the executions work on: an SQS whose every message is a step's effect. It outlasts the server.
type world struct {
	t      *testing.T
	random *rand.Rand // under mu
	server *httptest.Server

	mu      sync.Mutex
	effects map[string][]effect // by execution, in the order in which they came
	tokens  []*callback
	failing map[string]bool // executions whose step "F" fails
	calls   int
}

type effect struct {
	step string
	n    int // of this effect, among all: the answer that the step has for its result
}

// callback is a task token that was handed out, and what has become of it.
type callback struct {
	execution, token string
	accepted         bool // its sender was told so
}

// message is the body that the machines send.
type message struct{ Execution, Step, Token string }

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, random: rand.New(rand.NewPCG(seed, 1)), effects: map[string][]effect{}, failing: map[string]bool{}}
	w.server = httptest.NewServer(w)
	t.Cleanup(w.server.Close)
	return w
}

// ServeHTTP is SQS's SendMessage.
func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	var in struct{ MessageBody string }
	var m message
	err := json.NewDecoder(r.Body).Decode(&in)
	if err == nil {
		err = json.Unmarshal([]byte(in.MessageBody), &m)
	}
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	n, delay, fails := w.take(m)
	time.Sleep(delay) // the server may die before it has the answer
	out.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if fails {
		out.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(out, `{"__type":"com.amazonaws.sqs#UnsupportedOperation","message":"not now"}`)
		return
	}
	fmt.Fprintf(out, `{"MessageId":"%d"}`, n)
}

func (w *world) take(m message) (n int, delay time.Duration, fails bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	w.check(m)
	w.effects[m.Execution] = append(w.effects[m.Execution], effect{m.Step, w.calls})
	if m.Token != "" && !w.knows(m.Token) {
		w.tokens = append(w.tokens, &callback{execution: m.Execution, token: m.Token})
	}
	return w.calls, time.Duration(w.random.IntN(8)) * time.Millisecond, m.Step == "F" && w.failing[m.Execution]
}

// check fails the test where a step is done again though a later one, which waits for it, was begun. Steps are named A, B, C … in
// their order; those after a slash are children's, in an order of their own.
func (w *world) check(m message) {
	for _, e := range w.effects[m.Execution] {
		if strings.Contains(m.Step, "/") == strings.Contains(e.step, "/") && branch(e.step) == branch(m.Step) && e.step > m.Step {
			w.t.Errorf("%s: step %s is done after step %s", m.Execution, m.Step, e.step)
		}
	}
}

// branch is the part of a step's name that says which steps it is ordered with: "/3/A" is a step of child 3.
func branch(step string) string { return step[:strings.LastIndexByte(step, '/')+1] }

func (w *world) knows(token string) bool {
	for _, c := range w.tokens {
		if c.token == token {
			return true
		}
	}
	return false
}

// unanswered are the tokens that nobody was told are accepted.
func (w *world) unanswered() []*callback {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []*callback
	for _, c := range w.tokens {
		if !c.accepted {
			list = append(list, c)
		}
	}
	return list
}

func (w *world) steps(execution string) []effect {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]effect(nil), w.effects[execution]...)
}

func (w *world) fail(execution string, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failing[execution] = on
}
