package loggen

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Scatter makes the lines come as CloudWatch Logs has them: each up to delay late, some of those of Step Functions twice.
func (run *Run) Scatter(r *rand.Rand, delay time.Duration) {
	for _, line := range slices.Clone(run.Lines) {
		if line.Text[0] == '{' && r.IntN(20) == 0 && line.Group[:12] != "/aws/lambda/" {
			line.Stream += "x"
			run.Lines = append(run.Lines, line)
		}
	}
	for i := range run.Lines {
		run.Lines[i].Visible = run.Lines[i].Time.Add(time.Duration(r.Int64N(int64(delay))))
	}
	slices.SortStableFunc(run.Lines, func(a, b Line) int { return a.Visible.Compare(b.Visible) })
}

// Until takes out the lines that can be read by a time.
func (run *Run) Until(at time.Time) []Line {
	n := 0
	for n < len(run.Lines) && !run.Lines[n].Visible.After(at) {
		n++
	}
	out := run.Lines[:n]
	run.Lines = run.Lines[n:]
	return out
}
