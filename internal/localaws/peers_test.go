//go:build peers

package localaws

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/peers"
	"github.com/stride-aws/stride/internal/uuid"
)

// BenchmarkPeers makes the same calls of the local AWS, of moto and of LocalStack: an execution of five states with 1 KB, awaited or
// started and described until it has succeeded. A peer that cannot make a call has no row. npm aws-local-stepfunctions is no
// server: it is measured in process. moto and LocalStack come from `make bench-peers`.
func BenchmarkPeers(b *testing.B) {
	aws := must(New(Options{Address: "127.0.0.1:0"}))
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	defer aws.Close()
	go aws.Serve(ctx)
	for _, peer := range []struct{ name, url string }{{"moto", startMoto(b)}, {"localstack", peers.LocalStack(b)}, {"stride", aws.URL()}} {
		p := service(peer.url)
		standard, express := p.create(b, "STANDARD"), p.create(b, "EXPRESS")
		b.Run("StartSyncExecution/"+peer.name, func(b *testing.B) {
			if _, err := p.start("StartSyncExecution", express); err != nil {
				b.Skip(err)
			}
			for b.Loop() {
				must(p.start("StartSyncExecution", express))
			}
		})
		b.Run("StartExecution-to-SUCCEEDED/"+peer.name, func(b *testing.B) {
			for b.Loop() {
				arn := must(p.start("StartExecution", standard))
				for p.status(b, arn) != "SUCCEEDED" {
				}
			}
		})
	}
}

// service is the address of a Step Functions.
type service string

func (s service) call(operation string, in, out any) error {
	q := must(http.NewRequest(http.MethodPost, string(s), bytes.NewReader(must(json.Marshal(in)))))
	q.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	q.Header.Set("Content-Type", "application/x-amz-json-1.0")
	q.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0")
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d %.300s %w", operation, a.StatusCode, text, err)
	}
	return json.Unmarshal(text, out)
}

func (s service) create(b *testing.B, kind string) (arn string) {
	var out struct{ StateMachineArn string }
	err := s.call("CreateStateMachine", map[string]string{"name": "bench-" + kind, "type": kind, "definition": fiveStates, "roleArn": "arn:aws:iam::000000000000:role/r"}, &out)
	if err != nil {
		b.Fatal(err)
	}
	return out.StateMachineArn
}

func (s service) start(operation, machine string) (arn string, err error) {
	var out struct{ ExecutionArn string }
	err = s.call(operation, map[string]string{"stateMachineArn": machine, "name": uuid.New(), "input": `{"a":1,"b":"` + strings.Repeat("x", 1000) + `"}`}, &out)
	return out.ExecutionArn, err
}

func (s service) status(b *testing.B, arn string) string {
	var out struct{ Status, Error string }
	if err := s.call("DescribeExecution", map[string]string{"executionArn": arn}, &out); err != nil || out.Error != "" {
		b.Fatal(err, out.Error)
	}
	return out.Status
}

// startMoto starts a moto that runs state machines, which it does only when told to.
func startMoto(b *testing.B) string {
	url := peers.Moto(b)
	q := must(http.NewRequest(http.MethodPost, url+"/moto-api/config", strings.NewReader(`{"stepfunctions":{"execute_state_machine":true}}`)))
	must(http.DefaultClient.Do(q)).Body.Close()
	return url
}
