package local

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/machine"
)

// activity is a queue of tasks that workers take from.
type activity struct {
	arn, name  string
	created    time.Time
	encryption EncryptionConfiguration

	mu      sync.Mutex
	tags    tagSet
	waiting []*activityTask      // nobody has taken them yet, oldest first
	workers []chan *activityTask // that poll, longest first
}

type activityTask struct {
	token string
	task  *machine.Task
	reply machine.Replier
	ctx   context.Context // ends when nobody wants the task any more
}

// CreateActivityInput are the parameters of CreateActivity.
type CreateActivityInput struct {
	Name                    string                   `json:"name"`
	Tags                    []Tag                    `json:"tags"`
	EncryptionConfiguration *EncryptionConfiguration `json:"encryptionConfiguration"`
}

// CreateActivityOutput is the answer of CreateActivity.
type CreateActivityOutput struct {
	ActivityArn  string     `json:"activityArn"`
	CreationDate epoch.Time `json:"creationDate"`
}

// ownedKey is the encryption that AWS reports of whoever asked for none.
const ownedKey = "AWS_OWNED_KEY"

// CreateActivity makes an activity; one of that name that is there already is the answer.
func (s *Service) CreateActivity(in *CreateActivityInput) (*CreateActivityOutput, error) {
	if err := checkName(in.Name); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.activities.get(in.Name)
	if !ok {
		a = &activity{arn: s.arn("activity", in.Name), name: in.Name, created: s.cloud.Now(), encryption: EncryptionConfiguration{Type: ownedKey}}
		if in.EncryptionConfiguration != nil {
			a.encryption = *in.EncryptionConfiguration
		}
		a.tags.set(in.Tags)
		s.activities.put(a.name, a)
		s.cloud.keep.activity(s, a)
	} else if in.EncryptionConfiguration != nil && *in.EncryptionConfiguration != a.encryption {
		return nil, errorf("ActivityAlreadyExists", "Activity Already Exists: '%s'", a.arn)
	}
	return &CreateActivityOutput{a.arn, epoch.Of(a.created)}, nil
}

// ActivityInput are the parameters of DescribeActivity and DeleteActivity.
type ActivityInput struct {
	ActivityArn string `json:"activityArn"`
}

func (s *Service) activityOf(text string) (*activity, error) {
	var v violations
	v.text("activityArn", text, longestARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	a, err := arnOf(text, "activity")
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, ok := s.activities.get(a.name)
	if !ok || !s.here(a) {
		return nil, noActivity(text)
	}
	return found, nil
}

// DescribeActivityOutput is the answer of DescribeActivity.
type DescribeActivityOutput struct {
	ActivityArn             string                  `json:"activityArn"`
	Name                    string                  `json:"name"`
	CreationDate            epoch.Time              `json:"creationDate"`
	EncryptionConfiguration EncryptionConfiguration `json:"encryptionConfiguration"`
}

// DescribeActivity tells an activity.
func (s *Service) DescribeActivity(in *ActivityInput) (*DescribeActivityOutput, error) {
	a, err := s.activityOf(in.ActivityArn)
	if err != nil {
		return nil, err
	}
	return &DescribeActivityOutput{a.arn, a.name, epoch.Of(a.created), a.encryption}, nil
}

// DeleteActivity removes an activity. One that does not exist is no error.
func (s *Service) DeleteActivity(in *ActivityInput) (*Empty, error) {
	a, err := s.activityOf(in.ActivityArn)
	if err != nil {
		if e, ok := err.(*Error); ok && e.Code == "ActivityDoesNotExist" {
			return &Empty{}, nil
		}
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.activities.remove(a.name)
	s.cloud.keep.activityGone(s, a)
	return &Empty{}, nil
}

// ListActivitiesOutput is the answer of ListActivities.
type ListActivitiesOutput struct {
	Activities []ActivityListItem `json:"activities"`
	NextToken  *string            `json:"nextToken,omitempty"`
}

// ActivityListItem is one activity in a list.
type ActivityListItem struct {
	ActivityArn  string     `json:"activityArn"`
	Name         string     `json:"name"`
	CreationDate epoch.Time `json:"creationDate"`
}

// ListActivities lists the activities by name.
func (s *Service) ListActivities(in *Page) (*ListActivitiesOutput, error) {
	var v violations
	v.page(*in, longestToken)
	if err := v.err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	all := s.activities.all()
	s.mu.RUnlock()
	slices.SortFunc(all, func(a, b *activity) int { return cmp.Compare(a.name, b.name) })
	part, next, err := pageOf("activities", all, *in)
	if err != nil {
		return nil, err
	}
	out := &ListActivitiesOutput{Activities: make([]ActivityListItem, len(part)), NextToken: next}
	for i, a := range part {
		out.Activities[i] = ActivityListItem{a.arn, a.name, epoch.Of(a.created)}
	}
	return out, nil
}

// GetActivityTaskInput are the parameters of GetActivityTask.
type GetActivityTaskInput struct {
	ActivityArn string `json:"activityArn"`
	WorkerName  string `json:"workerName"`
}

// GetActivityTaskOutput is the answer of GetActivityTask; without a task it is empty.
type GetActivityTaskOutput struct {
	TaskToken string `json:"taskToken,omitempty"`
	Input     string `json:"input,omitempty"`
}

// activityPoll is how long GetActivityTask waits for a task. AWS: 60 seconds.
const activityPoll = 60 * time.Second

// GetActivityTask takes the oldest task of an activity, and waits for one where there is none.
func (s *Service) GetActivityTask(ctx context.Context, in *GetActivityTaskInput) (*GetActivityTaskOutput, error) {
	var v violations
	v.optional("workerName", in.WorkerName, longestName)
	if err := v.err(); err != nil {
		return nil, err
	}
	a, err := s.activityOf(in.ActivityArn)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, activityPoll)
	defer cancel()
	t := a.take(ctx)
	if t == nil {
		return &GetActivityTaskOutput{}, nil
	}
	s.cloud.accepted(t.task.Execution.ARN, t.token, machine.Input{Kind: machine.TaskStarted, Worker: in.WorkerName})
	t.reply.Started(in.WorkerName)
	return &GetActivityTaskOutput{t.token, t.task.Input.String()}, nil
}

// take waits for a task until ctx ends; then it is nil.
func (a *activity) take(ctx context.Context) *activityTask {
	a.mu.Lock()
	for len(a.waiting) > 0 {
		t := a.waiting[0]
		a.waiting = a.waiting[1:]
		if t.ctx.Err() == nil {
			a.mu.Unlock()
			return t
		}
	}
	offer := make(chan *activityTask, 1)
	a.workers = append(a.workers, offer)
	a.mu.Unlock()
	select {
	case t := <-offer:
		return t
	case <-ctx.Done():
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.Index(a.workers, offer); i >= 0 {
		a.workers = slices.Delete(a.workers, i, i+1)
		return nil
	}
	return <-offer // given at the same moment
}

// offer gives a task to the worker that polls longest, or queues it.
func (a *activity) offer(t *activityTask) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.workers) > 0 {
		a.workers[0] <- t
		a.workers = a.workers[1:]
		return
	}
	a.waiting = append(a.waiting, t)
}
