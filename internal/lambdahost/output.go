package lambdahost

import (
	"bytes"
	"os"
	"sync"
	"time"
)

// output splits what a process prints into lines for the log and keeps the end of it for the invocation's answer.
type output struct {
	emit func(line string)

	pipe  *os.File      // set before the process starts
	ended chan struct{} // closed when read has returned

	mu      sync.Mutex
	partial []byte // of a line
	recent  []byte // of this invocation
}

const (
	tailSize = 4 << 10   // AWS: Invoke, LogType Tail
	maxLine  = 256 << 10 // AWS: PutLogEvents, size of an event
)

func newOutput(emit func(string)) *output {
	return &output{emit: emit, ended: make(chan struct{})}
}

// begin starts the output of an invocation.
func (o *output) begin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.recent = nil
}

// line adds one of the platform's own lines.
func (o *output) line(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
	o.add([]byte(text + "\n"))
}

// tail is the end of the invocation's output.
func (o *output) tail() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.recent)
}

// add is called with the lock held.
func (o *output) add(text []byte) {
	o.recent = append(o.recent, text...)
	if extra := len(o.recent) - tailSize; extra > 0 {
		o.recent = append(o.recent[:0], o.recent[extra:]...)
	}
	o.partial = append(o.partial, text...)
	for {
		i := bytes.IndexByte(o.partial, '\n') + 1
		if i == 0 && len(o.partial) > maxLine {
			i = maxLine
		}
		if i == 0 {
			return
		}
		o.emit(string(o.partial[:i]))
		o.partial = o.partial[i:]
	}
}

// flush ends a line that the process has not ended.
func (o *output) flush() {
	if len(o.partial) > 0 {
		o.add([]byte("\n"))
	}
}

// read takes the process's output until all that hold the pipe have ended.
func (o *output) read() {
	defer close(o.ended)
	o.follow()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
}

// straggler is how long the output of a process that has ended is waited for: a child that left its group may hold the pipe.
const straggler = time.Second

// close waits for read to end.
func (o *output) close() {
	select {
	case <-o.ended:
	case <-time.After(straggler):
	}
	o.pipe.Close()
	<-o.ended
}
