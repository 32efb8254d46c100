package machine

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/judges"
)

// TestCompileSuites: what is valid compiles, and nothing panics on what is not.
func TestCompileSuites(t *testing.T) {
	for _, kind := range []string{"valid", "invalid"} {
		for _, file := range judges.Files(t, "suites", "asl", kind, "*.json") {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			def, err := asl.Parse(string(text), file)
			if err == nil {
				_, err = Compile(def)
			}
			if err != nil && kind == "valid" {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, test := range []struct{ states, want string }{
		{`"A":{"Type":"Pass","Next":"B"}`, `state A: its Next names "B", which is not a state`},
		{`"B":{"Type":"Pass","End":true}`, `/StartAt names "A", which is not a state`},
		{`"A":{"Type":"Pas","End":true}`, `state A: "Pas" is no type of state`},
		{`"A":{"Type":"Map","End":true}`, `state A: a Map without ItemProcessor cannot run`},
		{`"A":{"Type":"Pass","InputPath":"$.[","End":true}`, "state A: its InputPath:"},
		{`"A":{"Type":"Pass","QueryLanguage":"JSONata","Output":{"a":["{% ( %}"]},"End":true}`, "state A: Output/a[0]:"},
		{`"A":{"Type":"Pass","Parameters":{"a.$":"States.Nope()"},"End":true}`, "state A: Parameters/a.$:"},
		{`"A":{"Type":"Choice","Choices":[{"Variable":"$.x","Equals":1,"Next":"A"}]}`, "no comparison operator"},
		{`"A":{"Type":"Task","Resource":"r","Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"End":true}`, `its Catch names "C"`},
	} {
		def, err := asl.Parse(`{"StartAt":"A","States":{`+test.states+`}}`, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Compile(def); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Compile(%s) = %v, want %q", test.states, err, test.want)
		}
	}
}

// TestRunSuites runs what real people wrote, with tasks that answer their input: every execution must end.
func TestRunSuites(t *testing.T) {
	ends := map[Status]int{}
	for _, file := range judges.Files(t, "suites", "asl", "valid", "*.json") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		def, err := asl.Parse(string(text), file)
		if err != nil {
			continue // told by TestCompileSuites
		}
		p, err := Compile(def)
		if err != nil {
			continue
		}
		exec := randomExecution(t)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		res := p.Run(ctx, exec, &Env{Clock: NewVirtualClock(exec.StartTime), StartTask: echo})
		cancel()
		if ends[res.Status]++; res.Status == RunningStatus {
			t.Errorf("%s does not end", file)
		}
	}
	t.Logf("%v", ends)
}
