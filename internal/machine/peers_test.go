//go:build peers

package machine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/value"
)

// BenchmarkPeers runs definitions here and in npm aws-local-stepfunctions, which $NPM_PEERS has in its node_modules: both in process,
// compiled once.
func BenchmarkPeers(b *testing.B) {
	numbers := make([]value.Value, 10_000)
	for i := range numbers {
		numbers[i] = value.OfInt(int64(i))
	}
	for _, c := range []struct {
		name, definition string
		input            value.Value
	}{
		{"chain-of-100", passes(100), mustParse(b, payload(1024))},
		{"loop-of-1000", loopJSONPath, mustParse(b, `{"n":0}`)},
		{"map-of-10000", `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true}}}`, value.OfArray(numbers)},
	} {
		b.Run(c.name+"/stride", func(b *testing.B) { runBench(b, mustCompile(b, c.definition), c.input) })
		b.Run(c.name+"/npm-aws-local-stepfunctions", func(b *testing.B) { runNPM(b, c.definition, c.input) })
	}
}

// passes is a chain of n Pass states.
func passes(n int) string {
	states := make([]string, n)
	for i := range states {
		states[i] = fmt.Sprintf(`"S%d":{"Type":"Pass","Next":"S%d"}`, i, i+1)
	}
	states[n-1] = fmt.Sprintf(`"S%d":{"Type":"Pass","End":true}`, n-1)
	return `{"StartAt":"S0","States":{` + strings.Join(states, ",") + `}}`
}

func runNPM(b *testing.B, definition string, input value.Value) {
	script, err := filepath.Abs(filepath.Join("testdata", "peers", "npm.mjs"))
	if err != nil {
		b.Fatal(err)
	}
	ask, err := json.Marshal(map[string]any{"definition": json.RawMessage(definition), "input": json.RawMessage(input.AppendJSON(nil)), "times": b.N})
	if err != nil {
		b.Fatal(err)
	}
	node := exec.Command("node", script)
	node.Dir, node.Stdin, node.Stderr = os.Getenv("NPM_PEERS"), bytes.NewReader(ask), os.Stderr
	out, err := node.Output()
	if err != nil {
		b.Fatal(err)
	}
	nanos, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(nanos/float64(b.N), "ns/op")
}
