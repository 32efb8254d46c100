package lambda

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/server/wire"
)

const latest = "$LATEST"

// function is a Lambda function with all that hangs on its name.
type function struct {
	arn       string
	latest    *version
	published []*version // in the order of their numbers
	numbers   int        // given so far; those of deleted versions are not used again
	aliases   map[string]*alias
	tags      wire.Tags
	policies  map[string]*policy // by qualifier, "" for the function
	reserved  *int               // concurrent executions
	running   int
}

// version is one state of a function's code and configuration.
type version struct {
	Configuration
	code     []byte // the zip
	settled  time.Time
	creating bool      // until settled it is Pending; else an update is InProgress
	launcher *launcher // of its processes; nil before the first invocation
}

// Configuration is what AWS calls FunctionConfiguration.
type Configuration struct {
	FunctionName, FunctionArn, Runtime, Role, Handler string
	CodeSize                                          int
	Description                                       string
	Timeout, MemorySize                               int
	LastModified, CodeSha256, Version                 string
	VpcConfig, DeadLetterConfig                       json.RawMessage `json:",omitempty"`
	Environment                                       *Environment    `json:",omitempty"`
	KMSKeyArn                                         string          `json:",omitempty"`
	TracingConfig                                     Tracing
	RevisionId                                        string
	Layers                                            json.RawMessage `json:",omitempty"`
	State                                             string
	StateReason, StateReasonCode                      string `json:",omitempty"`
	LastUpdateStatus                                  string `json:",omitempty"`
	LastUpdateStatusReason                            string `json:",omitempty"`
	LastUpdateStatusReasonCode                        string `json:",omitempty"`
	PackageType                                       string
	Architectures                                     []string
	EphemeralStorage                                  Storage
	SnapStart                                         SnapStart
	LoggingConfig                                     Logging
}

// The structures of a Configuration, as AWS names them.
type (
	Environment struct{ Variables map[string]string }
	Tracing     struct{ Mode string }
	Storage     struct{ Size int }
	SnapStart   struct{ ApplyOn, OptimizationStatus string }
	Logging     struct {
		LogFormat, LogGroup                 string
		ApplicationLogLevel, SystemLogLevel string `json:",omitempty"`
	}
)

const creatingReason = "The function is being created."

// view is the configuration as it is told now; changed is true in the answer to the call that changed it.
func (v *version) view(now time.Time, changed bool) Configuration {
	c := v.Configuration
	c.State, c.LastUpdateStatus = "Active", "Successful"
	switch {
	case !changed && !now.Before(v.settled):
	case v.creating:
		c.State, c.StateReason, c.StateReasonCode, c.LastUpdateStatus = "Pending", creatingReason, "Creating", ""
	default:
		c.LastUpdateStatus, c.LastUpdateStatusReason, c.LastUpdateStatusReasonCode = "InProgress", creatingReason, "Creating"
	}
	return c
}

// touch notes a change of v.
func (s *Service) touch(v *version) {
	now := s.o.Now()
	v.LastModified = now.UTC().Format("2006-01-02T15:04:05.000+0000")
	v.RevisionId = wire.NewRequestID()
	v.settled = now.Add(s.o.Settle)
}

// busy says why f cannot be changed now.
func (s *Service) busy(f *function) error {
	switch now := s.o.Now(); {
	case !now.Before(f.latest.settled):
		return nil
	case f.latest.creating:
		return conflict("The operation cannot be performed at this time. The function is currently in the following state: Pending")
	}
	return conflict("The operation cannot be performed at this time. An update is in progress for resource: %s", f.arn)
}

// target is what a FunctionName and a Qualifier mean.
type target struct {
	place
	name, qualifier string
}

func (t target) arn() string {
	arn := fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", t.region, t.account, t.name)
	if t.qualifier != "" {
		arn += ":" + t.qualifier
	}
	return arn
}

var functionName = lazyregexp.New(`^(?:(?:arn:aws[a-zA-Z-]*:lambda:)?(?:([a-z]{2}(?:-[a-z]+)+-\d):)?(\d{12}):function:|function:)?([a-zA-Z0-9-_]{1,64})(?::(\$LATEST|[a-zA-Z0-9-_]+))?$`)

