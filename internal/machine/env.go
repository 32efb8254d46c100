package machine

import (
	"context"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// Env is the world as one or many executions see it. All fields may be nil; what that means is said at each. The functions
// are called from the loop of an execution and must not block it: what takes time goes on elsewhere and comes back through
// the Replier.
type Env struct {
	// Clock tells the time and waits for it. nil: RealClock().
	Clock Clock

	// StartTask starts the task t and answers through r, before it returns or later from any goroutine. It may keep t,
	// which does not change. ctx ends when the task is no longer wanted: timed out, its execution over. A distributed Map
	// reads its items and writes its results through tasks, too: s3:getObject (whose answer has the content as Body),
	// s3:listObjectsV2 and s3:putObject; these show in no event. nil: every task fails with States.Runtime.
	StartTask func(ctx context.Context, t *Task, r Replier)

	// StartChild starts the child execution c of a distributed Map and answers through r: Succeeded with the child's output
	// or Failed. ctx ends when the map run is over. nil: the child runs in this process, in this Env, without events.
	StartChild func(ctx context.Context, c *Child, r Replier)

	// MapRun is told of a distributed Map's run when it starts, each time that its counts change, and when it ends. The
	// MapRun is a copy. nil: nobody is told.
	MapRun func(MapRun)

	// NewID makes a unique id (a UUID) for task tokens, map runs and States.UUID. nil: random UUIDs.
	NewID func() string

	// Random makes a number in [0, 1) for jitter and random functions. nil: math/rand.
	Random func() float64

	// Emit takes each event in order. The event must not be changed; it may be kept. nil: no event is even built.
	Emit func(*history.Event)

	// Visit takes each state that is entered and each way out of one that is one of several, as it is taken: what no event tells,
	// where two rules lead to one state or a map's child execution runs here. It is called from many goroutines, and must not
	// block. nil: nobody is told.
	Visit func(Visit)

	// Journal takes each input that the execution reacts to, before it does. Given back to Run.Replay in the same order, with
	// a NewID and a Random that repeat themselves (Seed), they repeat the run. nil: not kept.
	Journal func(Input)

	// Replayed is told when a run that is given its journal (Run.Replay) has come to its end, and has started again the tasks that
	// were under way. nil: nobody is told.
	Replayed func()

	seeded bool
}

// A Task is one attempt at the work of a Task state. It is not changed once started.
type Task struct {
	// Seq is the number of this task in its execution, from 1; a replayed run gives it again.
	Seq       int64
	Execution *Execution
	State     string
	Attempt   int // retries before this one
	Resource  *Resource
	Input     value.Value // what the state sends: the effective Parameters or Arguments, or else its input
	// Token is the task token that the state has handed out; "" where nobody could know it. The Env may be told of the
	// task's end under this token: through SendTaskSuccess and its like.
	Token     string
	Timeout   time.Duration // 0: none. The machine itself watches it.
	Heartbeat time.Duration // 0: none. The machine itself watches it, of tasks with a Token.
	RoleARN   string        // of the state's Credentials; "" for the execution's role
	// Submitted says that the task was already submitted before the run was interrupted: the Env attaches to it, by its Token or
	// by SubmitOutput, and must not start it again.
	Submitted    bool
	SubmitOutput history.Text
}

// A Replier takes the answers to a task. Calls after the last answer (Succeeded, Failed, TimedOut) do nothing. Its methods may
// be called from any goroutine.
type Replier interface {
	// Started says that the work began. Optional: an answer implies it. worker is an activity worker's name, or "".
	Started(worker string)
	// Submitted says that a task with a pattern (.sync, .waitForTaskToken) was handed over, with the service's answer.
	Submitted(output history.Text)
	// Succeeded ends the task. A text that is not JSON fails the state.
	Succeeded(output history.Text)
	// Failed ends the task.
	Failed(Failure)
	// TimedOut ends the task with States.Timeout.
	TimedOut()
	// Heartbeat starts the task's heartbeat time anew.
	Heartbeat()
	// Park says that the task waits for something that nobody in this process works on, or that keeps the clock by itself: a
	// virtual clock no longer waits for it. Without it, time stands still until the task answers.
	Park()
}

// Stage is how far a task had come when it failed; it decides the type of the event.
type Stage uint8

const (
	Running    Stage = iota // TaskFailed, LambdaFunctionFailed, ActivityFailed
	Scheduling              // LambdaFunctionScheduleFailed, ActivityScheduleFailed
	Starting                // TaskStartFailed, LambdaFunctionStartFailed
	Submitting              // TaskSubmitFailed
)

// A Failure is how a task failed.
type Failure struct {
	Error string
	Cause history.Text
	Stage Stage
}

// Execution is what is run, as the caller named it.
type Execution struct {
	ARN, Name string
	StartTime time.Time
	Input     value.Value
	// InputText is the input as it was sent, which AWS echoes; "" for Input's compact JSON.
	InputText               string
	RoleARN                 string
	MachineARN, MachineName string
	AliasARN, VersionARN    string // of what was started, if it was an alias or a version
	Express                 bool
	Redrives                int       // how often it was redriven before this run
	RedriveTime             time.Time // of the last of them
	MapRunARN               string    // of a child execution
}

// A Visit is a state that was entered or, where it has a Field, a choice rule, retrier or catcher of it that was used.
type Visit struct {
	State string
	Field string // "", Choices, Default, Retry or Catch
	Index int    // in the field; 0 for Default
}

// Status is the state of an execution, in AWS's words.
type Status string

const (
	RunningStatus Status = "RUNNING" // only where Wait's context ended first
	Succeeded     Status = "SUCCEEDED"
	Failed        Status = "FAILED"
	TimedOut      Status = "TIMED_OUT"
	Aborted       Status = "ABORTED"
)

// Result is how an execution ended.
type Result struct {
	Status Status
	Output value.Value // of Succeeded
	// Error and Cause of Failed, TimedOut and Aborted; both may be absent.
	Error, Cause history.Text
	Time         time.Time // when it ended, on the Env's clock
}

// A Child is one child execution of a distributed Map.
type Child struct {
	Seq       int64
	Execution *Execution
	Program   *Program
	Label     string // the Map state's, or one made up for it
}

// A MapRun is the state of a distributed Map's run. AWS: DescribeMapRun.
type MapRun struct {
	ARN                        string
	Execution                  *Execution
	State                      string
	Status                     Status
	Start, Stop                time.Time
	MaxConcurrency             int
	ToleratedFailureCount      int
	ToleratedFailurePercentage float64
	Items, Children            Counts
}

// Counts of a map run's items or child executions.
type Counts struct {
	Total, Pending, Running, Succeeded, Failed, TimedOut, Aborted, ResultsWritten int
}

// InputKind says what an Input is.
type InputKind string

// The inputs that an execution reacts to.
const (
	TaskStarted   InputKind = "Started"
	TaskSubmitted InputKind = "Submitted"
	TaskSucceeded InputKind = "Succeeded"
	TaskFailed    InputKind = "Failed"
	TaskTimedOut  InputKind = "TimedOut"
	TaskHeartbeat InputKind = "Heartbeat"
	TimerFired    InputKind = "Timer"
	Stopped       InputKind = "Stopped"
	Redriven      InputKind = "Redriven"
	MapRunUpdated InputKind = "MapRun"
)

// A MapRunUpdate is new limits of a map run; nil leaves one as it is.
type MapRunUpdate struct {
	ARN                        string
	MaxConcurrency             *int // 0: no limit of its own
	ToleratedFailureCount      *int
	ToleratedFailurePercentage *float64
}

// An Input is one thing from outside that an execution reacts to. A journal of them, in order, repeats the run.
type Input struct {
	Kind    InputKind
	Time    time.Time
	Seq     int64 // of the task or the timer
	Worker  string
	Output  history.Text // of Submitted and Succeeded
	Failure Failure      // of Failed; error and cause of Stopped
	Update  *MapRunUpdate
}
