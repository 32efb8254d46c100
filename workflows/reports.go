package workflows

import (
	"errors"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/lambdas/reports"
)

// Report renders a page for each account and publishes what could be rendered.
func Report(c flow.Context, month reports.Month) (reports.Summary, error) {
	accounts, err := flow.Call(c, reports.List, month)
	if err != nil {
		return reports.Summary{}, err
	}
	if len(accounts.IDs) == 0 { // Nothing to do?
		return reports.Summary{Month: month.Month}, nil
	}

	// Render every account's page; one that cannot be rendered is reported, and does not stop the others.
	pages, err := flow.Map(c, accounts.IDs, func(c flow.Context, account string) (reports.Page, error) {
		page, err := flow.Call(c, reports.Render, reports.Job{Account: account, Month: month.Month},
			flow.Timeout(2*time.Minute))
		var none reports.NoData
		if errors.As(err, &none) {
			return reports.Page{Account: account, Failed: true, Reason: "no data"}, nil
		}
		if err != nil {
			return reports.Page{Account: account, Failed: true, Reason: err.Error()}, nil
		}
		return page, nil
	}, flow.MaxConcurrency(20))
	if err != nil {
		return reports.Summary{}, err
	}
	return flow.Call(c, reports.Publish, reports.Book{Month: month.Month, Pages: pages})
}

// Reporting makes the monthly report.
var Reporting = flow.Standard("report-pipeline", Report,
	flow.Function(reports.List),
	flow.Function(reports.Render, flow.Memory(512), flow.FunctionTimeout(time.Minute)),
	flow.Function(reports.Publish),
)
