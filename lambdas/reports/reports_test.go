package reports

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestList(t *testing.T) {
	got, err := List(context.Background(), Month{"2026-10", 2})
	if diff := cmp.Diff(Accounts{[]string{"acc-000", "acc-001"}}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for in, want := range map[Month]error{
		{"October", 1}:    BadMonth{"October", "want a year and a month, as in 2026-10"},
		{"2026-10", -1}:   BadMonth{"2026-10", "-1 accounts, want 0 to 2000"},
		{"2026-10", 2001}: BadMonth{"2026-10", "2001 accounts, want 0 to 2000"},
	} {
		if _, err := List(context.Background(), in); err != want {
			t.Errorf("%+v: got %v, want %v", in, err, want)
		}
	}
}

func TestRender(t *testing.T) {
	got, err := Render(context.Background(), Job{"acc-001", "2026-10"})
	if err != nil || got.Key != "2026-10/acc-001.html" || got.Bytes == 0 || got.Failed {
		t.Errorf("got %+v, %v", got, err)
	}
	if again, _ := Render(context.Background(), Job{"acc-001", "2026-10"}); again != got {
		t.Errorf("rendered again: %+v", again)
	}
	if _, err := Render(context.Background(), Job{"acc-007", "2026-10"}); err != (NoData{"acc-007"}) {
		t.Errorf("without data: %v", err)
	}
}

func TestPage(t *testing.T) {
	got := page(Job{"<a>", "2026-10"}, []entry{{"x & y", 105}, {"z", 95}})
	want := strings.Join([]string{"<!doctype html>", "<title>&lt;a&gt; 2026-10</title>", "<table>",
		"<tr><td>x &amp; y<td>1.05", "<tr><td>z<td>0.95", "<tr><th>total<th>2.00", "</table>", ""}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPublish(t *testing.T) {
	got, err := Publish(context.Background(), Book{"2026-10", []Page{{Account: "a"}, {Account: "b", Failed: true}, {Account: "c"}}})
	want := Summary{Month: "2026-10", Rendered: 2, Failed: 1, URL: "https://reports.example.com/2026-10"}
	if got != want || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}
