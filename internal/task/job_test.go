package task

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/integration"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/value"
)

// TestJobsAreInTheModels makes the parameters of every call that watches or stops a job from a start that has all fields, and
// wants the services' models to know them.
func TestJobsAreInTheModels(t *testing.T) {
	for name, j := range jobs {
		service, action, _ := strings.Cut(name, ":")
		s, err := sdk.Lookup(modelOf(integration.Services[service], actions[service][action]))
		if err != nil {
			t.Fatal(err)
		}
		args := j.stopArgs
		if args == nil {
			args = j.params
		}
		for operation, makes := range map[string]maker{j.describe: j.params, j.stop: args} {
			if operation == "" {
				continue
			}
			op, err := s.Operation(operation)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			params := makes(everything{}.object(), value.OfObject(nil))
			if err := s.Check(op, params); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if params.Len() == 0 || len(j.status) == 0 || len(j.good) == 0 && !j.gone {
				t.Errorf("%s: %s gets %s, ends as %q at %q", name, operation, params, j.good, j.status)
			}
		}
	}
}

// everything is an object that has what any maker takes.
type everything struct{}

func (everything) object() value.Value {
	one := value.OfString("x")
	nested := object("Id", one, "Name", one, "TaskArn", one)
	var members []value.Member
	for _, name := range strings.Fields("QueryExecutionId JobId JobArn Name RunId Cluster ClusterName NodegroupName FargateProfileName ClusterId StepId " +
		"VirtualClusterId Id ApplicationId JobRunId JobName HyperParameterTuningJobName LabelingJobName ProcessingJobName TrainingJobName TransformJobName") {
		members = append(members, value.Member{Name: name, Value: one})
	}
	for _, name := range []string{"Build", "BuildBatch", "Tasks", "Job", "Cluster"} {
		members = append(members, value.Member{Name: name, Value: nested})
	}
	return value.OfObject(members)
}

// service is a fake of a JSON service: its answers by operation, the last one for good, and what it was asked.
type service struct {
	mu      sync.Mutex
	answers map[string][]string
	asked   []string
	called  chan string
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	s.asked = append(s.asked, operation+string(body))
	list := s.answers[operation]
	if len(list) > 1 {
		s.answers[operation] = list[1:]
	}
	s.mu.Unlock()
	if len(list) == 0 {
		w.WriteHeader(http.StatusBadRequest)
		list = []string{`{"__type":"ResourceNotFoundException","message":"none"}`}
	}
	fmt.Fprint(w, list[0])
	s.called <- operation
}

