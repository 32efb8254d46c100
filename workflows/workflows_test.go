package workflows

import "testing"

func TestNative(t *testing.T) {
	for _, tc := range []struct {
		workflow int
		input    string
		want     string
		fails    string
	}{
		{0, `{"id":"o1","items":[{"sku":"a","quantity":2}],"total":900000,"email":"a@b.c"}`,
			`{"order":"o1","payment":"pay-o1","parcels":1,"tracking":"trk-o1","approver":"auto-approver"}`, ""},
		{0, `{"id":"o1","items":[{"sku":"sold-out","quantity":2}]}`, ``, "not enough in stock for order o1"},
		{1, `{"device":"dev1","kind":"pressure","readings":[{"value":90},{"value":10}]}`,
			`{"device":"dev1","status":"alarm","count":2,"mean":50}`, ""},
		{2, `{"month":"2026-10","accounts":9}`,
			`{"month":"2026-10","rendered":8,"failed":1,"url":"https://reports.example.com/2026-10"}`, ""},
	} {
		out, err := All()[tc.workflow].Execute(t.Context(), []byte(tc.input))
		if string(out) != tc.want || (err != nil && err.Error() != tc.fails) || (err == nil) != (tc.fails == "") {
			t.Errorf("%s: %s, %v; want %s, %q", tc.input, out, err, tc.want, tc.fails)
		}
	}
}
