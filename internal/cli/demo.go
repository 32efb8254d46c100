package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/localaws"
	"github.com/stride-aws/stride/internal/observe"
	"github.com/stride-aws/stride/internal/project"
)

// The demo's executions: a preorder that needs a manager's approval, and readings of a device.
var (
	demoOrder = func(now time.Time) map[string]any {
		return map[string]any{
			"id": "o-1001", "customer": "Ada", "email": "ada@example.com", "phone": "+44 20 7946 0018", "card": "tok_visa", "total": 129_900,
			"items":     []map[string]any{{"sku": "desk", "quantity": 1}, {"sku": "lamp", "quantity": 2}, {"sku": "chair", "quantity": 4}},
			"notBefore": now.Add(24 * time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339),
		}
	}
	demoReadings = map[string]any{"device": "dev-7", "kind": "pressure", "readings": []map[string]any{{"value": 90}, {"value": 84}, {"value": 97}}}
	demoAnswer   = `{"approved":true,"by":"grace"}`
)

func demoCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "demo", Category: groupMore, Usage: "see it all once: compile, build, deploy to an embedded local AWS, run, tail",
		Description: "Runs this repository's samples. No account, no Docker; everything ends with the command, unless --stay.",
		Hidden:      !a.hasSamples(),
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "stay", Usage: "keep the local AWS running afterwards, until Ctrl-C"}},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0); err != nil {
				return err
			}
			if !a.hasSamples() {
				return usagef("demo runs the samples of stride's own repository, and this project has other workflows; try stride run")
			}
			return a.runDemo(c.Context, c.Bool("stay"))
		},
	}
}

const demoStandard, demoExpress = "order-fulfilment", "sensor-ingest"

func (a *app) hasSamples() bool {
	found := 0
	for _, w := range a.Workflows {
		if w.Name() == demoStandard || w.Name() == demoExpress {
			found++
		}
	}
	return found == 2
}

func (a *app) runDemo(ctx context.Context, stay bool) error {
	server, err := localaws.New(localaws.Options{Address: "127.0.0.1:0", Fast: true, Checkout: a.pageCheckout()})
	if err != nil {
		return err
	}
	defer server.Close()
	serving, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- server.Serve(serving) }()
	a.Env, a.Endpoint = project.Local, server.URL()

	a.chapter("the local AWS listens at %s", server.URL())
	a.chapter("compile the workflows, build their handlers, deploy")
	if err := a.runDeploy(ctx, deployOptions{workflows: []string{demoStandard, demoExpress}}); err != nil {
		return err
	}
	a.chapter("a Standard execution: a preorder of 1,299.00 needs a manager's approval, and waits a day, which the demo's clock skips")
	if err := a.demoExecution(ctx, demoStandard, demoOrder(time.Now())); err != nil {
		return err
	}
	a.chapter("an Express execution: readings of a device, told from its log")
	if err := a.demoExecution(ctx, demoExpress, demoReadings); err != nil {
		return err
	}
	a.chapter("next")
	a.print("  make test                                         what you have seen, tested\n")
	a.print("  go run ./cmd/stride graph order-fulfilment        the state machine, drawn\n")
	a.print("  go run ./cmd/stride local                         the local AWS, in a terminal of its own\n")
	a.print("  go run ./cmd/stride deploy                        deploy to it; then start, tail, inspect\n")
	a.print("  http://%s:%d/                            its page, in a browser: executions live\n", localHost, localPort)
	if !stay {
		a.hint("go run ./cmd/stride local   (or this again with --stay: the page shows what you have seen)")
		return nil
	}
	a.talk("%s still listens; see its executions in a browser at %s/ ; Ctrl-C ends\n", a.faint("the local AWS"), server.URL())
	return <-served
}

func (a *app) chapter(format string, args ...any) {
	a.print("\n%s\n", paint(a.paintOut, "1", "== "+fmt.Sprintf(format, args...)))
}

// demoExecution starts an execution, tells it, and answers the approval when it is asked for.
func (a *app) demoExecution(ctx context.Context, workflow string, input any) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	m, err := a.machine(ctx, s, workflow)
	if err != nil {
		return err
	}
	text, err := demoJSON(input)
	if err != nil {
		return err
	}
	begun := time.Now()
	out, err := s.states().StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(a.entry(ctx, s, m)), Input: &text})
	if err != nil {
		return s.explain(fmt.Errorf("starting %s: %w", m.Name, err))
	}
	return a.follow(ctx, s, m, aws.ToString(out.ExecutionArn), begun, a.approve(ctx, s))
}

func demoJSON(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return string(bytes.TrimSpace(b.Bytes())), err
}

// approve answers every step that waits for a callback, as the manager of the demo.
func (a *app) approve(ctx context.Context, s *session) func(observe.Entry) error {
	return func(e observe.Entry) error {
		attempt := e.Scene.Attempt
		if e.Log != nil || attempt == nil || !attempt.Submitted || !attempt.Ended.IsZero() {
			return nil
		}
		payload, _ := attempt.Parameters.Value().Get("Payload")
		token, ok := payload.Get("token")
		if !ok {
			return nil
		}
		a.print("%s\n", paint(a.paintOut, "2", "              (the demo answers as the manager: stride callback succeed TOKEN --result '"+demoAnswer+"')"))
		_, err := s.states().SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: aws.String(token.Str()), Output: &demoAnswer})
		return s.explain(err)
	}
}
