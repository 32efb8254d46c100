package deploy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/stride-aws/stride/internal/plan"
)

func (s *sender) createFunction(ctx context.Context) error {
	f := s.action.Function
	code, err := s.code()
	if err != nil {
		return err
	}
	set := &f.Settings
	out, err := s.Lambda.CreateFunction(ctx, &lambda.CreateFunctionInput{
		FunctionName: &f.Name, Role: &set.Role, Runtime: types.Runtime(set.Runtime), Handler: &set.Handler, Publish: true,
		Code: code, Architectures: []types.Architecture{types.Architecture(set.Architecture)},
		Description: &set.Description, MemorySize: aws.Int32(int32(set.Memory)), Timeout: aws.Int32(int32(set.Timeout)),
		EphemeralStorage: &types.EphemeralStorage{Size: aws.Int32(int32(set.Storage))}, Environment: environment(set.Env),
		TracingConfig: tracing(set.Tracing), KMSKeyArn: optional(set.KMSKey), VpcConfig: vpc(set.Subnets, set.SecurityGroups),
		LoggingConfig: logTo(set.LogGroup), Tags: f.Tags,
	})
	if err != nil {
		return s.doneBefore(ctx, err)
	}
	s.pin(f.Name, aws.ToString(out.Version))
	s.revision = aws.ToString(out.RevisionId)
	return nil
}

// doneBefore looks whether a call was refused because an earlier attempt, whose answer was lost, had done it: then the function has
// the code, and a version of it. Otherwise it is err.
func (s *sender) doneBefore(ctx context.Context, err error) error {
	if c := code(err); c != "ResourceConflictException" && c != "PreconditionFailedException" || transient(err) {
		return err
	}
	f := s.action.Function
	live, readErr := s.getFunction(ctx, f.Name)
	if readErr != nil || live == nil || live.Code.SHA256 != f.Code.SHA256 || live.Tags[plan.TagEnv] != f.Tags[plan.TagEnv] {
		return err
	}
	newest, readErr := s.newestVersion(ctx, f.Name)
	if readErr != nil || newest == nil || newest.SHA256 != f.Code.SHA256 {
		return err
	}
	s.pin(f.Name, newest.Number)
	s.revision = ""
	return nil
}

func (s *sender) updateSettings(ctx context.Context) error {
	f := s.action.Function
	if err := s.ready(ctx); err != nil {
		return err
	}
	set := &f.Settings
	in := &lambda.UpdateFunctionConfigurationInput{
		FunctionName: &f.Name, Role: &set.Role, Runtime: types.Runtime(set.Runtime), Handler: &set.Handler,
		Description: &set.Description, MemorySize: aws.Int32(int32(set.Memory)), Timeout: aws.Int32(int32(set.Timeout)),
		EphemeralStorage: &types.EphemeralStorage{Size: aws.Int32(int32(set.Storage))}, Environment: environment(set.Env),
		TracingConfig: tracing(set.Tracing), KMSKeyArn: &set.KMSKey, LoggingConfig: logTo(set.LogGroup), RevisionId: s.guard(),
		VpcConfig: &types.VpcConfig{SubnetIds: list(set.Subnets), SecurityGroupIds: list(set.SecurityGroups)},
	}
	out, err := s.Lambda.UpdateFunctionConfiguration(ctx, in)
	if code(err) == "PreconditionFailedException" && s.hasSettings(ctx) {
		return nil
	}
	if err != nil {
		return err
	}
	s.revision = aws.ToString(out.RevisionId)
	return s.ready(ctx)
}

// hasSettings is whether the function has the wanted settings, since an earlier attempt set them and its answer was lost.
func (s *sender) hasSettings(ctx context.Context) bool {
	live, err := s.getFunction(ctx, s.action.Function.Name)
	if err != nil || live == nil || !live.Settings.Equal(s.action.Function.Settings) {
		return false
	}
	s.revision = live.Revision
	return true
}

