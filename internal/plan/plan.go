// Package plan is a deployment as data: what is wanted (Desired, from project), what is there (Actual, from deploy.Read), and Make,
// which says how to get from one to the other. A Plan is what `plan` prints and what deploy.Apply sends: nothing decides
// between the two. Text, JSON and Markdown print it. No I/O, no clock.
package plan

import (
	"time"

	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/value"
)

// The tags that say whose a resource is. stride touches nothing without them, and keeps no other record of what it made.
const (
	TagProject  = "stride:project"
	TagEnv      = "stride:env"
	TagWorkflow = "stride:workflow" // of machines and what only they use
)

// AliasName is the state machine alias that callers use and that a deploy moves last.
const AliasName = "current"

// Place is where a deployment goes.
type Place struct {
	Partition string `json:"partition"` // as "aws"
	Account   string `json:"account"`   // id of the AWS account
	Region    string `json:"region"`    // AWS region
}

// ARN is the name of a resource here: ARN("lambda", "function:pay").
func (p Place) ARN(service, rest string) string {
	region := p.Region
	if service == "iam" {
		region = ""
	}
	return "arn:" + p.Partition + ":" + service + ":" + region + ":" + p.Account + ":" + rest
}

// Desired is everything that a project wants in one environment. Lists are sorted by name.
type Desired struct {
	Project, Env string
	Place        Place
	LogGroups    []LogGroup
	Roles        []Role
	Functions    []Function
	Machines     []Machine
	Bucket       *Bucket // nil: none

	Triggers      []Trigger
	ScheduleGroup ScheduleGroup
	EventBuckets  []string // buckets whose events triggers wait for
}

// Actual is what is there under the names that Desired has.
type Actual struct {
	Place     Place
	LogGroups map[string]LogGroup
	Roles     map[string]Role
	Functions map[string]LiveFunction
	Machines  map[string]LiveMachine
	Buckets   map[string]LiveBucket

	Triggers       map[string]Trigger // by ID
	ScheduleGroups map[string]ScheduleGroup
	EventBuckets   map[string]bool // whether a bucket's events go to EventBridge

	Alarms map[string]bool // names of the CloudWatch alarms that are there, of those that rollouts watch
}

// Tags are a resource's.
type Tags map[string]string

// LogGroup is a CloudWatch log group.
type LogGroup struct {
	Name      string
	Retention int // days; 0: for ever
	KMSKey    string
	Tags      Tags
}

// Role is an IAM role with one inline policy.
type Role struct {
	Name, Path string // Path begins and ends in "/"
	Trust      *policy.Document
	Policy     *policy.Document // nil: none
	Grants     policy.Grants    // why Policy is what it is; only of a desired role
	Boundary   string           // ARN of the permissions boundary; "" for none
	Tags       Tags
	// Earlier are the statements that a plan takes out of Policy, and that versions which may still run need: they move to a
	// policy of their own until Collect finds that no such version is left.
	Earlier []policy.Statement
}

// Function is a Lambda function: of a live one, its $LATEST.
type Function struct {
	Name        string
	Handler     string // "payments.Charge", as definitions refer to it
	Code        Code
	Settings    Settings
	Concurrency int // reserved; 0: none
	Tags        Tags
	Source      string // "lambdas/payments/payments.go:12", where the handler stands; "" where not known
}

// Code is a function's zip.
type Code struct {
	SHA256 string // base64, as Lambda reports it
	Size   int64
	// Packages has a version or hash for each package that the code was made of, and for "go"; nil where not known.
	Packages map[string]string
}

// Settings are what UpdateFunctionConfiguration sets.
type Settings struct {
	Role, Runtime, Handler, Architecture string
	Description                          string
	Memory, Timeout, Storage             int // MB, seconds, MB
	Env                                  map[string]string
	Tracing                              bool // X-Ray, active
	KMSKey                               string
	Subnets, SecurityGroups              []string
	LogGroup                             string // "" is Lambda's own choice, /aws/lambda/NAME
}

// LiveFunction is a function as it stands.
type LiveFunction struct {
	Function
	Revision string           // of $LATEST: a guard against another deploy
	Newest   *FunctionVersion // the highest published; nil: none
}

// FunctionVersion is an immutable published version.
type FunctionVersion struct {
	Number   string
	SHA256   string
	Settings Settings
}

