package cli_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stride-aws/stride/internal/localaws"
)

// stuck is the key of the channel that is closed when a request hangs at $STUCK_AWS.
type stuck struct{}

// startAWS gives a script a local AWS of its own at $AWS, and at $STUCK_AWS the same, but that never answers CreateFunction.
func startAWS(env *testscript.Env) error {
	h, err := localaws.New(localaws.Options{Address: "127.0.0.1:0", AnyHost: true})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	go h.Serve(ctx) // where functions call it
	good := httptest.NewServer(h)
	hanging := make(chan struct{})
	var once sync.Once
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/functions") {
			_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that its client goes
			once.Do(func() { close(hanging) })
			<-r.Context().Done()
			return
		}
		h.ServeHTTP(w, r)
	}))
	env.Values[stuck{}] = hanging
	env.Setenv("AWS", good.URL)
	env.Setenv("PORT", good.URL[strings.LastIndexByte(good.URL, ':')+1:])
	env.Setenv("STUCK_AWS", bad.URL)
	env.Defer(func() {
		stop()
		good.Close()
		bad.CloseClientConnections()
		bad.Close()
		h.Close()
	})
	return nil
}

// awaitStuck waits until a request hangs at $STUCK_AWS.
func awaitStuck(ts *testscript.TestScript, neg bool, args []string) {
	select {
	case <-ts.Value(stuck{}).(chan struct{}):
	case <-time.After(time.Minute):
		ts.Fatalf("no request hangs")
	}
}

// machine NAME FILE makes a state machine of a definition at $AWS, as something other than stride would.
func machine(ts *testscript.TestScript, _ bool, args []string) {
	definition := ts.ReadFile(args[1])
	_, err := sfn.NewFromConfig(at(ts)).CreateStateMachine(context.Background(), &sfn.CreateStateMachineInput{
		Name: &args[0], Definition: &definition, RoleArn: aws.String("arn:aws:iam::000000000000:role/other")})
	ts.Check(err)
}
