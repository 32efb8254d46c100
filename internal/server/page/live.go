package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/stride-aws/stride/internal/value"
)

// hub hands changes of executions to the pages that are open.
type hub struct {
	mu     sync.Mutex
	guests map[chan string]bool
	closed bool
}

// waiting is how many changes a slow page may be behind. One that is further behind is told to read its lists anew.
const waiting = 1024

func newHub() *hub { return &hub{guests: map[chan string]bool{}} }

// Changed tells the open pages of an execution's status: detail is that of local.Options.StatusChanged.
func (p *Page) Changed(detail value.Value) {
	p.live.mu.Lock()
	defer p.live.mu.Unlock()
	if len(p.live.guests) == 0 {
		return
	}
	row, err := json.Marshal(changed(detail))
	if err != nil {
		return // strings and numbers always marshal
	}
	message := "data: " + string(row) + "\n\n"
	for guest := range p.live.guests {
		select {
		case guest <- message:
		default:
			delete(p.live.guests, guest)
			close(guest)
		}
	}
}

// Close ends the streams of the open pages, which a server that stops would wait for.
func (p *Page) Close() {
	p.live.mu.Lock()
	defer p.live.mu.Unlock()
	p.live.closed = true
	for guest := range p.live.guests {
		delete(p.live.guests, guest)
		close(guest)
	}
}

// join is a channel of changes, closed where the page is.
func (h *hub) join() chan string {
	guest := make(chan string, waiting)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(guest)
		return guest
	}
	h.guests[guest] = true
	return guest
}

func (h *hub) leave(guest chan string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.guests, guest)
}

func changed(detail value.Value) row {
	text := func(name string) string { v, _ := detail.Get(name); return v.Str() }
	millis := func(name string) int64 { v, _ := detail.Get(name); return int64(v.Float()) }
	return row{
		ARN: text("executionArn"), Machine: text("stateMachineArn"), Name: text("name"), Status: text("status"),
		Start: millis("startDate"), Stop: millis("stopDate"), Redrives: int(millis("redriveCount")),
	}
}

// serve streams changes as server-sent events. A stream that ends is opened anew by the browser, which then reads its lists anew.
func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	guest := h.join()
	defer h.leave(guest)
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	fmt.Fprint(w, "retry: 1000\n\n")
	for out.Flush() == nil {
		select {
		case <-r.Context().Done():
			return
		case message, open := <-guest:
			if !open {
				return
			}
			fmt.Fprint(w, message)
		}
	}
}