// Machine is a state machine.
type Machine struct {
	Name       string
	Workflow   string // the flow.Workflow's name
	Type       string // STANDARD or EXPRESS
	Definition value.Value
	// Functions has the Lambda function for each handler that Definition refers to as ${fn:HANDLER}; nil of a live machine.
	Functions map[string]string
	// Machines has the state machine for each workflow that Definition refers to as ${workflow:NAME}.
	Machines map[string]string
	Role     string // ARN
	Logging  Logging
	Tracing  bool
	KMSKey   string
	Tags     Tags
	Rollout  Rollout // no part of a version; only of a desired machine
	// Source has the Go place of each state by its JSON Pointer, for annotations; nil where not known.
	Source map[string]string
	// Packages are marks of the packages that the machine's functions are made of, which a deploy records beside the version's Content.
	// Make sets it; "" where not known.
	Packages string
}

// Logging is a machine's logging configuration.
type Logging struct {
	Level       string // ALL, ERROR, FATAL, OFF
	IncludeData bool
	LogGroup    string // ARN ending in ":*"; "" with OFF
}

// LiveMachine is a state machine as it stands.
type LiveMachine struct {
	Machine
	Alias   *Alias  // nil: none
	Running Running // only of STANDARD
}

// Running is how many executions run on each version of a machine, by its number; "" are those that were started without one. Up to
// 1,000 are counted.
type Running map[string]int

// Total is the number of running executions.
func (r Running) Total() int {
	n := 0
	for _, count := range r {
		n += count
	}
	return n
}

// Alias is what AliasName points to.
type Alias struct {
	Version string // ARN of the version that gets the executions; during a rollout of the one that they come from
	Content string // Content of that version, as the deploy that moved the alias recorded it
	// Packages are the marks of the packages that the functions of that version were made of: Machine.Packages, recorded likewise.
	Packages string
	// Next is the ARN of the version that a rollout moves the executions to, and Weight the percentage that it has; "" and 0 where
	// none is under way. It is the later of two versions.
	Next   string
	Weight int
	Moved  time.Time // when the alias was last changed
}

// Kind is what an action is about.
type Kind string

const (
	KindLogGroup Kind = "log group"
	KindRole     Kind = "role"
	KindFunction Kind = "function"
	KindMachine  Kind = "workflow"
	KindAlias    Kind = "alias"
	KindBucket   Kind = "bucket"

	KindSchedule      Kind = "schedule"
	KindScheduleGroup Kind = "schedule group"
	KindRule          Kind = "rule"
	KindPipe          Kind = "pipe"
	KindAPI           Kind = "api" // a REST API of API Gateway
	KindBucketEvents  Kind = "events of bucket"
	// A version's name is its machine's or function's, a colon and its number.
	KindMachineVersion  Kind = "workflow version"
	KindFunctionVersion Kind = "function version"
)

// Op is what an action does to it.
type Op string

const (
	Create Op = "create"
	Update Op = "update"
	Delete Op = "delete"
)

// Call is one API call: what an action sends, in order.
type Call string