// resolve reads a function's name, ARN or partial ARN, with or without its qualifier.
func resolve(p place, name, qualifier string) (target, error) {
	m := functionName.FindStringSubmatch(name)
	if m == nil {
		return target{}, violated(name, "functionName", `satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`)
	}
	t := target{p, m[3], m[4]}
	if m[1] != "" {
		t.region = m[1]
	}
	if m[2] != "" {
		t.account = m[2]
	}
	if t.qualifier != "" && qualifier != "" && t.qualifier != qualifier {
		return target{}, invalid("The derived qualifier from the function name does not match the specified qualifier.")
	}
	if qualifier != "" {
		t.qualifier = qualifier
	}
	return t, nil
}

func (s *Service) targetOf(c *wire.Call) (target, error) {
	return resolve(place{c.Account, c.Region}, c.Path["FunctionName"], c.HTTP.URL.Query().Get("Qualifier"))
}

// find is called with the lock held, as all below are.
func (s *Service) find(c *wire.Call) (*function, target, error) {
	t, err := s.targetOf(c)
	if err != nil {
		return nil, t, err
	}
	f := s.functions[t.place][t.name]
	if f == nil {
		return nil, t, notFound("Function not found: %s", t.arn())
	}
	return f, t, nil
}

// findVersion is the version that the call's qualifier, a number or an alias, leads to.
func (s *Service) findVersion(c *wire.Call) (*function, *version, target, error) {
	f, t, err := s.find(c)
	if err != nil {
		return nil, nil, t, err
	}
	v := f.version(t.qualifier)
	if v == nil {
		return nil, nil, t, notFound("Function not found: %s", t.arn())
	}
	return f, v, t, nil
}

// version is nil where there is none.
func (f *function) version(qualifier string) *version {
	if a := f.aliases[qualifier]; a != nil {
		qualifier = a.FunctionVersion
	}
	if qualifier == "" || qualifier == latest {
		return f.latest
	}
	if i := slices.IndexFunc(f.published, func(v *version) bool { return v.Version == qualifier }); i >= 0 {
		return f.published[i]
	}
	return nil
}

// publish makes a version of what is latest, unless the last version is just that.
func (s *Service) publish(f *function, description *string) *version {
	if n := len(f.published); n > 0 && sameContent(f.published[n-1], f.latest, description) {
		return f.published[n-1]
	}
	f.numbers++
	v := &version{Configuration: f.latest.Configuration, code: f.latest.code}
	v.Version = strconv.Itoa(f.numbers)
	v.FunctionArn = f.arn + ":" + v.Version
	v.RevisionId = wire.NewRequestID()
	v.settled = f.latest.settled
	if description != nil && *description != "" {
		v.Description = *description
	}
	f.published = append(f.published, v)
	return v
}

// sameContent compares what a version is made of: AWS publishes nothing new when it has not changed.
func sameContent(published, latest *version, description *string) bool {
	content := func(v *version) string {
		c := v.Configuration
		c.FunctionArn, c.Version, c.RevisionId, c.LastModified, c.Description = "", "", "", "", ""
		text, _ := json.Marshal(c) // strings and numbers always have JSON
		return string(text)
	}
	wanted := latest.Description
	if description != nil && *description != "" {
		wanted = *description
	}
	return content(published) == content(latest) && published.Description == wanted
}

// retire lets the processes of v end.
func (v *version) retire() {
	if v.launcher != nil {
		v.launcher.retire()
		v.launcher = nil
	}
}

// page cuts a list, ordered by key, after Marker and to MaxItems; next is the Marker of the rest.
func page[T any](c *wire.Call, items []T, limit int, key func(T) string) (part []T, next *string, err error) {
	q := c.HTTP.URL.Query()
	if text := q.Get("MaxItems"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, nil, violated(text, "maxItems", "have value greater than or equal to 1")
		}
		limit = min(limit, n)
	}
	if marker := q.Get("Marker"); marker != "" {
		i := slices.IndexFunc(items, func(item T) bool { return key(item) == marker })
		if i < 0 {
			return nil, nil, invalid("Invalid pagination token")
		}
		items = items[i:]
	}
	if len(items) > limit {
		marker := key(items[limit])
		return items[:limit], &marker, nil
	}
	return items, nil, nil
}
