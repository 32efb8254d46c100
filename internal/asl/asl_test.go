package asl

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/judges"
	"github.com/stride-aws/stride/internal/value"
)

const sample = `{
  "Comment": "two states",
  "StartAt": "Look",
  "States": {
    "Look": {
      "Type": "Choice",
      "Choices": [
        {"And": [{"Variable": "$.a", "NumericEquals": 1}, {"Not": {"Variable": "$.b", "IsPresent": true}}], "Next": "a/b"}
      ],
      "Default": "a/b"
    },
    "a/b": {
      "Type": "Map",
      "InputPath": null,
      "Iterator": {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": true}}},
      "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}],
      "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Look"}],
      "End": true, "End": true,
      "Wrong": 1
    }
  }
}`

func parse(t *testing.T, text string) *Definition {
	t.Helper()
	d, err := Parse(text, "sample.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParse(t *testing.T) {
	d := parse(t, sample)
	rule := d.State("Look").Choices[0]
	if rule.And[0].Operator != "NumericEquals" || rule.And[1].Not.Operator != "IsPresent" || rule.Next != "a/b" {
		t.Errorf("the choice rule came out as %+v", rule)
	}
	s := d.State("a/b")
	if s.InputPath.Kind() != value.Null || s.OutputPath.Defined() {
		t.Errorf("InputPath null and OutputPath absent came out as %v and %v", s.InputPath.Kind(), s.OutputPath.Kind())
	}
	if !s.Iterator || s.Processor.State("In").Pointer != "/States/a~1b/Iterator/States/In" {
		t.Errorf("the processor came out as %+v", s.Processor)
	}
	if want := []value.Member{{Name: "Wrong", Value: value.OfFloat(1)}}; len(s.Unknown) != 1 || s.Unknown[0].Name != want[0].Name {
		t.Errorf("Unknown = %v, want %v", s.Unknown, want)
	}
}

func TestPlace(t *testing.T) {
	d := parse(t, sample)
	for pointer, want := range map[string]string{
		"":                            "sample.asl.json:1:1",
		"/StartAt":                    "sample.asl.json:3:3",
		"/States/Look/Choices/0/Next": "sample.asl.json:8:109",
		"/States/a~1b/Catch/0":        "sample.asl.json:17:17",
		"/States/a~1b/Catch/0/Gone":   "sample.asl.json:17:17",
	} {
		if got := d.Place(pointer).String(); got != want {
			t.Errorf("Place(%q) = %s, want %s", pointer, got, want)
		}
	}
	if diff := cmp.Diff([]string{"/States/a~1b/End"}, d.Duplicates()); diff != "" {
		t.Errorf("Duplicates (-want +got):\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"{\n \"StartAt\": }": "f:2:13: not JSON: unexpected character '}'",
		"[]":                 "f:1:1: a state machine definition is a JSON object, this is of type array",
		"":                   "f:1:1: not JSON: unexpected end of input",
	} {
		_, err := Parse(text, "f")
		if err == nil || err.Error() != want {
			t.Errorf("Parse(%q): %v, want %s", text, err, want)
		}
	}
}

func TestMarshalKeepsEverything(t *testing.T) {
	check := func(name, text string) {
		d, err := Parse(text, name)
		if err != nil {
			if _, ok := err.(*diag.Diagnostic); !ok {
				t.Errorf("%s: error of type %T", name, err)
			}
			return
		}
		printed := Marshal(&d.Machine)
		again := parse(t, string(printed))
		if !value.Equal(d.Tree, again.Tree) {
			t.Errorf("%s: Marshal lost or changed something:\n%s", name, printed)
		}
		if diff := cmp.Diff(string(printed), string(Marshal(&again.Machine))); diff != "" {
			t.Errorf("%s: Marshal is no fixed point:\n%s", name, diff)
		}
	}
	check("sample", sample)
	for _, file := range judges.Files(t, "suites", "asl", "*", "*.json") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		check(filepath.Base(file), string(text))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text, "")
		if err != nil {
			return
		}
		d.Place("/States")
		again, err := Parse(string(Marshal(&d.Machine)), "")
		if err != nil || !value.Equal(d.Tree, again.Tree) {
			t.Errorf("Marshal of %s: %v, %s", text, err, again.Tree)
		}
	})
}
