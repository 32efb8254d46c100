package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/errnames"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/lambdahost"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/observe"
	"github.com/stride-aws/stride/internal/project"
	"github.com/stride-aws/stride/internal/task"
	"github.com/stride-aws/stride/internal/uuid"
	"github.com/stride-aws/stride/internal/value"
)

type runOptions struct {
	workflow, input string
	answers         map[string]string // state -> JSON
	realTime        bool
}

func runCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "run", Category: groupAuthor, Usage: "compile a workflow and run it here, handlers included, without a server",
		ArgsUsage: "WORKFLOW",
		Description: "Waits take no time: the clock jumps. Other services than Lambda are called where the environment is: at --endpoint-url,\n" +
			"AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL or its endpoint, which of local is the local AWS; without any at AWS, in the account that\n" +
			"the environment names. A step that waits for a callback gets the answer of --answer, or else what its handler returned; an activity\n" +
			"gets --answer's. Workflows that it runs run here, too.",
		Flags: []cli.Flag{
			inputFlag(),
			&cli.StringSliceFlag{Name: "answer", Usage: "`STATE=JSON`: the answer to a step that waits for a callback or an activity"},
			&cli.BoolFlag{Name: "real-time", Usage: "wait as long as AWS would"},
		},
		Action: func(c *cli.Context) error {
			input, err := a.workflowInput(c)
			if err != nil {
				return err
			}
			o := runOptions{workflow: c.Args().First(), input: input, answers: map[string]string{}, realTime: c.Bool("real-time")}
			for _, text := range c.StringSlice("answer") {
				state, answer, ok := strings.Cut(text, "=")
				if _, err := value.Parse(answer); !ok || err != nil {
					return usagef("--answer takes STATE=JSON, not %q", text)
				}
				o.answers[state] = answer
			}
			return a.runRun(c.Context, o)
		},
	}
}

func (a *app) runRun(ctx context.Context, o runOptions) error {
	h, err := a.here(ctx, o.workflow)
	if err != nil {
		return err
	}
	if err := h.take(o.answers); err != nil {
		return err
	}
	out := a.teller(false)
	failed := ""
	status, err := h.run(ctx, o.input, o.realTime, func(e observe.Entry) {
		_ = out.tell(e)
		if e.Machine.Name == h.name && e.Scene.Step != nil && strings.HasSuffix(string(e.Scene.Event.Type), "Failed") {
			failed = e.Scene.Step.Name
		}
	})
	if err != nil {
		return err
	}
	err = succeeded(status)
	if place := h.places[failed]; err != nil && place != "" {
		a.talk("%s is at %s\n", failed, place)
	}
	return err
}

// here compiles a workflow of the project to run it in this process.
func (a *app) here(ctx context.Context, workflow string) (*here, error) {
	compiled, err := a.compiled(ctx, workflow)
	if err != nil {
		return nil, err
	}
	_, e, err := a.environment()
	if err != nil {
		return nil, err
	}
	n := &neighbours{machines: map[string]*here{}, place: sync.OnceValues(func() (*task.Place, error) { return a.place(ctx) })}
	return n.add(compiled, e.Workflows.Vars, func(name string) (project.Compiled, error) { return a.compiled(ctx, name) })
}

// place is where a run calls services: the environment, whose account must be the one that it names.
func (a *app) place(ctx context.Context) (*task.Place, error) {
	s, err := a.connect(ctx)
	if err != nil {
		return nil, err
	}
	if s.endpoint == "" && s.env.Account != "" {
		if _, err := a.identify(ctx); err != nil {
			return nil, err
		}
	}
	return &task.Place{Endpoint: s.endpoint, Only: a.Endpoint != "", Region: s.Region, Credentials: s.Credentials, Explain: s.unreached}, nil
}

// unreached explains an error of a step's call.
func (s *session) unreached(err error) error {
	var request *url.Error
	if errors.Is(err, syscall.ECONNREFUSED) && errors.As(err, &request) {
		return fmt.Errorf("nothing answers at %s: start it (stride local), or set --endpoint-url, AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_<SERVICE>", request.URL)
	}
	err = s.explain(err)
	if h := (hinted{}); errors.As(err, &h) {
		return fmt.Errorf("%w; %s", err, h.hint)
	}
	return err
}

// compiled is a workflow of the project, compiled.
func (a *app) compiled(ctx context.Context, workflow string) (project.Compiled, error) {
	p, err := a.project()
	if err != nil {
		return project.Compiled{}, err
	}
	selected, err := p.Select([]string{workflow})
	if err != nil {
		return project.Compiled{}, err
	}
	compiled, err := p.Compile(ctx, selected)
	if err != nil {
		return project.Compiled{}, err
	}
	return compiled[0], nil
}

// here is a workflow that runs in this process.
type here struct {
	name      string
	express   bool
	program   *machine.Program
	places    map[string]string                // state -> file:line
	functions map[string]*lambdahost.InProcess // by the ARN in the definition
	caller    *task.Caller
	*neighbours
}

// neighbours are the workflows that run in this process together.
type neighbours struct {
	machines map[string]*here  // by the ARN in definitions
	answers  map[string]string // state -> JSON
	waiting  []string          // states that wait for one
	place    func() (*task.Place, error)
	// stop ends the run, which goes another way than on AWS, or may.
	stop context.CancelCauseFunc
}