func (s *sender) updateCode(ctx context.Context) error {
	f := s.action.Function
	code, err := s.code()
	if err != nil {
		return err
	}
	out, err := s.Lambda.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{
		FunctionName: &f.Name, ZipFile: code.ZipFile, S3Bucket: code.S3Bucket, S3Key: code.S3Key, Publish: true, RevisionId: s.guard(),
		Architectures: []types.Architecture{types.Architecture(f.Settings.Architecture)},
	})
	if err != nil {
		return s.doneBefore(ctx, err)
	}
	s.pin(f.Name, aws.ToString(out.Version))
	s.revision = ""
	return nil
}

// publishFunction publishes $LATEST, if its code is still what the plan saw. AWS makes no new version of what has one.
func (s *sender) publishFunction(ctx context.Context) error {
	f := s.action.Function
	if err := s.ready(ctx); err != nil {
		return err
	}
	out, err := s.Lambda.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: &f.Name, CodeSha256: &f.Code.SHA256})
	if err != nil {
		return err
	}
	s.pin(f.Name, aws.ToString(out.Version))
	return nil
}

// guard is the revision that the function must still have: what the plan saw, then what this deploy made of it.
func (s *sender) guard() *string {
	if s.revision != "" {
		return &s.revision
	}
	return optional(s.action.Revision)
}

func (s *sender) putConcurrency(ctx context.Context) error {
	_, err := s.Lambda.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{
		FunctionName: &s.action.Function.Name, ReservedConcurrentExecutions: aws.Int32(int32(s.action.Function.Concurrency)),
	})
	return err
}

func (s *sender) deleteConcurrency(ctx context.Context) error {
	_, err := s.Lambda.DeleteFunctionConcurrency(ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: &s.action.Function.Name})
	return err
}

func (s *sender) tagFunction(ctx context.Context) error {
	f := s.action.Function
	_, err := s.Lambda.TagResource(ctx, &lambda.TagResourceInput{
		Resource: aws.String(s.plan.Place.ARN("lambda", "function:"+f.Name)), Tags: f.Tags,
	})
	return err
}

// deleteFunction removes a function, or of an action about a version only that, unless an alias points to it.
func (s *sender) deleteFunction(ctx context.Context) error {
	name, version, _ := strings.Cut(s.action.Name, ":")
	_, err := s.Lambda.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: &name, Qualifier: optional(version)})
	if version != "" && code(err) == "ResourceConflictException" && !transient(err) {
		return nil
	}
	return gone(err)
}

// gone is err, unless it says that there is nothing left to delete.
func gone(err error) error {
	if missing(err) {
		return nil
	}
	return err
}

// ready waits until Lambda has finished what it does to the function: two changes at once are refused, and a version that is not
// active cannot be called. https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
func (s *sender) ready(ctx context.Context) error {
	wait := 100 * time.Millisecond
	for {
		out, err := s.Lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &s.action.Function.Name})
		if err != nil {
			return err
		}
		switch {
		case out.State == types.StateFailed || out.LastUpdateStatus == types.LastUpdateStatusFailed:
			return fmt.Errorf("lambda says: %s", or(aws.ToString(out.LastUpdateStatusReason), aws.ToString(out.StateReason)))
		case out.State != types.StatePending && out.LastUpdateStatus != types.LastUpdateStatusInProgress:
			return nil
		}
		if err := s.Sleep(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, 2*time.Second)
	}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func environment(vars map[string]string) *types.Environment {
	if vars == nil {
		vars = map[string]string{} // an empty map removes what was there; nil would leave it
	}
	return &types.Environment{Variables: vars}
}

func tracing(active bool) *types.TracingConfig {
	if active {
		return &types.TracingConfig{Mode: types.TracingModeActive}
	}
	return &types.TracingConfig{Mode: types.TracingModePassThrough}
}

func vpc(subnets, groups []string) *types.VpcConfig {
	if len(subnets) == 0 {
		return nil
	}
	return &types.VpcConfig{SubnetIds: subnets, SecurityGroupIds: groups}
}

func logTo(group string) *types.LoggingConfig {
	if group == "" {
		return nil
	}
	return &types.LoggingConfig{LogGroup: &group}
}

func list(items []string) []string {
	if items == nil {
		return []string{}
	}
	return items
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
