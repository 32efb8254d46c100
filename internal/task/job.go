package task

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/value"
)

// job says how a .sync task watches the job that it started: which call describes it, how its status reads, and what stops it.
// AWS: Run a job (.sync).
type job struct {
	start    []string // actions that start such a job
	describe string
	// params are the parameters of describe, from the action's input and answer.
	params  func(in, out value.Value) value.Value
	subject []string // path in describe's answer of what the task's result is; nil: the whole
	status  []string // path in the subject
	good    []string
	bad     []string
	stop    string // "" where nothing stops it
}

func get(v value.Value, path ...string) value.Value {
	for _, step := range path {
		if v.Kind() == value.Array {
			if v.Len() == 0 {
				return value.Value{}
			}
			v = v.At(0)
		}
		v, _ = v.Get(step)
	}
	if v.Kind() == value.Array && v.Len() > 0 && v.At(0).Kind() == value.Object {
		v = v.At(0)
	}
	return v
}

func object(pairs ...any) value.Value {
	var members []value.Member
	for i := 0; i < len(pairs); i += 2 {
		members = append(members, value.Member{Name: pairs[i].(string), Value: pairs[i+1].(value.Value)})
	}
	return value.OfObject(members)
}

func one(v value.Value) value.Value { return value.OfArray([]value.Value{v}) }

var (
	athenaQuery = job{start: []string{"startQueryExecution"}, describe: "GetQueryExecution", stop: "StopQueryExecution",
		params:  func(_, out value.Value) value.Value { return object("QueryExecutionId", get(out, "QueryExecutionId")) },
		subject: nil, status: []string{"QueryExecution", "Status", "State"}, good: []string{"SUCCEEDED"}, bad: []string{"FAILED", "CANCELLED"}}
	batchJob = job{start: []string{"submitJob"}, describe: "DescribeJobs", stop: "TerminateJob",
		params:  func(_, out value.Value) value.Value { return object("Jobs", one(get(out, "JobId"))) },
		subject: []string{"Jobs"}, status: []string{"Status"}, good: []string{"SUCCEEDED"}, bad: []string{"FAILED"}}
	codeBuild = job{start: []string{"startBuild"}, describe: "BatchGetBuilds", stop: "StopBuild",
		params:  func(_, out value.Value) value.Value { return object("Ids", one(get(out, "Build", "Id"))) },
		subject: []string{"Builds"}, status: []string{"BuildStatus"}, good: []string{"SUCCEEDED"}, bad: []string{"FAILED", "FAULT", "STOPPED", "TIMED_OUT"}}
	dataBrewRun = job{start: []string{"startJobRun"}, describe: "DescribeJobRun", stop: "StopJobRun",
		params: func(in, out value.Value) value.Value {
			return object("Name", get(in, "Name"), "RunId", get(out, "RunId"))
		},
		status: []string{"State"}, good: []string{"SUCCEEDED"}, bad: []string{"FAILED", "STOPPED", "TIMEOUT"}}
	ecsTask = job{start: []string{"runTask"}, describe: "DescribeTasks", stop: "StopTask",
		params: func(in, out value.Value) value.Value {
			return object("Cluster", get(in, "Cluster"), "Tasks", one(get(out, "Tasks", "TaskArn")))
		},
		subject: []string{"Tasks"}, status: []string{"LastStatus"}, good: []string{"STOPPED"}}
	emrContainersRun = job{start: []string{"startJobRun"}, describe: "DescribeJobRun", stop: "CancelJobRun",
		params: func(in, out value.Value) value.Value {
			return object("VirtualClusterId", get(in, "VirtualClusterId"), "Id", get(out, "Id"))
		},
		subject: []string{"JobRun"}, status: []string{"State"}, good: []string{"COMPLETED"}, bad: []string{"FAILED", "CANCELLED"}}
	emrServerlessRun = job{start: []string{"startJobRun"}, describe: "GetJobRun", stop: "CancelJobRun",
		params: func(_, out value.Value) value.Value {
			return object("ApplicationId", get(out, "ApplicationId"), "JobRunId", get(out, "JobRunId"))
		},
		subject: []string{"JobRun"}, status: []string{"State"}, good: []string{"SUCCESS"}, bad: []string{"FAILED", "CANCELLED"}}
	glueRun = job{start: []string{"startJobRun"}, describe: "GetJobRun", stop: "",
		params: func(in, out value.Value) value.Value {
			return object("JobName", get(in, "JobName"), "RunId", get(out, "JobRunId"))
		},
		subject: []string{"JobRun"}, status: []string{"JobRunState"}, good: []string{"SUCCEEDED"}, bad: []string{"FAILED", "STOPPED", "TIMEOUT", "ERROR"}}
	mediaConvertJob = job{start: []string{"createJob"}, describe: "GetJob", stop: "CancelJob",
		params:  func(_, out value.Value) value.Value { return object("Id", get(out, "Job", "Id")) },
		subject: []string{"Job"}, status: []string{"Status"}, good: []string{"COMPLETE"}, bad: []string{"ERROR", "CANCELED"}}
	sageMakerJob = job{start: []string{"createTrainingJob"}, describe: "DescribeTrainingJob", stop: "StopTrainingJob",
		params: func(in, _ value.Value) value.Value { return object("TrainingJobName", get(in, "TrainingJobName")) },
		status: []string{"TrainingJobStatus"}, good: []string{"Completed"}, bad: []string{"Failed", "Stopped"}}
)

// jobPoll is how often a job is looked at.
const jobPoll = time.Second

// watch answers the task when the job that it started has ended. A task that nobody waits for any more stops its job.
func (a *attempt) watch(i *integration, out value.Value) {
	j := i.wait
	if !slices.Contains(j.start, a.Resource.Action) {
		a.reply.Failed(machine.Failure{Error: "States.Runtime", Cause: history.Verbatim(
			fmt.Sprintf("%s cannot be waited for here: %s:%s has no job that is known", a.Resource.Pattern, a.Resource.Service, a.Resource.Action))})
		return
	}
	params := j.params(a.Input, out)
	for {
		subject, err := a.describeJob(i, params)
		if err != nil {
			a.reply.Failed(i.failure(err, ""))
			return
		}
		switch status := get(subject, j.status...).Str(); {
		case slices.Contains(j.bad, status), i.model == "ecs" && status == "STOPPED" && !exitedWell(subject):
			a.reply.Failed(machine.Failure{Error: "States.TaskFailed", Cause: history.JSON(subject)})
			return
		case slices.Contains(j.good, status):
			a.reply.Succeeded(history.JSON(subject))
			return
		}
		select {
		case <-time.After(jobPoll):
		case <-a.ctx.Done():
			return
		}
	}
}

func (a *attempt) describeJob(i *integration, params value.Value) (value.Value, error) {
	s, err := sdk.Lookup(i.model)
	if err != nil {
		return value.Value{}, err
	}
	op, err := s.Operation(i.wait.describe)
	if err != nil {
		return value.Value{}, err
	}
	result, err := a.client.Do(a.ctx, sdk.Request{Service: s, Operation: op, Params: params, Account: a.account, Region: a.region})
	if err != nil {
		return value.Value{}, err
	}
	return get(result.Output, i.wait.subject...), nil
}

// exitedWell tells whether all essential containers of an ECS task ended with 0.
func exitedWell(task value.Value) bool {
	containers, _ := task.Get("Containers")
	for _, c := range containers.Items() {
		if code, ok := c.Get("ExitCode"); !ok || code.Float() != 0 {
			return false
		}
	}
	return !strings.Contains(get(task, "StopCode").Str(), "Failed")
}
