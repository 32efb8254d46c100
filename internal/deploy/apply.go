package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/stride-aws/stride/internal/plan"
)

// Progress is told when an action begins, what it is at where it takes long, and when it ends. It is called from several goroutines, one call at a time.
type Progress interface {
	Begin(a *plan.Action)
	Note(a *plan.Action, text string)
	End(a *plan.Action, err error)
}

// Result is what a deploy made, for the lines that follow it.
type Result struct {
	Versions map[string]string // function -> the version that it published
	Machines map[string]string // state machine -> ARN of the version that its alias has now
}

// Apply sends p: each action as soon as those that it needs are done. zips has the path of each function's code. After an error, or
// when ctx ends, nothing new begins; what is under way ends, and the next deploy does the rest.
func (c *Clients) Apply(ctx context.Context, p *plan.Plan, zips map[string]string, progress Progress) (*Result, error) {
	a := &applier{
		Clients: c, plan: p, zips: zips, progress: progress, done: map[string]chan struct{}{},
		result: Result{Versions: map[string]string{}, Machines: map[string]string{}},
		pins:   maps.Clone(p.Pins),
	}
	for i := range p.Actions {
		a.done[p.Actions[i].ID] = make(chan struct{})
	}
	var wg sync.WaitGroup
	for i := range p.Actions {
		wg.Go(func() { a.action(ctx, &p.Actions[i]) })
	}
	wg.Wait()
	return &a.result, a.err(ctx)
}

type applier struct {
	*Clients
	plan     *plan.Plan
	zips     map[string]string
	progress Progress
	done     map[string]chan struct{} // closed when the action succeeded

	mu     sync.Mutex
	pins   map[string]string // function -> version, as far as known
	result Result
	errs   []error
	failed chan struct{}
}

// action waits for what a needs, then sends a's calls.
func (a *applier) action(ctx context.Context, act *plan.Action) {
	if !a.ready(ctx, act) {
		return
	}
	a.report(func(p Progress) { p.Begin(act) })
	err := a.send(ctx, act)
	a.report(func(p Progress) { p.End(act, err) })
	if err != nil {
		a.fail(fmt.Errorf("%s %s: %w", gerund(act.Op), act.ID, err))
		return
	}
	close(a.done[act.ID])
}

// ready waits for the needs of act. It is false when one of them, or anything else, went wrong.
func (a *applier) ready(ctx context.Context, act *plan.Action) bool {
	for _, need := range act.Needs {
		select {
		case <-a.done[need]:
		case <-a.stop():
			return false
		case <-ctx.Done():
			return false
		}
	}
	select {
	case <-a.stop():
		return false
	default:
		return ctx.Err() == nil
	}
}

// stop is closed after the first error.
func (a *applier) stop() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed == nil {
		a.failed = make(chan struct{})
	}
	return a.failed
}

func (a *applier) fail(err error) {
	stop := a.stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.errs = append(a.errs, err)
	select {
	case <-stop:
	default:
		close(a.failed)
	}
}

func (a *applier) report(f func(Progress)) {
	if a.progress == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	f(a.progress)
}

// err is everything that went wrong; of an interrupted deploy only that.
func (a *applier) err(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.Join(a.errs...)
}

func gerund(op plan.Op) string {
	return strings.TrimSuffix(string(op), "e") + "ing"
}

// send makes the calls of one action, in their order.
func (a *applier) send(ctx context.Context, act *plan.Action) error {
	s := sender{applier: a, action: act}
	for _, call := range act.Calls {
		f, ok := senders[call]
		if !ok {
			return fmt.Errorf("nothing sends %s", call)
		}
		if err := a.settle(ctx, func() error { return f(&s, ctx) }); err != nil {
			return explain(call, err)
		}
	}
	if act.Kind == plan.KindFunction && act.Op != plan.Delete {
		return s.ready(ctx)
	}
	return nil
}

// sender is an action on its way: what one call returned that the next needs.
type sender struct {
	*applier
	action   *plan.Action
	revision string // of the function, after the last call
}

// explain adds what to do to errors that the user can do something about.
func explain(call plan.Call, err error) error {
	switch code(err) {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
		return fmt.Errorf("%w; the deploying role needs %s", err, call)
	case "PreconditionFailedException":
		return fmt.Errorf("another deploy changed it meanwhile (%s); run this one again to see what is left", code(err))
	case "EntityAlreadyExists", "EntityAlreadyExistsException", "ResourceConflictException":
		return fmt.Errorf("somebody else made it meanwhile (%w); run this again to see what is left", err)
	}
	return err
}

