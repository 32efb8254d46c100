package workflows_test

import (
	"errors"
	"testing"

	"github.com/stride-aws/stride/flow/flowtest"
	"github.com/stride-aws/stride/lambdas/reports"
	"github.com/stride-aws/stride/workflows"
)

func TestReportOfNoAccounts(t *testing.T) {
	t.Parallel()
	r := flowtest.Run[reports.Summary](flowtest.New(t, workflows.Reporting), reports.Month{Month: "2026-10"})
	r.WantOutput(reports.Summary{Month: "2026-10"}).WantCalls(reports.Publish, 0)
}

// TestReportGoesOnWithoutSomePages renders ten accounts: acc-007 has no data, and one page cannot be rendered.
func TestReportGoesOnWithoutSomePages(t *testing.T) {
	t.Parallel()
	x := flowtest.New(t, workflows.Reporting)
	flowtest.Mock(x, reports.Render, func(j reports.Job) (reports.Page, error) {
		switch j.Account {
		case "acc-003":
			return reports.Page{}, errors.New("out of paper")
		case "acc-007":
			return reports.Page{}, reports.NoData{Account: j.Account}
		}
		return reports.Page{Account: j.Account, Key: j.Account + ".html"}, nil
	})
	r := flowtest.Run[reports.Summary](x, reports.Month{Month: "2026-10", Accounts: 10})
	r.WantOutput(reports.Summary{Month: "2026-10", Rendered: 8, Failed: 2, URL: "https://reports.example.com/2026-10"})
	pages := flowtest.Inputs(r, reports.Publish)[0].Pages
	if pages[3].Reason != "out of paper" || pages[7].Reason != "no data" {
		t.Errorf("reasons %q and %q", pages[3].Reason, pages[7].Reason)
	}
}
