package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/observe"
	"github.com/stride-aws/stride/internal/plan"
	"github.com/stride-aws/stride/internal/server"
	"github.com/stride-aws/stride/internal/server/page"
)

type uiOptions struct {
	port  int
	write bool
}

func uiCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "ui", Category: groupOperate, Usage: "serve the web page over an environment: its workflows and executions",
		Description: "The page of stride local, for any environment. It only reads, unless --write lets it start, stop, redrive, run from a state\n" +
			"and answer callbacks. It listens on loopback alone, and opens to whoever has the address that it prints, which has a key.",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "port", Value: 8084, Usage: "listen on `PORT`; 0: any that is free"},
			&cli.BoolFlag{Name: "write", Usage: "let the page change something"},
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0); err != nil {
				return err
			}
			return a.runUI(c.Context, uiOptions{c.Int("port"), c.Bool("write")})
		},
	}
}

// uiPoll is how often an open page looks. AWS: ListExecutions takes 5 calls a second of an account and region.
const uiPoll = 3 * time.Second

func (a *app) runUI(ctx context.Context, o uiOptions) error {
	t, err := a.identify(ctx)
	if err != nil {
		return err
	}
	l, err := server.Listen(net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port)))
	if err != nil {
		return err
	}
	defer l.Close()
	web := page.New(page.Options{
		Source: newRemote(t.session, t.place), Place: fmt.Sprintf("%s: account %s in %s", a.Env, t.place.Account, t.place.Region),
		Poll: uiPoll, ReadOnly: !o.write, Checkout: a.pageCheckout(), Key: rand.Text(),
	})
	s := server.New(server.Options{})
	s.Page(web)
	defer context.AfterFunc(ctx, web.Close)()
	address := "http://" + l.Addr().String() + web.Address()
	if a.Format == "json" {
		if err := a.printJSON(map[string]string{"page": address}); err != nil {
			return err
		}
	} else {
		a.print("the page of %s is %s   (open it in a browser; Ctrl-C ends)\n", a.Env, address)
	}
	return s.Serve(ctx, l)
}

// remote is the Step Functions of an environment as the page asks for it.
type remote struct {
	session *session
	scope   string
	states  *sfn.Client
	logs    *cloudwatchlogs.Client
}

func newRemote(s *session, at plan.Place) *remote {
	return &remote{s, "arn:" + at.Partition + ":states:" + at.Region + ":" + at.Account + ":", s.states(), cloudwatchlogs.NewFromConfig(s.Config)}
}

func (r *remote) Scopes() []string { return []string{r.scope} }

func (r *remote) Now() time.Time { return time.Now() }

// Events reads the history from its end: what is known is not asked for again.
func (r *remote) Events(ctx context.Context, arn string, known int) ([]*history.Event, error) {
	reader := observe.HistoryReader{States: r.states, ARN: arn, Last: int64(known)}
	events, err := reader.Next(ctx)
	return events, r.session.explain(err)
}

func (r *remote) Log(ctx context.Context, q page.LogQuery) (lines []string, next string, err error) {
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &q.Group, StartTime: aws.Int64(q.From.UnixMilli())}
	if q.Pattern != "" {
		in.FilterPattern = &q.Pattern
	}
	if !q.To.IsZero() {
		in.EndTime = aws.Int64(q.To.UnixMilli())
	}
	if q.Token != "" {
		in.NextToken = &q.Token
	}
	out, err := r.logs.FilterLogEvents(ctx, in)
	if err != nil {
		return nil, "", r.session.explain(err)
	}
	for i := range out.Events {
		lines = append(lines, aws.ToString(out.Events[i].Message))
	}
	return lines, aws.ToString(out.NextToken), nil
}

// taskToken is what tokens look like: of AWS long and in base64, of others a UUID. Which of them is awaited, no call tells.
var taskToken = lazyregexp.New(`^([A-Za-z0-9+/_=-]{100,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

func (r *remote) Awaits(text string) bool { return taskToken.MatchString(text) }

// remoteCalls are the operations that the page makes.
var remoteCalls = map[string]func(context.Context, *sfn.Client, []byte) ([]byte, error){
	"CreateStateMachine":               remoteCall((*sfn.Client).CreateStateMachine),
	"DescribeExecution":                remoteCall((*sfn.Client).DescribeExecution),
	"DescribeStateMachine":             remoteCall((*sfn.Client).DescribeStateMachine),
	"DescribeStateMachineForExecution": remoteCall((*sfn.Client).DescribeStateMachineForExecution),
	"ListExecutions":                   remoteCall((*sfn.Client).ListExecutions),
	"ListStateMachineAliases":          remoteCall((*sfn.Client).ListStateMachineAliases),
	"ListStateMachines":                remoteCall((*sfn.Client).ListStateMachines),
	"ListTagsForResource":              remoteCall((*sfn.Client).ListTagsForResource),
	"RedriveExecution":                 remoteCall((*sfn.Client).RedriveExecution),
	"SendTaskFailure":                  remoteCall((*sfn.Client).SendTaskFailure),
	"SendTaskHeartbeat":                remoteCall((*sfn.Client).SendTaskHeartbeat),
	"SendTaskSuccess":                  remoteCall((*sfn.Client).SendTaskSuccess),
	"StartExecution":                   remoteCall((*sfn.Client).StartExecution),
	"StartSyncExecution":               remoteCall((*sfn.Client).StartSyncExecution),
	"StopExecution":                    remoteCall((*sfn.Client).StopExecution),
	"UpdateStateMachine":               remoteCall((*sfn.Client).UpdateStateMachine),
}

func (r *remote) Call(ctx context.Context, on, operation string, body []byte) ([]byte, error) {
	if !strings.HasPrefix(on, r.scope) {
		return nil, fmt.Errorf("%q is not of this page's account and region", on)
	}
	do := remoteCalls[operation]
	if do == nil {
		return nil, fmt.Errorf("the page makes no call %s", operation)
	}
	answer, err := do(ctx, r.states, body)
	return answer, r.session.explain(err)
}

// remoteCall is an operation of the client on the API's JSON. The SDK's names differ from the API's in case alone, which
// encoding/json does not mind when it reads.
func remoteCall[In, Out any](call func(*sfn.Client, context.Context, *In, ...func(*sfn.Options)) (*Out, error)) func(context.Context, *sfn.Client, []byte) ([]byte, error) {
	return func(ctx context.Context, c *sfn.Client, body []byte) ([]byte, error) {
		in := new(In)
		if err := json.Unmarshal(body, in); err != nil {
			return nil, err
		}
		out, err := call(c, ctx, in)
		if err != nil {
			return nil, err
		}
		return observe.APIValue(out).AppendJSON(nil), nil
	}
}
