package lambda

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/lambdahost"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/server/wire"
)

// code is where a function's code comes from.
type code struct {
	ZipFile                          []byte
	S3Bucket, S3Key, S3ObjectVersion string
	ImageUri                         string
}

// maxUpload bounds a zip that comes in the request, in bytes. AWS: Lambda quotas, deployment package, direct upload.
const maxUpload = 50 << 20

func (s *Service) read(account string, c code) ([]byte, error) {
	zipped := c.ZipFile
	switch {
	case c.ImageUri != "":
		return nil, invalid("container images need a container engine; deploy a zip")
	case c.S3Bucket != "" && zipped != nil:
		return nil, invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
	case c.S3Bucket != "":
		if s.o.Object == nil {
			return nil, invalid("Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist")
		}
		var err error
		if zipped, err = s.o.Object(account, c.S3Bucket, c.S3Key, c.S3ObjectVersion); err != nil {
			return nil, invalid("Error occurred while GetObject. %s", err)
		}
	case len(zipped) == 0:
		return nil, invalid("Please provide a source for function code.")
	case len(zipped) > maxUpload:
		return nil, fault(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "Request must be smaller than 70167211 bytes for the CreateFunction operation")
	}
	if err := lambdahost.CheckZip(zipped); err != nil {
		return nil, invalid("%s", err)
	}
	return zipped, nil
}

func (v *version) setCode(zipped []byte) {
	sum := sha256.Sum256(zipped)
	v.code, v.CodeSize, v.CodeSha256 = zipped, len(zipped), base64.StdEncoding.EncodeToString(sum[:])
}

// change is the part of CreateFunction and UpdateFunctionConfiguration that sets the configuration; nil leaves a setting.
type change struct {
	Runtime, Role, Handler, Description, KMSKeyArn *string
	Timeout, MemorySize                            *int
	Environment                                    *Environment
	TracingConfig                                  *Tracing
	EphemeralStorage                               *Storage
	LoggingConfig                                  *Logging
	SnapStart                                      *SnapStart
	VpcConfig, DeadLetterConfig, Layers            json.RawMessage
	RevisionId                                     string
}

var (
	roleARN     = lazyregexp.New(`^arn:aws[a-zA-Z-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$`)
	variable    = lazyregexp.New(`^[a-zA-Z][a-zA-Z0-9_]*$`)
	customOnly  = lazyregexp.New(`^provided`)
	knownStarts = lazyregexp.New(`^(provided|python|nodejs|java|dotnet|ruby|go)`)
)

// maxEnvironment bounds names and values of all variables together, in bytes. AWS: Lambda quotas.
const maxEnvironment = 4 << 10

// reserved are variables that Lambda sets itself. AWS: Lambda developer guide, defined runtime environment variables.
var reserved = map[string]bool{"_HANDLER": true, "AWS_REGION": true, "AWS_DEFAULT_REGION": true, "AWS_EXECUTION_ENV": true,
	"AWS_LAMBDA_FUNCTION_NAME": true, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": true, "AWS_LAMBDA_FUNCTION_VERSION": true,
	"AWS_LAMBDA_INITIALIZATION_TYPE": true, "AWS_LAMBDA_LOG_GROUP_NAME": true, "AWS_LAMBDA_LOG_STREAM_NAME": true,
	"AWS_ACCESS_KEY": true, "AWS_ACCESS_KEY_ID": true, "AWS_SECRET_ACCESS_KEY": true, "AWS_SESSION_TOKEN": true,
	"AWS_LAMBDA_RUNTIME_API": true, "LAMBDA_TASK_ROOT": true, "LAMBDA_RUNTIME_DIR": true}

func (s *Service) check(account string, c *change) error {
	switch {
	case c.Role != nil && !roleARN.MatchString(*c.Role):
		return violated(*c.Role, "role", `satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`)
	case c.Runtime != nil && !knownStarts.MatchString(*c.Runtime):
		return invalid("Value %s at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [provided.al2023, provided.al2] or be a valid ARN", *c.Runtime)
	case c.Timeout != nil && *c.Timeout < 1:
		return violated(*c.Timeout, "timeout", "have value greater than or equal to 1")
	case c.Timeout != nil && *c.Timeout > 900:
		return violated(*c.Timeout, "timeout", "have value less than or equal to 900")
	case c.MemorySize != nil && *c.MemorySize < 128:
		return violated(*c.MemorySize, "memorySize", "have value greater than or equal to 128")
	case c.MemorySize != nil && *c.MemorySize > 10240:
		return violated(*c.MemorySize, "memorySize", "have value less than or equal to 10240")
	case c.EphemeralStorage != nil && c.EphemeralStorage.Size < 512:
		return violated(c.EphemeralStorage.Size, "ephemeralStorage.size", "have value greater than or equal to 512")
	case c.EphemeralStorage != nil && c.EphemeralStorage.Size > 10240:
		return violated(c.EphemeralStorage.Size, "ephemeralStorage.size", "have value less than or equal to 10240")
	case c.Description != nil && len(*c.Description) > 256:
		return violated(*c.Description, "description", "have length less than or equal to 256")
	}
	if c.Role != nil && s.o.CheckRole != nil && s.o.CheckRole(account, *c.Role) != nil {
		return invalid("The role defined for the function cannot be assumed by Lambda.")
	}
	if c.Environment != nil {
		return checkVariables(c.Environment.Variables)
	}
	return nil
}

