package eventpattern

import (
	"encoding/json"
	"testing"
)

const event = `{"source": "shop", "detail-type": "Order Placed", "detail": {"total": 42, "city": "Berlin", "ip": "10.1.2.3", "gift": true, "note": null,
	"tags": ["new", "big"], "items": [{"sku": "mug", "n": 2}, {"sku": "desk", "n": 1}], "file": "in/2026/a.csv"}}`

// TestMatches: the operators that AWS documents, each where it holds and where it does not.
func TestMatches(t *testing.T) {
	var e any
	if err := json.Unmarshal([]byte(event), &e); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		pattern string
		want    bool
	}{
		{`{"source": ["shop"]}`, true}, {`{"source": ["other", "shop"]}`, true}, {`{"source": ["Shop"]}`, false},
		{`{"source": ["shop"], "detail-type": ["Order Placed"]}`, true}, {`{"source": ["shop"], "detail-type": ["x"]}`, false},
		{`{"detail": {"total": [42]}}`, true}, {`{"detail": {"total": ["42"]}}`, false}, {`{"detail": {"gift": [true]}}`, true}, {`{"detail": {"note": [null]}}`, true},
		{`{"detail": {"missing": [null]}}`, false}, {`{"detail": {"city": [{"prefix": "Ber"}]}}`, true}, {`{"detail": {"city": [{"suffix": "Ber"}]}}`, false},
		{`{"detail": {"city": [{"prefix": {"equals-ignore-case": "bER"}}]}}`, true}, {`{"detail": {"city": [{"equals-ignore-case": "BERLIN"}]}}`, true},
		{`{"detail": {"city": [{"anything-but": "Berlin"}]}}`, false}, {`{"detail": {"city": [{"anything-but": ["Rome", "Oslo"]}]}}`, true},
		{`{"detail": {"city": [{"anything-but": {"prefix": "B"}}]}}`, false}, {`{"detail": {"missing": [{"anything-but": "x"}]}}`, false},
		{`{"detail": {"total": [{"numeric": [">", 40, "<=", 42]}]}}`, true}, {`{"detail": {"total": [{"numeric": ["<", 42]}]}}`, false}, {`{"detail": {"city": [{"numeric": [">", 0]}]}}`, false},
		{`{"detail": {"missing": [{"exists": false}]}}`, true}, {`{"detail": {"city": [{"exists": false}]}}`, false}, {`{"detail": {"city": [{"exists": true}]}}`, true},
		{`{"detail": {"ip": [{"cidr": "10.0.0.0/8"}]}}`, true}, {`{"detail": {"ip": [{"cidr": "11.0.0.0/8"}]}}`, false},
		{`{"detail": {"file": [{"wildcard": "in/*.csv"}]}}`, true}, {`{"detail": {"file": [{"wildcard": "in/*.txt"}]}}`, false}, {`{"detail": {"file": [{"wildcard": "*"}]}}`, true},
		{`{"detail": {"tags": ["big"]}}`, true}, {`{"detail": {"tags": ["small"]}}`, false}, {`{"detail": {"items": {"sku": ["desk"]}}}`, true},
		{`{"$or": [{"source": ["x"]}, {"detail": {"total": [42]}}]}`, true}, {`{"source": ["shop"], "$or": [{"source": ["x"]}, {"detail": {"total": [1]}}]}`, false},
	} {
		p, err := Parse([]byte(tt.pattern))
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
		} else if got := p.Matches(e); got != tt.want {
			t.Errorf("%s: %t", tt.pattern, got)
		}
	}
	for _, bad := range []string{`[]`, `{}`, `{"source": "shop"}`, `{"source": []}`, `{"source": [{"like": "x"}]}`, `{"source": [{"prefix": 1}]}`, `{"a": [{"numeric": [">"]}]}`, `{"a": [["b"]]}`, `{"a": {}}`} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

// FuzzParse: no text makes it panic, and what was parsed can be asked.
func FuzzParse(f *testing.F) {
	f.Add(`{"a": [{"wildcard": "*x"}, 1, null], "$or": [{"b": ["c"]}, {"d": [{"anything-but": [1]}]}]}`, `{"a": "x"}`)
	f.Fuzz(func(t *testing.T, pattern, event string) {
		p, err := Parse([]byte(pattern))
		var e any
		if err == nil && len(pattern)+len(event) < 200 && json.Unmarshal([]byte(event), &e) == nil {
			p.Matches(e)
		}
	})
}
