package local

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/lint"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/uuid"
)

// Types of state machines.
const (
	Standard = "STANDARD"
	Express  = "EXPRESS"
)

var machineTypes = []string{Standard, Express}

// AWS: quotas for state machines.
const (
	longestARN         = 256
	longestDefinition  = 1 << 20
	longestDescription = 256
	mostVersions       = 1000
	mostAliases        = 100
)

// stateMachine is a state machine with its versions, aliases and the index of its executions.
type stateMachine struct {
	service *Service
	id      string // of its own, in the store: a machine of the same name that was deleted had another
	arn     string
	name    string
	kind    string
	created time.Time

	mu          sync.RWMutex
	current     *revision
	versions    []*version // oldest first
	lastVersion int        // number of the last version ever published
	aliases     table[*alias]
	tags        tagSet
	creation    CreateStateMachineInput // what repeated creations are compared with
	executions  index
	qualified   map[string]*index // executions started through a version or an alias
	lastSeq     int64             // place of the latest execution
	revisions   int               // made so far
}

// revision is one state of a machine's definition and configuration; what its fields say does not change.
type revision struct {
	number     int    // of the machine's revisions, from 0
	filed      bool   // the store has it; guarded by the machine's lock
	id         string // "" before the first update
	definition string
	program    atomic.Pointer[machine.Program] // nil until compiled is first called
	references map[string][]string             // variables by state
	roleARN    string
	logging    LoggingConfiguration
	tracing    TracingConfiguration
	encryption *EncryptionConfiguration
	updated    time.Time
}

// LoggingConfiguration says what of executions is logged where.
type LoggingConfiguration struct {
	Level                string            `json:"level"`
	IncludeExecutionData bool              `json:"includeExecutionData"`
	Destinations         *[]LogDestination `json:"destinations,omitempty"`
}

// LogDestination is one of a LoggingConfiguration's.
type LogDestination struct {
	CloudWatchLogsLogGroup *LogGroup `json:"cloudWatchLogsLogGroup,omitempty"`
}

// LogGroup names a log group of CloudWatch Logs.
type LogGroup struct {
	LogGroupArn string `json:"logGroupArn"`
}

// TracingConfiguration is kept and told. There is no X-Ray: what is held to it is the role.
type TracingConfiguration struct {
	Enabled bool `json:"enabled"`
}

// EncryptionConfiguration is kept and told. There is no KMS: what is held to it is the role.
type EncryptionConfiguration struct {
	Type                         string `json:"type"`
	KmsKeyID                     string `json:"kmsKeyId,omitempty"`
	KmsDataKeyReusePeriodSeconds int    `json:"kmsDataKeyReusePeriodSeconds,omitempty"`
}

// CreateStateMachineInput are the parameters of CreateStateMachine.
type CreateStateMachineInput struct {
	Name                    string                   `json:"name"`
	Definition              string                   `json:"definition"`
	RoleArn                 string                   `json:"roleArn"`
	Type                    string                   `json:"type"`
	LoggingConfiguration    *LoggingConfiguration    `json:"loggingConfiguration"`
	TracingConfiguration    *TracingConfiguration    `json:"tracingConfiguration"`
	EncryptionConfiguration *EncryptionConfiguration `json:"encryptionConfiguration"`
	Tags                    []Tag                    `json:"tags"`
	Publish                 bool                     `json:"publish"`
	VersionDescription      string                   `json:"versionDescription"`
}

// CreateStateMachineOutput is the answer of CreateStateMachine.
type CreateStateMachineOutput struct {
	StateMachineArn        string     `json:"stateMachineArn"`
	CreationDate           epoch.Time `json:"creationDate"`
	StateMachineVersionArn string     `json:"stateMachineVersionArn,omitempty"`
}