const (
	hereARN       = "arn:aws:lambda:us-east-1:" + task.DefaultAccount + ":function:"
	hereStatesARN = "arn:aws:states:us-east-1:" + task.DefaultAccount + ":"
)

// add makes a workflow run here, and those that it runs, which other compiles.
func (n *neighbours) add(c project.Compiled, vars map[string]string, other func(string) (project.Compiled, error)) (*here, error) {
	h := &here{name: c.Workflow.Name(), express: c.Workflow.Type() == "EXPRESS", places: map[string]string{}, functions: map[string]*lambdahost.InProcess{}, neighbours: n}
	asl.Walk(&c.Definition.Machine, func(_ *asl.Machine, s *asl.State) { h.places[s.Name] = c.Source[s.Pointer] })
	n.machines[hereStatesARN+"stateMachine:"+h.name] = h
	names := (&errnames.Finder{Matched: c.Matched, Doubt: func(_ string, why error) { n.stop(why) }}).Names()
	for _, f := range c.Workflow.Functions() {
		ref := compile.Ref{Package: f.Func.Package, Func: f.Func.Name}
		h.functions[functionARN(ref.String())] = lambdahost.NewInProcess(f.Handler, names, f.Timeout)
	}
	definition, err := compile.Resolve(c.Definition, func(k compile.Kind, name string) (string, error) {
		switch k {
		case compile.Function:
			return functionARN(name), nil
		case compile.Env:
			return variable(vars, name)
		case compile.Activity:
			return hereStatesARN + "activity:" + name, nil
		}
		arn := hereStatesARN + "stateMachine:" + name
		if n.machines[arn] != nil {
			return arn, nil
		}
		child, err := other(name)
		if err == nil {
			_, err = n.add(child, vars, other)
		}
		return arn, err
	})
	if err != nil {
		return nil, err
	}
	h.caller = task.New(h)
	h.caller.Place = func(context.Context) (*task.Place, error) { return n.place() }
	asl.Walk(&definition.Machine, func(_ *asl.Machine, s *asl.State) {
		if r := machine.ParseResource(s.Resource); r.Pattern == "waitForTaskToken" || r.Kind == machine.Activity {
			n.waiting = append(n.waiting, s.Name)
		}
	})
	h.program, err = machine.Compile(definition)
	return h, err
}

// take keeps answers for the steps that wait for one.
func (n *neighbours) take(answers map[string]string) error {
	for _, state := range slices.Sorted(maps.Keys(answers)) {
		if slices.Contains(n.waiting, state) {
			continue
		}
		there := "nothing waits for one"
		if len(n.waiting) > 0 {
			there = "there is " + strings.Join(n.waiting, ", ")
		}
		return usagef("--answer %s: no step of that name waits for an answer; %s", state, there)
	}
	n.answers = answers
	return nil
}

// variable is a value of flow.Env: the environment's, or the process's.
func variable(vars map[string]string, name string) (string, error) {
	if v, ok := vars[name]; ok {
		return v, nil
	}
	if v, ok := os.LookupEnv(name); ok {
		return v, nil
	}
	return "", fmt.Errorf("flow.Env(%q) has no value: set the variable %[1]s, or the environment's workflows.vars in infra/stride.yaml", name)
}

func functionARN(ref string) string { return hereARN + strings.ReplaceAll(ref, ".", "-") }

// Invoke runs a handler, as task.Lambda says.
func (h *here) Invoke(ctx context.Context, arn string, payload []byte) (task.LambdaResult, error) {
	f := h.functions[arn]
	if f == nil {
		return task.LambdaResult{}, task.ErrNoFunction
	}
	out, err := f.Invoke(ctx, lambdahost.Invocation{ARN: arn, RequestID: uuid.New(), Payload: payload})
	return task.LambdaResult{Payload: out.Payload, FunctionError: out.FunctionError}, err
}

// startTask starts a task, and answers the tokens that nobody else knows of.
func (x *hereRun) startTask(ctx context.Context, t *machine.Task, r machine.Replier) {
	h := x.here
	switch {
	case t.Resource.Kind == machine.Activity:
		h.work(t, r)
		return
	case t.Resource.Service == "states" && t.Resource.Action == "startExecution" && t.Resource.Pattern != "waitForTaskToken":
		x.startNested(ctx, t, r)
		return
	}
	if t.Resource.Pattern == "waitForTaskToken" {
		r = &selfAnswered{Replier: r, answer: h.answers[t.State]}
	}
	h.caller.Start(ctx, t, r)
}

// selfAnswered answers a task's token as soon as the task was handed over.
type selfAnswered struct {
	machine.Replier
	answer string // "": what the handler returned
}

func (s *selfAnswered) Submitted(output history.Text) {
	s.Replier.Submitted(output)
	answer := history.Verbatim(s.answer)
	if s.answer == "" {
		payload, ok := output.Value().Get("Payload")
		if !ok {
			payload = output.Value()
		}
		answer = history.JSON(payload)
	}
	s.Succeeded(answer)
}

// Park is not passed on: the answer has come.
func (s *selfAnswered) Park() {}