func checkVariables(variables map[string]string) error {
	size := 0
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		size += len(name) + len(variables[name])
		switch {
		case reserved[name]:
			return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: %s", name)
		case !variable.MatchString(name):
			return violated("{"+name+"}", "environment.variables", "satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]")
		}
	}
	if size > maxEnvironment {
		return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.")
	}
	return nil
}

func (c *change) apply(v *Configuration) {
	set(&v.Runtime, c.Runtime)
	set(&v.Role, c.Role)
	set(&v.Handler, c.Handler)
	set(&v.Description, c.Description)
	set(&v.KMSKeyArn, c.KMSKeyArn)
	set(&v.Timeout, c.Timeout)
	set(&v.MemorySize, c.MemorySize)
	set(&v.TracingConfig, c.TracingConfig)
	set(&v.EphemeralStorage, c.EphemeralStorage)
	if c.SnapStart != nil {
		v.SnapStart.ApplyOn = c.SnapStart.ApplyOn
	}
	if e := c.Environment; e != nil {
		v.Environment = e
		if len(e.Variables) == 0 {
			v.Environment = nil
		}
	}
	if l := c.LoggingConfig; l != nil {
		v.LoggingConfig = *l
	}
	v.LoggingConfig.LogFormat = or(v.LoggingConfig.LogFormat, "Text")
	v.LoggingConfig.LogGroup = or(v.LoggingConfig.LogGroup, "/aws/lambda/"+v.FunctionName)
	setRaw(&v.VpcConfig, c.VpcConfig)
	setRaw(&v.DeadLetterConfig, c.DeadLetterConfig)
	setRaw(&v.Layers, c.Layers)
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func setRaw(to *json.RawMessage, from json.RawMessage) {
	if from != nil && string(from) != "null" {
		*to = from
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

type createInput struct {
	change
	FunctionName  string
	Code          code
	PackageType   string
	Architectures []string
	Publish       bool
	Tags          map[string]string
}

func (s *Service) createFunction(c *wire.Call, in *createInput) (any, error) {
	t, err := resolve(place{c.Account, c.Region}, in.FunctionName, "")
	if err == nil {
		err = s.checkNew(c.Account, in)
	}
	if err != nil {
		return nil, err
	}
	zipped, err := s.read(c.Account, in.Code)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.functions[t.place][t.name] != nil {
		return nil, conflict("Function already exist: %s", t.name)
	}
	t.qualifier = ""
	f := &function{arn: t.arn(), aliases: map[string]*alias{}, tags: wire.Tags{}.With(in.Tags), policies: map[string]*policy{}}
	f.latest = &version{creating: true, Configuration: Configuration{FunctionName: t.name, FunctionArn: f.arn, Version: latest,
		Timeout: 3, MemorySize: 128, PackageType: "Zip", Architectures: in.Architectures, TracingConfig: Tracing{"PassThrough"},
		EphemeralStorage: Storage{512}, SnapStart: SnapStart{"None", "Off"}}}
	in.apply(&f.latest.Configuration)
	if err := s.checkCalls(&f.latest.Configuration); err != nil {
		return nil, err
	}
	f.latest.setCode(zipped)
	go s.o.Host.Prepare(zipped)
	s.touch(f.latest)
	if s.functions[t.place] == nil {
		s.functions[t.place] = map[string]*function{}
	}
	s.functions[t.place][t.name] = f
	if in.Publish {
		v := s.publish(f, nil)
		v.creating = true
		return v.view(s.o.Now(), true), nil
	}
	return f.latest.view(s.o.Now(), true), nil
}

func (s *Service) checkNew(account string, in *createInput) error {
	switch {
	case in.Role == nil:
		return violated("null", "role", "not be null")
	case in.PackageType == "Image":
		return invalid("container images need a container engine; deploy a zip")
	case in.Runtime == nil:
		return invalid("Runtime is mandatory for Zip packages.") // AWS names runtime and handler in one text
	case in.Handler == nil && !customOnly.MatchString(*in.Runtime):
		return invalid("Handler is mandatory for Zip packages.")
	}
	arch, err := architectures(in.Architectures)
	in.Architectures = arch
	if err != nil {
		return err
	}
	return s.check(account, &in.change)
}

func architectures(given []string) ([]string, error) {
	switch {
	case len(given) == 0:
		return []string{"x86_64"}, nil
	case len(given) > 1 || given[0] != "arm64" && given[0] != "x86_64":
		return nil, violated("["+strings.Join(given, ", ")+"]", "architectures", "satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]")
	}
	return given, nil
}

func (s *Service) getConfiguration(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, v, t, err := s.findVersion(c)
	if err != nil {
		return nil, err
	}
	return s.viewAs(v, t), nil
}

// viewAs is v under the ARN it was asked for with.
func (s *Service) viewAs(v *version, t target) Configuration {
	c := v.view(s.o.Now(), false)
	if t.qualifier != "" {
		c.FunctionArn = t.arn()
	}
	return c
}

func (s *Service) getFunction(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, v, t, err := s.findVersion(c)
	if err != nil {
		return nil, err
	}
	scheme := "http"
	if c.HTTP.TLS != nil {
		scheme = "https"
	}
	out := map[string]any{"Configuration": s.viewAs(v, t), "Code": map[string]string{"RepositoryType": "S3",
		"Location": fmt.Sprintf("%s://%s/2015-03-31/functions/%s/code.zip?Qualifier=%s", scheme, c.HTTP.Host, f.arn, url.QueryEscape(v.Version))}}
	if len(f.tags) > 0 {
		out["Tags"] = f.tags
	}
	if f.reserved != nil {
		out["Concurrency"] = map[string]int{"ReservedConcurrentExecutions": *f.reserved}
	}
	return out, nil
}

func (s *Service) downloadCode(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, v, _, err := s.findVersion(c)
	if err != nil {
		return nil, err
	}
	zipped := v.code
	return wire.Streamed(func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/zip")
		w.Write(zipped)
	}), nil
}

func (s *Service) listFunctions(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	here := s.functions[place{c.Account, c.Region}]
	all := c.HTTP.URL.Query().Get("FunctionVersion") == "ALL"
	list := []Configuration{}
	for _, name := range slices.Sorted(maps.Keys(here)) {
		list = append(list, here[name].latest.view(s.o.Now(), false))
		if all {
			for _, v := range here[name].published {
				list = append(list, v.view(s.o.Now(), false))
			}
		}
	}
	list, next, err := page(c, list, 50, func(c Configuration) string { return c.FunctionArn })
	if err != nil {
		return nil, err
	}
	return map[string]any{"Functions": list, "NextMarker": next}, nil
}

func (s *Service) updateConfiguration(c *wire.Call, in *change) (any, error) {
	if err := s.check(c.Account, in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.forUpdate(c, in.RevisionId)
	if err != nil {
		return nil, err
	}
	next := f.latest.Configuration
	in.apply(&next)
	if err := s.checkCalls(&next); err != nil {
		return nil, err
	}
	f.latest.Configuration = next
	return s.updated(f), nil
}

type codeInput struct {
	code
	Architectures   []string
	Publish, DryRun bool
	RevisionId      string
}

func (s *Service) updateCode(c *wire.Call, in *codeInput) (any, error) {
	zipped, err := s.read(c.Account, in.code)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.forUpdate(c, in.RevisionId)
	if err != nil {
		return nil, err
	}
	changed := f.latest
	if in.DryRun {
		copied := *f.latest
		changed = &copied
	}
	if len(in.Architectures) > 0 {
		if changed.Architectures, err = architectures(in.Architectures); err != nil {
			return nil, err
		}
	}
	changed.setCode(zipped)
	if in.DryRun {
		return changed.view(s.o.Now(), false), nil
	}
	go s.o.Host.Prepare(zipped)
	out := s.updated(f)
	if in.Publish {
		return s.publish(f, nil).view(s.o.Now(), true), nil
	}
	return out, nil
}

// forUpdate is the function whose $LATEST the call changes.
func (s *Service) forUpdate(c *wire.Call, revision string) (*function, error) {
	f, t, err := s.find(c)
	switch {
	case err != nil:
		return nil, err
	case t.qualifier != "" && t.qualifier != latest:
		return nil, invalid("Updates to a published version or alias are not supported")
	}
	if err := checkRevision(revision, f.latest.RevisionId); err != nil {
		return nil, err
	}
	return f, s.busy(f)
}

func (s *Service) updated(f *function) Configuration {
	f.latest.retire()
	f.latest.creating = false
	s.touch(f.latest)
	return f.latest.view(s.o.Now(), true)
}

func (s *Service) deleteFunction(c *wire.Call, _ []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, t, err := s.find(c)
	if err != nil {
		return nil, err
	}
	switch t.qualifier {
	case "":
		delete(s.functions[t.place], t.name)
		f.latest.retire()
		for _, v := range f.published {
			v.retire()
		}
		return nil, nil
	case latest:
		return nil, invalid("$LATEST version cannot be deleted without deleting the function.")
	}
	return nil, f.deleteVersion(t.qualifier)
}
