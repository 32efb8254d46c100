package machine

import (
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// A Program is a compiled definition: immutable, and safe for any number of runs at once.
type Program struct {
	def     *asl.Definition
	root    *machine
	timeout time.Duration // of the whole execution; 0: none
	family  bool          // it has child executions, or is one
}

// Definition is what the program was compiled from.
func (p *Program) Definition() *asl.Definition { return p.def }

// machine is a compiled top level, branch or processor.
type machine struct {
	start  *state
	states map[string]*state
}

// state is a compiled state. Fields that its type does not have are zero.
type state struct {
	name            string
	kind            asl.Type
	def             *asl.State
	entered, exited history.Type
	jsonata         bool
	next            *state // nil where the state ends its machine

	// JSONPath
	inputPath, outputPath *pathField // nil: "$"
	resultPath            *resultPath
	parameters            *template
	resultSelector        *template
	result                value.Value // Pass
	// JSONata
	arguments *template
	output    *template
	// both
	assign *template

	task     *taskSpec
	wait     *waitSpec
	failure  *failSpec
	choices  []*rule
	fallback *state // Default of a Choice
	branches []*machine
	fan      *mapSpec
	retriers []*retrier
	catchers []*catcher
}

// retrier is one compiled entry of Retry.
type retrier struct {
	errors   []string
	interval float64 // seconds
	attempts int
	backoff  float64
	maxDelay float64 // seconds; 0: none
	jitter   bool    // FULL
}

// catcher is one compiled entry of Catch.
type catcher struct {
	errors     []string
	next       *state
	resultPath *resultPath
	output     *template
	assign     *template
}
