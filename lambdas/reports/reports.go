// Package reports makes the monthly report: it lists the accounts, renders a page for each and publishes the whole.
package reports

import (
	"context"
	"fmt"
	"hash/fnv"
	"html"
	"log/slog"
	"strings"
	"time"
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

// BadMonth says that no report can be made for what was asked.
type BadMonth struct{ Month, Reason string }

func (e BadMonth) Error() string { return fmt.Sprintf("month %q: %s", e.Month, e.Reason) }

// maxAccounts is how many pages one report may have: their keys go through one state's output, of 256 KB.
const maxAccounts = 2000

// List finds the accounts that were active in a month.
func List(ctx context.Context, in Month) (Accounts, error) {
	if _, err := time.Parse("2006-01", in.Month); err != nil {
		return Accounts{}, BadMonth{in.Month, "want a year and a month, as in 2026-10"}
	}
	if in.Accounts < 0 || in.Accounts > maxAccounts {
		return Accounts{}, BadMonth{in.Month, fmt.Sprintf("%d accounts, want 0 to %d", in.Accounts, maxAccounts)}
	}
	ids := make([]string, in.Accounts)
	for i := range ids {
		ids[i] = fmt.Sprintf("acc-%03d", i)
	}
	slog.InfoContext(ctx, "listed", "month", in.Month, "accounts", len(ids))
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
	Bytes   int    `json:"bytes,omitempty"`
	Failed  bool   `json:"failed"`
	Reason  string `json:"reason,omitempty"`
}

// NoData says that an account has nothing to report.
type NoData struct{ Account string }

func (e NoData) Error() string { return e.Account + " has no data" }

// Render renders an account's page.
func Render(ctx context.Context, job Job) (Page, error) {
	lines := ledger(job)
	if len(lines) == 0 {
		return Page{}, NoData{Account: job.Account}
	}
	text := page(job, lines)
	slog.InfoContext(ctx, "rendered", "account", job.Account, "bytes", len(text))
	return Page{Account: job.Account, Key: job.Month + "/" + job.Account + ".html", Bytes: len(text)}, nil
}

// entry is one line of an account's ledger.
type entry struct {
	text  string
	cents int
}

// ledger is the sample bookkeeping: what happened in the account that month, made up from its name. Accounts that end in 7 sleep.
func ledger(job Job) []entry {
	if strings.HasSuffix(job.Account, "7") {
		return nil
	}
	var lines []entry
	seed := fnv.New32a()
	for i := range 5 {
		fmt.Fprintf(seed, "%s %s %d", job.Account, job.Month, i)
		lines = append(lines, entry{fmt.Sprintf("order %d", i+1), int(seed.Sum32() % 100_000)})
	}
	return lines
}

// page is a month's ledger as HTML. A template would make the function's zip half as large again.
func page(job Job, lines []entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html>\n<title>%s %s</title>\n<table>\n", html.EscapeString(job.Account), html.EscapeString(job.Month))
	total := 0
	for _, e := range lines {
		total += e.cents
		fmt.Fprintf(&b, "<tr><td>%s<td>%s\n", html.EscapeString(e.text), money(e.cents))
	}
	fmt.Fprintf(&b, "<tr><th>total<th>%s\n</table>\n", money(total))
	return b.String()
}

func money(cents int) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

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
func Publish(ctx context.Context, b Book) (Summary, error) {
	s := Summary{Month: b.Month, URL: "https://reports.example.com/" + b.Month}
	for _, p := range b.Pages {
		if p.Failed {
			s.Failed++
		} else {
			s.Rendered++
		}
	}
	slog.InfoContext(ctx, "published", "month", b.Month, "rendered", s.Rendered, "failed", s.Failed)
	return s, nil
}
