package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/plan"
)

// deployProgress prints a line for each action that has ended, but for new roles and log groups, which are many and quick. On a terminal
// a bar under the lines says how far it is, and what it is at.
type deployProgress struct {
	app     *app
	bar     bool
	all     int
	ended   int
	running []string // IDs, the first to begin first
	begun   map[string]time.Time
}

// progress is that of p's actions; close it, so that its bar goes.
func (a *app) progress(p *plan.Plan) *deployProgress {
	return &deployProgress{app: a, bar: a.paintErr && !inCI(), all: len(p.Actions), begun: map[string]time.Time{}}
}

// Begin implements deploy.Progress.
func (p *deployProgress) Begin(a *plan.Action) {
	p.begun[a.ID] = time.Now()
	p.running = append(p.running, a.ID)
	p.draw()
}

// Note implements deploy.Progress.
func (p *deployProgress) Note(a *plan.Action, text string) {
	p.clear()
	p.app.talk("  %s: %s\n", a.ID, text)
	p.draw()
}

// End implements deploy.Progress.
func (p *deployProgress) End(a *plan.Action, err error) {
	p.ended++
	p.running = slices.DeleteFunc(p.running, func(id string) bool { return id == a.ID })
	word := map[plan.Op]string{plan.Create: "created", plan.Update: "changed", plan.Delete: "deleted"}[a.Op]
	quick := a.Op == plan.Create && (a.Kind == plan.KindRole || a.Kind == plan.KindLogGroup)
	if err != nil {
		word, quick = p.app.red("stopped"), false
	}
	p.clear()
	if !quick {
		p.app.talk("  %s %s %s\n", word, a.ID, p.app.faint(fmt.Sprintf("%.1f s", time.Since(p.begun[a.ID]).Seconds())))
	}
	p.draw()
}

func (p *deployProgress) close() { p.clear() }

// clear takes the bar off the line that the cursor is on.
func (p *deployProgress) clear() {
	if p.bar {
		fmt.Fprint(p.app.err, "\r\x1b[K")
	}
}

const (
	barWidth   = 24
	barNamesAt = 40 // characters of the names behind the bar
)

// draw redraws the bar: [#####···] 5/14 function pay, role pay
func (p *deployProgress) draw() {
	if !p.bar || p.all == 0 {
		return
	}
	full := barWidth * p.ended / p.all
	names := []rune(strings.Join(p.running, ", "))
	if len(names) > barNamesAt {
		names = append(names[:barNamesAt-1], '…')
	}
	fmt.Fprintf(p.app.err, "\r\x1b[K  [%s%s] %d/%d %s", strings.Repeat("#", full), strings.Repeat("·", barWidth-full), p.ended, p.all, p.app.faint(string(names)))
}