// senders has what sends each call.
var senders = map[plan.Call]func(*sender, context.Context) error{
	plan.CreateLogGroup:     (*sender).createLogGroup,
	plan.PutRetention:       (*sender).putRetention,
	plan.DeleteLogGroup:     (*sender).deleteLogGroup,
	plan.CreateRole:         (*sender).createRole,
	plan.PutTrust:           (*sender).putTrust,
	plan.PutRolePolicy:      (*sender).putRolePolicy,
	plan.DeleteRolePolicy:   (*sender).deleteRolePolicy,
	plan.KeepStatements:     (*sender).keepStatements,
	plan.DropStatements:     (*sender).dropStatements,
	plan.PutBoundary:        (*sender).putBoundary,
	plan.DeleteBoundary:     (*sender).deleteBoundary,
	plan.TagRole:            (*sender).tagRole,
	plan.DeleteRole:         (*sender).deleteRole,
	plan.CreateFunction:     (*sender).createFunction,
	plan.UpdateSettings:     (*sender).updateSettings,
	plan.UpdateCode:         (*sender).updateCode,
	plan.PublishFunction:    (*sender).publishFunction,
	plan.PutConcurrency:     (*sender).putConcurrency,
	plan.DeleteConcurrency:  (*sender).deleteConcurrency,
	plan.TagFunction:        (*sender).tagFunction,
	plan.DeleteFunction:     (*sender).deleteFunction,
	plan.CreateMachine:      (*sender).createMachine,
	plan.UpdateMachine:      (*sender).updateMachine,
	plan.PublishMachine:     (*sender).publishMachine,
	plan.TagMachine:         (*sender).tagMachine,
	plan.DeleteMachine:      (*sender).deleteMachine,
	plan.DeleteVersion:      (*sender).deleteVersion,
	plan.CreateMachineAlias: (*sender).createAlias,
	plan.UpdateMachineAlias: (*sender).updateAlias,
	plan.DeleteMachineAlias: (*sender).deleteAlias,

	plan.CreateBucket:         (*sender).createBucket,
	plan.PutPublicAccessBlock: (*sender).putPublicAccessBlock,
	plan.PutBucketEncryption:  (*sender).putBucketEncryption,
	plan.EmptyBucket:          (*sender).emptyBucket,
	plan.DeleteBucket:         (*sender).deleteBucket,
	plan.PutObject:            (*sender).putObject,
	plan.DeleteObject:         (*sender).deleteObject,

	plan.CreateScheduleGroup:   (*sender).createScheduleGroup,
	plan.DeleteScheduleGroup:   (*sender).deleteScheduleGroup,
	plan.CreateSchedule:        (*sender).createSchedule,
	plan.UpdateSchedule:        (*sender).updateSchedule,
	plan.DeleteSchedule:        (*sender).deleteSchedule,
	plan.PutRule:               (*sender).putRule,
	plan.PutTargets:            (*sender).putTargets,
	plan.TagRule:               (*sender).tagRule,
	plan.RemoveTargets:         (*sender).removeTargets,
	plan.DeleteRule:            (*sender).deleteRule,
	plan.CreatePipe:            (*sender).createPipe,
	plan.UpdatePipe:            (*sender).updatePipe,
	plan.TagPipe:               (*sender).tagPipe,
	plan.DeletePipe:            (*sender).deletePipe,
	plan.PutBucketNotification: (*sender).putNotification,

	plan.CreateRestAPI: (*sender).createRestAPI,
	plan.PutRestAPI:    (*sender).putRestAPI,
	plan.DeployRestAPI: (*sender).deployRestAPI,
	plan.TagRestAPI:    (*sender).tagRestAPI,
	plan.DeleteRestAPI: (*sender).deleteRestAPI,
}

// pin notes the version that a function has now.
func (a *applier) pin(function, version string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pins[function] = version
	a.result.Versions[function] = version
}

// pinned are the versions so far.
func (a *applier) pinned() map[string]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.pins)
}

func (a *applier) publishedMachine(name, version string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.result.Machines[name] = version
}

func (a *applier) machineVersion(name string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.result.Machines[name]
}

// sortedTags are tags in the order of their names, so that requests are the same each time.
func sortedTags[T any](tags plan.Tags, make func(k, v string) T) []T {
	var out []T
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, make(k, tags[k]))
	}
	return out
}
