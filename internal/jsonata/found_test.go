package jsonata

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/stride-aws/stride/internal/value"
)

// TestFound runs what the differential runs of package difftest found: cases that once differed from the reference, with the
// answers of npm jsonata 2.0.6.
func TestFound(t *testing.T) {
	f, err := os.Open("testdata/found.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var c struct {
			Expr, Code string
			Input      json.RawMessage
			Result     json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		got, err := evalText(c.Expr, string(c.Input))
		want, _ := value.Parse(string(c.Result))
		var mistake *Error
		switch {
		case c.Code != "" && (!errors.As(err, &mistake) || mistake.Code != c.Code):
			t.Errorf("%s over %s: %s, %v, want %s", c.Expr, c.Input, got, err, c.Code)
		case c.Code == "" && (err != nil || !value.Equal(got, want)):
			t.Errorf("%s over %s: %s, %v, want %s", c.Expr, c.Input, got, err, want)
		}
	}
}

func evalText(expr, input string) (value.Value, error) {
	e, err := Compile(expr)
	if err != nil {
		return value.Value{}, err
	}
	in := Input{}
	if input != "" {
		if in.Data, err = value.Parse(input); err != nil {
			return in.Data, err
		}
	}
	return e.Eval(in)
}
