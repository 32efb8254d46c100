package flowtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/stride-aws/stride/internal/coverage"
	"github.com/stride-aws/stride/internal/machine"
)

// counter counts what the compiled runs of a test pass, for `stride test`; without it tests write nothing.
type counter struct {
	mu     sync.Mutex
	counts coverage.Counts
}

// visitor is what counts the visits of a run; nil where nobody asked for coverage.
func (x *Test) visitor(c *compiled) func(machine.Visit) {
	if os.Getenv(coverage.Dir) == "" {
		return nil
	}
	if x.counter == nil {
		x.counter = &counter{counts: coverage.Counts{}}
		x.t.Cleanup(x.writeCounts)
	}
	return func(v machine.Visit) {
		x.counter.mu.Lock()
		defer x.counter.mu.Unlock()
		x.counter.counts[coverage.Pointer(c.pointers[v.State], v.Field, v.Index)]++
	}
}

// counts is the file of this process, to which each test appends a line.
var counts = sync.OnceValues(func() (*os.File, error) {
	name := filepath.Join(os.Getenv(coverage.Dir), fmt.Sprintf("%d.json", os.Getpid()))
	return os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
})

func (x *Test) writeCounts() {
	x.counter.mu.Lock()
	defer x.counter.mu.Unlock()
	line, err := json.Marshal(coverage.NewRecord(x.workflow, x.counter.counts))
	if err == nil {
		var f *os.File
		if f, err = counts(); err == nil {
			_, err = f.Write(append(line, '\n'))
		}
	}
	if err != nil {
		x.t.Errorf("flowtest: writing coverage: %v", err)
	}
}
