package cli

import (
	"context"
	"net"
	"os"
	"runtime"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/localaws"
	"github.com/stride-aws/stride/internal/task"
)

// Where the local AWS listens unless told otherwise.
const (
	localHost = "127.0.0.1"
	localPort = 8083
)

type localOptions struct {
	host string
	port int
	data string
	keep int
}

func localCommand(a *app) *cli.Command {
	return &cli.Command{
		Name: "local", Category: groupMore, Usage: "serve the local AWS: Step Functions, Lambda, CloudWatch, EventBridge, S3, IAM, STS",
		Description: "Any AWS client reaches it at the address that it prints: AWS_ENDPOINT_URL=http://127.0.0.1:8083 aws stepfunctions list-state-machines\n" +
			"SFN_MOCK_CONFIG names a mock configuration; other services are called at AWS_ENDPOINT_URL_<SERVICE>. State is in memory unless\n" +
			"--data names a directory: what was answered is kept there, and executions go on where they were when the server starts again.\n" +
			"A browser sees workflows and executions at the same address.",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "port", Value: localPort, EnvVars: []string{"STRIDE_PORT"}, Usage: "listen on `PORT`; 0: any that is free"},
			&cli.StringFlag{Name: "data", EnvVars: []string{"STRIDE_DATA"}, Usage: "keep everything in `DIR`, across restarts"},
			&cli.IntFlag{Name: "keep", Value: 1_000_000, Usage: "keep `N` executions that are over, for 90 days"},
			&cli.StringFlag{Name: "host", Value: localHost, Usage: "listen at `ADDRESS`; anything but loopback lets the network in"},
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0); err != nil {
				return err
			}
			return a.runLocal(c.Context, localOptions{c.String("host"), c.Int("port"), c.String("data"), c.Int("keep")})
		},
	}
}

// roomForGarbage is memory that is asked for and never touched, so that the garbage of calls is collected less often: the collector
// lets a heap double, and an idle server's is a few MB. In bytes.
const roomForGarbage = 16 << 20

func (a *app) runLocal(ctx context.Context, o localOptions) error {
	defer runtime.KeepAlive(make([]byte, roomForGarbage))
	address := net.JoinHostPort(o.host, strconv.Itoa(o.port))
	mocks := os.Getenv("SFN_MOCK_CONFIG")
	if mocks != "" {
		if _, err := task.ReadMocks(mocks); err != nil { // it may be right by the time that an execution reads it
			a.talk("warning: %s\n", err)
		}
	}
	aws, err := localaws.New(localaws.Options{
		Address: address, DataDir: o.data, Keep: o.keep, MockFile: mocks, AnyHost: !net.ParseIP(o.host).IsLoopback(),
		Checkout: a.pageCheckout(),
		Warn:     func(text string) { a.talk("%s\n", text) },
	})
	if err != nil {
		return err
	}
	defer aws.Close()
	if a.Format == "json" {
		if err := a.printJSON(map[string]string{"endpoint": aws.URL()}); err != nil {
			return err
		}
	} else {
		a.print("local AWS at %s\n", aws.URL())
		a.print("its page is  %s/   (executions live, in a browser)\n", aws.URL())
		a.hint("stride deploy   (in another terminal)")
	}
	return aws.Serve(ctx)
}
