package page

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/asl"
)

func TestCheckoutIsTold(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "flow.go"), []byte("package flow\n\n\tcallA()\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	workflow := &Workflow{Dir: dir, Source: map[string]string{"/States/A": "flow.go:3", "/States/B": "gone.go:1", "/States/C": "flow.go:1"}, Input: map[string]any{"type": "object"}}
	compiled := func(text string) *asl.Definition {
		d, err := asl.Parse(text, "")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	w.page.Checkout = func(_ context.Context, machine string) (*Workflow, error) {
		switch machine {
		case "m":
			return workflow, nil
		case "broken":
			return nil, errors.New("no go command")
		}
		return nil, nil
	}
	machine := w.machine("m", pass)
	places := map[string]placeView{"/States/A": {"flow.go:3", "callA()"}, "/States/B": {"gone.go:1", ""}}
	input := map[string]any{"type": "object"}
	for _, c := range []struct {
		name    string
		now     *asl.Definition
		problem string
		want    checkoutView
	}{
		{"as deployed", compiled(pass), "", checkoutView{Input: input, Places: places}},
		{"another way", compiled(strings.Replace(pass, `"Next":"B"`, `"End":true`, 1)), "", checkoutView{Input: input, Places: places, Changed: true}},
		{"a state more", compiled(strings.Replace(pass, `"B":`, `"C":{"Type":"Pass","End":true},"B":`, 1)), "", checkoutView{Input: input, Places: places, Changed: true}},
		{"does not compile", nil, "flow.go:3: no", checkoutView{Input: input, Places: map[string]placeView{}, Problem: "flow.go:3: no"}},
	} {
		workflow.Definition, workflow.Problem = c.now, c.problem
		if diff := cmp.Diff(c.want, read[checkoutView](w, "checkout?machine="+machine)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if got := read[checkoutView](w, "checkout?machine="+w.machine("another", pass)); len(got.Places) != 0 || got.Input != nil {
		t.Errorf("of another project's machine: %+v", got)
	}
	if r, text := w.get("/_stride/api/checkout?machine=" + w.machine("broken", pass)); r.StatusCode != http.StatusBadRequest || !strings.Contains(text, "no go command") {
		t.Errorf("%d %s", r.StatusCode, text)
	}
}

func TestKeyOpensThePage(t *testing.T) {
	w := newWorld(t)
	w.page.Key = "SECRETKEY"
	get := func(path string, cookies []*http.Cookie) *http.Response {
		q := httptest.NewRequest("GET", path, nil)
		for _, c := range cookies {
			q.AddCookie(c)
		}
		answer := httptest.NewRecorder()
		w.page.ServeHTTP(answer, q)
		return answer.Result()
	}
	for _, path := range []string{"/", "/_stride/app.js", "/_stride/api/machines", "/_stride/?key=SECRET", "/_stride/api/machines?key=SECRETKEY"} {
		if r := get(path, nil); r.StatusCode != http.StatusForbidden {
			t.Errorf("%s without a key: %s", path, r.Status)
		}
	}
	r := get(w.page.Address(), nil)
	cookies := r.Cookies()
	if r.StatusCode != http.StatusSeeOther || len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode {
		t.Fatalf("%s with cookies %v", r.Status, cookies)
	}
	if r := get("/_stride/api/machines", cookies); r.StatusCode != http.StatusOK {
		t.Errorf("with the key: %s", r.Status)
	}
	cookies[0].Value = "SECRETKEZ"
	if r := get("/", cookies); r.StatusCode != http.StatusForbidden {
		t.Errorf("with another: %s", r.Status)
	}
}