// CreateStateMachine makes a machine. The same call again gives the same answer; another one for the name that a machine has is
// refused. AWS: the comparison leaves out roleArn and tags.
func (s *Service) CreateStateMachine(in *CreateStateMachineInput) (*CreateStateMachineOutput, error) {
	if in.Type == "" {
		in.Type = Standard
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if err := s.checkLogging(in.LoggingConfiguration, in.RoleArn); err != nil {
		return nil, err
	}
	program, err := compile(in.Definition, in.Type)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.machines.get(in.Name); ok {
		return old.createdAgain(in)
	}
	m := s.newMachine(in, program)
	s.machines.put(m.name, m)
	s.cloud.keep.machine(m)
	s.openLog(m, m.current)
	return m.creationAnswer(), nil
}

func (in *CreateStateMachineInput) check() error {
	if err := checkName(in.Name); err != nil {
		return err
	}
	var v violations
	v.text("roleArn", in.RoleArn, longestARN)
	v.text("definition", in.Definition, longestDefinition)
	v.oneOf("type", in.Type, machineTypes)
	v.optional("versionDescription", in.VersionDescription, longestDescription)
	if err := v.err(); err != nil {
		return err
	}
	if err := checkRole(in.RoleArn); err != nil {
		return err
	}
	if in.VersionDescription != "" && !in.Publish {
		return validation("Version description can only be set when publish is true")
	}
	return checkTags(in.Tags)
}

func checkRole(arn string) error {
	if len(arn) < 4 || arn[:4] != "arn:" {
		return invalidArn("Invalid Role Arn: " + arn)
	}
	return nil
}

func (s *Service) newMachine(in *CreateStateMachineInput, p *machine.Program) *stateMachine {
	now := s.cloud.Now()
	m := &stateMachine{service: s, id: uuid.New(), revisions: 1, arn: s.arn("stateMachine", in.Name), name: in.Name, kind: in.Type, created: now, creation: *in}
	m.tags.set(in.Tags)
	m.current = &revision{
		definition: in.Definition, references: variableReferences(p.Definition()), roleARN: in.RoleArn,
		encryption: in.EncryptionConfiguration, updated: now,
		logging: completeLogging(in.LoggingConfiguration),
	}
	m.current.program.Store(p)
	if in.TracingConfiguration != nil {
		m.current.tracing = *in.TracingConfiguration
	}
	if in.Publish {
		m.publish(in.VersionDescription)
	}
	return m
}

func completeLogging(c *LoggingConfiguration) LoggingConfiguration {
	full := LoggingConfiguration{}
	if c != nil {
		full = *c
	}
	if full.Level == "" {
		full.Level = LogOff
	}
	return full
}

func (m *stateMachine) creationAnswer() *CreateStateMachineOutput {
	out := &CreateStateMachineOutput{StateMachineArn: m.arn, CreationDate: epoch.Of(m.created)}
	if m.creation.Publish {
		out.StateMachineVersionArn = m.versionARN(1)
	}
	return out
}

func (m *stateMachine) createdAgain(in *CreateStateMachineInput) (*CreateStateMachineOutput, error) {
	old := &m.creation
	same := old.Definition == in.Definition && old.Type == in.Type && old.Publish == in.Publish &&
		old.VersionDescription == in.VersionDescription && sameLogging(old.LoggingConfiguration, in.LoggingConfiguration) &&
		sameOptional(old.TracingConfiguration, in.TracingConfiguration) &&
		sameOptional(old.EncryptionConfiguration, in.EncryptionConfiguration)
	if !same {
		return nil, errorf("StateMachineAlreadyExists", "State Machine Already Exists: '%s'", m.arn)
	}
	return m.creationAnswer(), nil
}

func sameOptional[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func sameLogging(a, b *LoggingConfiguration) bool {
	x, y := completeLogging(a), completeLogging(b)
	return x.Level == y.Level && x.IncludeExecutionData == y.IncludeExecutionData && slices.Equal(x.groups(), y.groups())
}

// groups are the ARNs of the log groups that executions are logged to.
func (c *LoggingConfiguration) groups() []string {
	var arns []string
	if c.Destinations != nil {
		for _, d := range *c.Destinations {
			if d.CloudWatchLogsLogGroup != nil {
				arns = append(arns, d.CloudWatchLogsLogGroup.LogGroupArn)
			}
		}
	}
	return arns
}

// machineOf finds the machine that an ARN names, whatever its qualifier.
func (s *Service) machineOf(a arn) (*stateMachine, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	m, ok := s.machines.get(a.name)
	if !ok || !s.here(a) {
		return nil, noMachine(a.text)
	}
	return m, nil
}

// machineAt finds the machine that a parameter stateMachineArn names, whatever its qualifier, which is the ARN's rest.
func (s *Service) machineAt(text string) (*stateMachine, arn, error) {
	a, err := s.checkedARN("stateMachineArn", text)
	if err != nil {
		return nil, a, err
	}
	m, err := s.machineOf(a)
	return m, a, err
}

// unqualified finds the machine that an ARN without qualifier names. AWS: with one, a machine of that name does not exist.
func (s *Service) unqualified(text string) (*stateMachine, error) {
	a, err := s.checkedARN("stateMachineArn", text)
	if err != nil {
		return nil, err
	}
	if a.rest != "" {
		return nil, noMachine(text)
	}
	return s.machineOf(a)
}

func (s *Service) checkedARN(member, text string) (arn, error) {
	var v violations
	v.text(member, text, longestARN)
	if err := v.err(); err != nil {
		return arn{}, err
	}
	a, err := arnOf(text, "stateMachine")
	if err == nil && a.label != "" {
		err = &Error{Code: "ValidationException", Reason: "API_DOES_NOT_SUPPORT_LABELED_ARNS",
			Message: "This API action does not support labeled state machine ARNs."}
	}
	return a, err
}

// UpdateStateMachineInput are the parameters of UpdateStateMachine.
type UpdateStateMachineInput struct {
	StateMachineArn         string                   `json:"stateMachineArn"`
	Definition              *string                  `json:"definition"`
	RoleArn                 *string                  `json:"roleArn"`
	LoggingConfiguration    *LoggingConfiguration    `json:"loggingConfiguration"`
	TracingConfiguration    *TracingConfiguration    `json:"tracingConfiguration"`
	EncryptionConfiguration *EncryptionConfiguration `json:"encryptionConfiguration"`
	Publish                 bool                     `json:"publish"`
	VersionDescription      string                   `json:"versionDescription"`
}

// UpdateStateMachineOutput is the answer of UpdateStateMachine.
type UpdateStateMachineOutput struct {
	UpdateDate             epoch.Time `json:"updateDate"`
	RevisionID             string     `json:"revisionId,omitempty"`
	StateMachineVersionArn string     `json:"stateMachineVersionArn,omitempty"`
}

// roleAfter is the role that the machine has when it was updated.
func (m *stateMachine) roleAfter(in *UpdateStateMachineInput) string {
	if in.RoleArn != nil {
		return *in.RoleArn
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.current.roleARN
}

// UpdateStateMachine makes a new revision of a machine; one that changes nothing leaves the revision as it is.
func (s *Service) UpdateStateMachine(in *UpdateStateMachineInput) (*UpdateStateMachineOutput, error) {
	m, err := s.unqualified(in.StateMachineArn)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if err := s.checkLogging(in.LoggingConfiguration, m.roleAfter(in)); err != nil {
		return nil, err
	}
	var program *machine.Program
	if in.Definition != nil {
		if program, err = compile(*in.Definition, m.kind); err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := &UpdateStateMachineOutput{UpdateDate: epoch.Of(s.cloud.Now())}
	m.revise(in, program, out.UpdateDate.Time)
	defer s.cloud.keep.machine(m)
	out.RevisionID = m.current.id
	s.openLog(m, m.current)
	if in.Publish {
		v, err := m.publish(in.VersionDescription)
		if err != nil {
			return nil, err
		}
		out.StateMachineVersionArn = m.versionARN(v.number)
	}
	return out, nil
}

func (in *UpdateStateMachineInput) check() error {
	var v violations
	v.given("definition", in.Definition, longestDefinition)
	v.given("roleArn", in.RoleArn, longestARN)
	v.optional("versionDescription", in.VersionDescription, longestDescription)
	if err := v.err(); err != nil {
		return err
	}
	if in.Definition == nil && in.RoleArn == nil && in.LoggingConfiguration == nil && in.TracingConfiguration == nil && in.EncryptionConfiguration == nil {
		return errorf("MissingRequiredParameter", "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified")
	}
	if in.RoleArn != nil {
		if err := checkRole(*in.RoleArn); err != nil {
			return err
		}
	}
	if in.VersionDescription != "" && !in.Publish {
		return validation("Version description can only be set when publish is true")
	}
	return nil
}

// revise makes the revision that in asks for the current one, unless it is the same.
func (m *stateMachine) revise(in *UpdateStateMachineInput, p *machine.Program, now time.Time) {
	next := m.current.successor(m.revisions)
	if p != nil {
		next.definition, next.references = *in.Definition, variableReferences(p.Definition())
		next.program.Store(p)
	}
	if in.RoleArn != nil {
		next.roleARN = *in.RoleArn
	}
	if in.LoggingConfiguration != nil {
		next.logging = completeLogging(in.LoggingConfiguration)
	}
	if in.TracingConfiguration != nil {
		next.tracing = *in.TracingConfiguration
	}
	if in.EncryptionConfiguration != nil {
		next.encryption = in.EncryptionConfiguration
	}
	if next.sameAs(m.current) {
		return
	}
	next.id, next.updated = uuid.New(), now
	m.current = next
	m.revisions++
}

// successor is a revision like r, under another number.
func (r *revision) successor(number int) *revision {
	next := &revision{number: number, id: r.id, definition: r.definition, references: r.references, roleARN: r.roleARN,
		logging: r.logging, tracing: r.tracing, encryption: r.encryption, updated: r.updated}
	next.program.Store(r.program.Load())
	return next
}

func (r *revision) sameAs(old *revision) bool {
	return r.definition == old.definition && r.roleARN == old.roleARN && sameLogging(&r.logging, &old.logging) &&
		r.tracing == old.tracing && sameOptional(r.encryption, old.encryption)
}

// DeleteStateMachineInput are the parameters of DeleteStateMachine.
type DeleteStateMachineInput struct {
	StateMachineArn string `json:"stateMachineArn"`
}

// Empty is the answer of operations that have nothing to say.
type Empty struct{}

// DeleteStateMachine removes a machine with its versions, aliases and executions; running ones end. One that does not exist is
// no error.
func (s *Service) DeleteStateMachine(in *DeleteStateMachineInput) (*Empty, error) {
	a, err := s.checkedARN("stateMachineArn", in.StateMachineArn)
	if err != nil {
		return nil, err
	}
	m, err := s.machineOf(a)
	if err != nil || a.rest != "" {
		return &Empty{}, nil
	}
	s.mu.Lock()
	s.machines.remove(m.name)
	s.cloud.keep.machineGone(m)
	s.mu.Unlock()
	s.forget(m)
	return &Empty{}, nil
}

// DescribeStateMachineInput are the parameters of DescribeStateMachine.
type DescribeStateMachineInput struct {
	StateMachineArn string `json:"stateMachineArn"`
	IncludedData    string `json:"includedData"`
}

// DescribeStateMachineOutput is the answer of DescribeStateMachine and, with other fields set, of
// DescribeStateMachineForExecution.
type DescribeStateMachineOutput struct {
	StateMachineArn         string                   `json:"stateMachineArn"`
	Name                    string                   `json:"name"`
	Status                  string                   `json:"status,omitempty"`
	Definition              string                   `json:"definition"`
	RoleArn                 string                   `json:"roleArn"`
	Type                    string                   `json:"type,omitempty"`
	CreationDate            *epoch.Time              `json:"creationDate,omitempty"`
	UpdateDate              *epoch.Time              `json:"updateDate,omitempty"`
	LoggingConfiguration    LoggingConfiguration     `json:"loggingConfiguration"`
	TracingConfiguration    TracingConfiguration     `json:"tracingConfiguration"`
	EncryptionConfiguration *EncryptionConfiguration `json:"encryptionConfiguration,omitempty"`
	RevisionID              string                   `json:"revisionId,omitempty"`
	Description             string                   `json:"description,omitempty"`
	Label                   string                   `json:"label,omitempty"`
	MapRunArn               string                   `json:"mapRunArn,omitempty"`
	VariableReferences      map[string][]string      `json:"variableReferences,omitempty"`
}

// What includedData may say.
const (
	allData      = "ALL_DATA"
	metadataOnly = "METADATA_ONLY"
)

func checkIncluded(included string) error {
	var v violations
	v.oneOf("includedData", included, []string{allData, metadataOnly})
	return v.err()
}

// DescribeStateMachine tells a machine's current revision, or the revision of the version that the ARN names.
func (s *Service) DescribeStateMachine(in *DescribeStateMachineInput) (*DescribeStateMachineOutput, error) {
	if err := checkIncluded(in.IncludedData); err != nil {
		return nil, err
	}
	m, a, err := s.machineAt(in.StateMachineArn)
	if err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	r, description, created := m.current, "", epoch.Of(m.created)
	if a.rest != "" {
		v := m.version(a.rest)
		if v == nil {
			return nil, noMachine(a.text)
		}
		r, description, created = v.revision, v.description, epoch.Of(v.created)
	}
	out := m.describe(r, in.IncludedData)
	out.StateMachineArn, out.Description, out.CreationDate = a.text, description, &created
	out.Status, out.Type = "ACTIVE", m.kind
	return out, nil
}

func (m *stateMachine) describe(r *revision, included string) *DescribeStateMachineOutput {
	out := &DescribeStateMachineOutput{
		StateMachineArn: m.arn, Name: m.name, Definition: r.definition, RoleArn: r.roleARN,
		LoggingConfiguration: r.logging, TracingConfiguration: r.tracing, EncryptionConfiguration: r.encryption,
		RevisionID: r.id, VariableReferences: r.references,
	}
	if included == metadataOnly {
		out.Definition = ""
		out.VariableReferences = nil
	}
	return out
}

// ListStateMachinesOutput is the answer of ListStateMachines.
type ListStateMachinesOutput struct {
	StateMachines []StateMachineListItem `json:"stateMachines"`
	NextToken     *string                `json:"nextToken,omitempty"`
}

// StateMachineListItem is one machine in a list.
type StateMachineListItem struct {
	StateMachineArn string     `json:"stateMachineArn"`
	Name            string     `json:"name"`
	Type            string     `json:"type"`
	CreationDate    epoch.Time `json:"creationDate"`
}

// ListStateMachines lists the machines by name.
func (s *Service) ListStateMachines(in *Page) (*ListStateMachinesOutput, error) {
	var v violations
	v.page(*in, longestToken)
	if err := v.err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	all := s.machines.all()
	s.mu.RUnlock()
	slices.SortFunc(all, func(a, b *stateMachine) int { return cmp.Compare(a.name, b.name) })
	part, next, err := pageOf("machines", all, *in)
	if err != nil {
		return nil, err
	}
	out := &ListStateMachinesOutput{StateMachines: make([]StateMachineListItem, len(part)), NextToken: next}
	for i, m := range part {
		out.StateMachines[i] = StateMachineListItem{m.arn, m.name, m.kind, epoch.Of(m.created)}
	}
	return out, nil
}

// compile parses and validates a definition as creating a machine does.
func compile(definition, kind string) (*machine.Program, error) {
	def, err := asl.Parse(definition, "")
	if err != nil {
		return nil, invalidDefinition(parseFinding(definition, err))
	}
	if found := lint.Validate(def, lint.Options{Type: kind, Knows: sdk.Knows}).Errors(); len(found) > 0 {
		return nil, invalidDefinition(found...)
	}
	return compileProgram(def)
}
