package local

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

const fiveStates = `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"C"},
"C":{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"D"}],"Default":"D"},"D":{"Type":"Pass","Next":"E"},"E":{"Type":"Succeed"}}}`

// start is a service with a five-state machine, and the parameters of a start with a payload of 1 KB.
func start(b *testing.B, kind string) (*Service, []byte) {
	s := New(Options{}).Service("000000000000", "us-east-1")
	out, err := s.CreateStateMachine(&CreateStateMachineInput{Name: "m", Definition: fiveStates, RoleArn: "arn:aws:iam::000000000000:role/r", Type: kind})
	if err != nil {
		b.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"stateMachineArn": out.StateMachineArn, "input": `{"a":1,"b":"` + strings.Repeat("x", 1000) + `"}`})
	if err != nil {
		b.Fatal(err)
	}
	return s, body
}

func BenchmarkStartSyncExecution(b *testing.B) {
	s, body := start(b, Express)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Call(context.Background(), "StartSyncExecution", body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStartExecution(b *testing.B) {
	s, body := start(b, Standard)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Call(context.Background(), "StartExecution", body); err != nil {
			b.Fatal(err)
		}
	}
}
