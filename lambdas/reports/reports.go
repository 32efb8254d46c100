// Package reports makes the monthly report: it lists the accounts, renders a page for each and publishes the whole.
package reports

import (
	"context"
	"fmt"
	"strings"
)

// Month is the month that a report is about.
type Month struct {
	Month    string `json:"month"` // 2006-01
	Accounts int    `json:"accounts"`
}

// Accounts are the accounts to report on.
type Accounts struct {
	IDs []string `json:"ids"`
}

// List finds the accounts that were active in a month.
func List(_ context.Context, in Month) (Accounts, error) {
	ids := make([]string, in.Accounts)
	for i := range ids {
		ids[i] = fmt.Sprintf("acc-%03d", i)
	}
	return Accounts{IDs: ids}, nil
}

// Job is one page to render.
type Job struct {
	Account string `json:"account"`
	Month   string `json:"month"`
}

// Page is a rendered page, or the reason why there is none.
type Page struct {
	Account string `json:"account"`
	Key     string `json:"key,omitempty"`
	Failed  bool   `json:"failed"`
	Reason  string `json:"reason,omitempty"`
}

// NoData says that an account has nothing to report.
type NoData struct{ Account string }

func (e NoData) Error() string { return e.Account + " has no data" }

// Render renders an account's page.
func Render(_ context.Context, job Job) (Page, error) {
	if strings.HasSuffix(job.Account, "7") {
		return Page{}, NoData{Account: job.Account}
	}
	return Page{Account: job.Account, Key: job.Month + "/" + job.Account + ".html"}, nil
}

// Book is all pages of a month.
type Book struct {
	Month string `json:"month"`
	Pages []Page `json:"pages"`
}

// Summary says what was published.
type Summary struct {
	Month    string `json:"month"`
	Rendered int    `json:"rendered"`
	Failed   int    `json:"failed"`
	URL      string `json:"url"`
}

// Publish binds the pages.
func Publish(_ context.Context, b Book) (Summary, error) {
	s := Summary{Month: b.Month, URL: "https://reports.example.com/" + b.Month}
	for _, p := range b.Pages {
		if p.Failed {
			s.Failed++
		} else {
			s.Rendered++
		}
	}
	return s, nil
}