// start starts a task on the fake.
func (s *service) start(t *testing.T, task *machine.Task) (*answers, context.CancelFunc) {
	t.Helper()
	s.called = make(chan string, 100)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	a := &answers{done: make(chan string, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	task.Execution = &machine.Execution{ARN: "arn:aws:states:us-east-1:000000000000:execution:m:e"}
	New(nil).Start(ctx, task, a)
	return a, cancel
}

// answers is a Replier that tells how the task ended.
type answers struct {
	submitted bool
	done      chan string
}

func (a *answers) Started(string)           {}
func (a *answers) Submitted(history.Text)   { a.submitted = true }
func (a *answers) Succeeded(o history.Text) { a.done <- o.String() }
func (a *answers) Failed(f machine.Failure) { a.done <- f.Error + ": " + f.Cause.String() }
func (a *answers) TimedOut()                {}
func (a *answers) Heartbeat()               {}
func (a *answers) Park()                    {}
func (s *service) operations() (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.asked {
		name, _, _ := strings.Cut(a, "{")
		names = append(names, name)
	}
	return names
}

func jobTask(t *testing.T, resource, input string) *machine.Task {
	t.Helper()
	return &machine.Task{Resource: machine.ParseResource("arn:aws:states:::" + resource), Input: parse(t, input)}
}

func parse(t *testing.T, text string) value.Value {
	t.Helper()
	v, err := value.Parse(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestJobs(t *testing.T) {
	for _, test := range []struct {
		name, resource, input string
		answers               map[string][]string
		want                  string
	}{
		{"ends well", "glue:startJobRun.sync", `{"JobName":"j"}`, map[string][]string{
			"StartJobRun": {`{"JobRunId":"r"}`}, "GetJobRun": {`{"JobRun":{"Id":"r","JobRunState":"RUNNING"}}`, `{"JobRun":{"Id":"r","StartedOn":1.5,"JobRunState":"SUCCEEDED"}}`}},
			`{"Id":"r","StartedOn":1500,"JobRunState":"SUCCEEDED"}`},
		{"fails", "athena:startQueryExecution.sync", `{"QueryString":"q"}`, map[string][]string{
			"StartQueryExecution": {`{"QueryExecutionId":"q"}`}, "GetQueryExecution": {`{"QueryExecution":{"Status":{"State":"FAILED"}}}`}},
			`States.TaskFailed: {"QueryExecution":{"Status":{"State":"FAILED"}}}`},
		{"keeps the start's member", "codebuild:startBuild.sync", `{"ProjectName":"p"}`, map[string][]string{
			"StartBuild": {`{"build":{"id":"b"}}`}, "BatchGetBuilds": {`{"builds":[{"id":"b","buildStatus":"SUCCEEDED"}]}`}},
			`{"Build":{"Id":"b","BuildStatus":"SUCCEEDED"}}`},
		{"exit codes", "ecs:runTask.sync", `{"TaskDefinition":"t"}`, map[string][]string{
			"RunTask": {`{"tasks":[{"taskArn":"a"}],"failures":[]}`}, "DescribeTasks": {`{"tasks":[{"lastStatus":"STOPPED","containers":[{"exitCode":3}]}]}`}},
			`States.TaskFailed: {"Containers":[{"ExitCode":3}],"LastStatus":"STOPPED"}`},
		{"nothing placed", "ecs:runTask.sync", `{"TaskDefinition":"t"}`, map[string][]string{
			"RunTask": {`{"tasks":[],"failures":[{"reason":"RESOURCE:MEMORY"}]}`}},
			`AmazonECS.Unknown: {"Tasks":[],"Failures":[{"Reason":"RESOURCE:MEMORY"}]}`},
		{"an action of another name", "elasticmapreduce:addStep.sync", `{"ClusterId":"c","Step":{"Name":"s"}}`, map[string][]string{
			"AddJobFlowSteps": {`{"StepIds":["s-1"]}`}, "DescribeStep": {`{"Step":{"Id":"s-1","Status":{"State":"COMPLETED"}}}`}},
			`{"Step":{"Id":"s-1","Status":{"State":"COMPLETED"}}}`},
		{"by name", "elasticmapreduce:modifyInstanceGroupByName", `{"ClusterId":"c","InstanceGroupName":"none","InstanceGroup":{"InstanceCount":2}}`,
			map[string][]string{"ListInstanceGroups": {`{"InstanceGroups":[{"Id":"ig","Name":"core"}]}`}},
			`ElasticMapReduce.SdkClientException: the cluster has no none among its InstanceGroups`},
		{"no way to wait", "sagemaker:createModel.sync", `{"ModelName":"m"}`, map[string][]string{"CreateModel": {`{"ModelArn":"a"}`}},
			`States.Runtime: sync cannot be waited for here: how a job of sagemaker:createModel ends is not known`},
		{"no such action", "eks:call", `{}`, nil, `States.Runtime: The resource provided arn:aws:states:::eks:call is not recognized. EKS has no operation "call"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &service{answers: test.answers}
			a, _ := s.start(t, jobTask(t, test.resource, test.input))
			if got := <-a.done; got != test.want {
				t.Errorf("ends with %s\nwant      %s", got, test.want)
			}
		})
	}
}

func TestAStoppedTaskStopsItsJob(t *testing.T) {
	s := &service{answers: map[string][]string{"StartQueryExecution": {`{"QueryExecutionId":"q"}`},
		"GetQueryExecution": {`{"QueryExecution":{"Status":{"State":"RUNNING"}}}`}, "StopQueryExecution": {`{}`}}}
	_, cancel := s.start(t, jobTask(t, "athena:startQueryExecution.sync", `{"QueryString":"q"}`))
	for operation := range s.called {
		if operation == "GetQueryExecution" {
			cancel()
		}
		if operation == "StopQueryExecution" {
			return
		}
	}
}

func TestASubmittedJobIsNotStartedAgain(t *testing.T) {
	s := &service{answers: map[string][]string{"GetQueryExecution": {`{"QueryExecution":{"Status":{"State":"SUCCEEDED"}}}`}}}
	task := jobTask(t, "athena:startQueryExecution.sync", `{"QueryString":"q"}`)
	task.Submitted, task.SubmitOutput = true, history.Verbatim(`{"QueryExecutionId":"q"}`)
	a, _ := s.start(t, task)
	select {
	case <-a.done:
	case <-time.After(30 * time.Second):
		t.Fatal("the task does not end")
	}
	if got := s.operations(); len(got) != 1 || got[0] != "GetQueryExecution" {
		t.Errorf("it called %q", got)
	}
}