const (
	CreateLogGroup     Call = "logs:CreateLogGroup"
	PutRetention       Call = "logs:PutRetentionPolicy"
	DeleteLogGroup     Call = "logs:DeleteLogGroup"
	CreateRole         Call = "iam:CreateRole"
	PutTrust           Call = "iam:UpdateAssumeRolePolicy"
	PutRolePolicy      Call = "iam:PutRolePolicy"
	DeleteRolePolicy   Call = "iam:DeleteRolePolicy"
	KeepStatements     Call = "iam:PutRolePolicy earlier"    // Role.Earlier, beside what is kept already
	DropStatements     Call = "iam:DeleteRolePolicy earlier" // no version needs them
	PutBoundary        Call = "iam:PutRolePermissionsBoundary"
	DeleteBoundary     Call = "iam:DeleteRolePermissionsBoundary"
	TagRole            Call = "iam:TagRole"
	DeleteRole         Call = "iam:DeleteRole"
	CreateFunction     Call = "lambda:CreateFunction" // publishes
	UpdateSettings     Call = "lambda:UpdateFunctionConfiguration"
	UpdateCode         Call = "lambda:UpdateFunctionCode" // publishes
	PublishFunction    Call = "lambda:PublishVersion"
	PutConcurrency     Call = "lambda:PutFunctionConcurrency"
	DeleteConcurrency  Call = "lambda:DeleteFunctionConcurrency"
	TagFunction        Call = "lambda:TagResource"
	DeleteFunction     Call = "lambda:DeleteFunction"     // of an action about a version: only that
	CreateMachine      Call = "states:CreateStateMachine" // publishes
	UpdateMachine      Call = "states:UpdateStateMachine" // publishes
	PublishMachine     Call = "states:PublishStateMachineVersion"
	TagMachine         Call = "states:TagResource"
	DeleteMachine      Call = "states:DeleteStateMachine"
	DeleteVersion      Call = "states:DeleteStateMachineVersion"
	CreateMachineAlias Call = "states:CreateStateMachineAlias"
	UpdateMachineAlias Call = "states:UpdateStateMachineAlias"
	DeleteMachineAlias Call = "states:DeleteStateMachineAlias"

	CreateBucket         Call = "s3:CreateBucket"
	PutPublicAccessBlock Call = "s3:PutPublicAccessBlock"
	PutBucketEncryption  Call = "s3:PutBucketEncryption"
	EmptyBucket          Call = "s3:DeleteObjects"
	DeleteBucket         Call = "s3:DeleteBucket"
	PutObject            Call = "s3:PutObject" // the code of a function
	DeleteObject         Call = "s3:DeleteObject"

	CreateScheduleGroup   Call = "scheduler:CreateScheduleGroup"
	DeleteScheduleGroup   Call = "scheduler:DeleteScheduleGroup"
	CreateSchedule        Call = "scheduler:CreateSchedule"
	UpdateSchedule        Call = "scheduler:UpdateSchedule"
	DeleteSchedule        Call = "scheduler:DeleteSchedule"
	PutRule               Call = "events:PutRule"
	PutTargets            Call = "events:PutTargets"
	TagRule               Call = "events:TagResource"
	RemoveTargets         Call = "events:RemoveTargets"
	DeleteRule            Call = "events:DeleteRule"
	CreatePipe            Call = "pipes:CreatePipe"
	UpdatePipe            Call = "pipes:UpdatePipe"
	TagPipe               Call = "pipes:TagResource"
	DeletePipe            Call = "pipes:DeletePipe"
	PutBucketNotification Call = "s3:PutBucketNotificationConfiguration"

	// IAM knows API Gateway's calls by their method and path.
	CreateRestAPI Call = "apigateway:POST on /restapis"
	PutRestAPI    Call = "apigateway:PUT on /restapis/*"
	DeployRestAPI Call = "apigateway:POST on /restapis/*/deployments"
	TagRestAPI    Call = "apigateway:PUT on /tags/*"
	DeleteRestAPI Call = "apigateway:DELETE on /restapis/*"
)

// Plan is a deployment that has not happened yet.
type Plan struct {
	Project, Env string
	Place        Place
	Actions      []Action // in an order in which they could be done one after the other
	Problems     []Problem
	// Pins are the function versions that are known before anything is published, by the function's name.
	Pins map[string]string
	// Running has the running executions of each machine that changes.
	Running   map[string]Running
	Costs     []Cost // of each machine that changes, or is new
	Unchanged int    // resources that are as wanted
}

// Empty is whether there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Actions) == 0 }

// Action is one step of a plan: calls about one resource, which may begin when the actions it needs are done.
type Action struct {
	ID      string
	Kind    Kind
	Op      Op
	Name    string
	Changes []Change
	Needs   []string // IDs
	Calls   []Call

	// What the calls send: one of them, as Kind says. An alias has its machine.
	LogGroup *LogGroup
	Role     *Role
	Function *Function
	Machine  *Machine
	Bucket   *Bucket // of a function: where its code goes through

	Trigger       *Trigger
	ScheduleGroup *ScheduleGroup
	// Was is the definition that a machine has now, Undefined of a new one.
	Was value.Value
	// Revision is what the plan saw, so that another deploy is noticed: of a function its revision, of an alias its version.
	Revision string
}

// Change is one difference, in words that its reader knows.
type Change struct {
	Path   string // "memory", "state Charge: Retry[0].MaxAttempts"
	Op     Op
	Before string // "" of what is created
	After  string // "" of what is deleted
	Text   string // all of it in words, "Retry of Charge 3 -> 5"; "" where Path, Before and After say it
	State  string // JSON Pointer of the state that it is about, in the definition that has it
	Source string // "workflows/fulfilment.go:31", where the change comes from that place
	Reason string // "changed: lambdas/payments", where that is known
}

// Problem is why a resource that is there must not be touched without being asked.
type Problem struct {
	Resource string
	Message  string
	Fatal    bool // somebody else's: it stays so whatever is answered
}

func id(kind Kind, name string) string { return string(kind) + " " + name }
