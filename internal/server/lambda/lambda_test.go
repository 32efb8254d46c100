package lambda

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/lambdahost"
	"github.com/stride-aws/stride/internal/lambdamain"
	"github.com/stride-aws/stride/internal/server/wire"
)

// TestMain makes the test's own binary a Lambda function where the environment says so.
func TestMain(m *testing.M) {
	if os.Getenv("STRIDE_TEST_FUNCTION") == "" {
		os.Exit(m.Run())
	}
	lambdamain.Start(greet, lambdamain.Names{})
}

func greet(ctx context.Context, name string) (string, error) {
	if name == "" {
		return "", errors.New("no name")
	}
	return os.Getenv("GREETING") + " " + name + " " + os.Getenv("ENDPOINT"), nil
}

// clock is the service's time.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func serve(t *testing.T, o Options) *sdk.Client {
	t.Helper()
	host, err := lambdahost.NewHost(lambdahost.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	o.Host = host
	s := New(o)
	t.Cleanup(s.Close)
	router := wire.NewRouter(false)
	router.Register("lambda", s)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	return sdk.New(sdk.Options{BaseEndpoint: &server.URL, Region: "eu-west-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})
}

// packed is a zip whose function answers with greeting.
func packed(t *testing.T, comment string) []byte {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "bootstrap"}
	h.SetMode(0o755)
	f, err := w.CreateHeader(h)
	if err == nil {
		_, err = fmt.Fprintf(f, "#!/bin/sh\n# %s\nexec '%s'\n", comment, self)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const role = "arn:aws:iam::000000000000:role/greet"

func newFunction(t *testing.T, name string) *sdk.CreateFunctionInput {
	return &sdk.CreateFunctionInput{FunctionName: &name, Role: aws.String(role), Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
		Code: &types.FunctionCode{ZipFile: packed(t, "one")}, Tags: map[string]string{"team": "x"}, Timeout: aws.Int32(10),
		Environment: &types.Environment{Variables: map[string]string{"STRIDE_TEST_FUNCTION": "on", "GREETING": "hello"}}}
}

// must is v; an error ends the test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func wantError(t *testing.T, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), text) {
		t.Errorf("got %v\nwant %s with %q", err, code, text)
	}
}

var ctx = context.Background()

func TestLifeOfAFunction(t *testing.T) {
	now := &clock{time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)}
	c := serve(t, Options{Settle: time.Second, Now: now.Now})
	created := must(c.CreateFunction(ctx, newFunction(t, "greet")))
	if created.State != types.StatePending || created.LastUpdateStatus != "" || *created.LastModified != "2026-01-02T03:04:05.006+0000" {
		t.Errorf("created as %v, update %q, at %s", created.State, created.LastUpdateStatus, *created.LastModified)
	}
	name := aws.String("greet")
	_, err := c.Invoke(ctx, &sdk.InvokeInput{FunctionName: name})
	wantError(t, err, "ResourceConflictException", "The function is currently in the following state: Pending")
	_, err = c.UpdateFunctionCode(ctx, &sdk.UpdateFunctionCodeInput{FunctionName: name, ZipFile: packed(t, "two")})
	wantError(t, err, "ResourceConflictException", "Pending")
	now.now = now.now.Add(time.Second)

	got := must(c.GetFunction(ctx, &sdk.GetFunctionInput{FunctionName: name}))
	if got.Configuration.State != types.StateActive || got.Configuration.LastUpdateStatus != types.LastUpdateStatusSuccessful {
		t.Errorf("settled as %v, update %v", got.Configuration.State, got.Configuration.LastUpdateStatus)
	}
	if diff := cmp.Diff(map[string]string{"team": "x"}, got.Tags); diff != "" {
		t.Error(diff)
	}
	answer := must(http.Get(*got.Code.Location))
	if text, _ := io.ReadAll(answer.Body); !bytes.Equal(text, packed(t, "one")) {
		t.Error("the code's location leads to other code")
	}

	updated := must(c.UpdateFunctionCode(ctx, &sdk.UpdateFunctionCodeInput{FunctionName: name, ZipFile: packed(t, "two")}))
	if updated.LastUpdateStatus != types.LastUpdateStatusInProgress || *updated.CodeSha256 == *created.CodeSha256 || *updated.RevisionId == *created.RevisionId {
		t.Errorf("updated as %+v", updated)
	}
	_, err = c.UpdateFunctionConfiguration(ctx, &sdk.UpdateFunctionConfigurationInput{FunctionName: name, MemorySize: aws.Int32(256)})
	wantError(t, err, "ResourceConflictException", "An update is in progress for resource: arn:aws:lambda:eu-west-1:000000000000:function:greet")
	_, err = c.PublishVersion(ctx, &sdk.PublishVersionInput{FunctionName: name})
	wantError(t, err, "ResourceConflictException", "An update is in progress")
	now.now = now.now.Add(time.Second)
	_, err = c.UpdateFunctionConfiguration(ctx, &sdk.UpdateFunctionConfigurationInput{FunctionName: name, RevisionId: created.RevisionId})
	wantError(t, err, "PreconditionFailedException", "The RevisionId provided does not match")
	changed := must(c.UpdateFunctionConfiguration(ctx, &sdk.UpdateFunctionConfigurationInput{FunctionName: name, MemorySize: aws.Int32(256)}))
	if *changed.MemorySize != 256 || *changed.Timeout != 10 || changed.Environment.Variables["GREETING"] != "hello" {
		t.Errorf("changed to %+v", changed)
	}
	must(c.DeleteFunction(ctx, &sdk.DeleteFunctionInput{FunctionName: name}))
	_, err = c.GetFunctionConfiguration(ctx, &sdk.GetFunctionConfigurationInput{FunctionName: name})
	wantError(t, err, "ResourceNotFoundException", "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:greet")
}

func TestVersionsAndAliases(t *testing.T) {
	c := serve(t, Options{})
	must(c.CreateFunction(ctx, newFunction(t, "greet")))
	name, live := aws.String("greet"), aws.String("live")
	publish := func() string {
		t.Helper()
		return *must(c.PublishVersion(ctx, &sdk.PublishVersionInput{FunctionName: name})).Version
	}
	if one, again := publish(), publish(); one != "1" || again != "1" {
		t.Errorf("published %s, then %s", one, again)
	}
	must(c.UpdateFunctionConfiguration(ctx, &sdk.UpdateFunctionConfigurationInput{FunctionName: name,
		Environment: &types.Environment{Variables: map[string]string{"STRIDE_TEST_FUNCTION": "on", "GREETING": "good day"}}}))
	if two := publish(); two != "2" {
		t.Errorf("published %s", two)
	}
	_, err := c.PublishVersion(ctx, &sdk.PublishVersionInput{FunctionName: name, CodeSha256: aws.String("other")})
	wantError(t, err, "InvalidParameterValueException", "CodeSHA256 (other) is different from current CodeSHA256 in $LATEST")

	a := must(c.CreateAlias(ctx, &sdk.CreateAliasInput{FunctionName: name, Name: live, FunctionVersion: aws.String("1")}))
	_, err = c.CreateAlias(ctx, &sdk.CreateAliasInput{FunctionName: name, Name: live, FunctionVersion: aws.String("1")})
	wantError(t, err, "ResourceConflictException", "Alias already exists: arn:aws:lambda:eu-west-1:000000000000:function:greet:live")
	_, err = c.UpdateAlias(ctx, &sdk.UpdateAliasInput{FunctionName: name, Name: live, FunctionVersion: aws.String("9")})
	wantError(t, err, "ResourceNotFoundException", "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:greet:9")
	_, err = c.DeleteFunction(ctx, &sdk.DeleteFunctionInput{FunctionName: name, Qualifier: aws.String("1")})
	wantError(t, err, "ResourceConflictException", "the following aliases reference it: [live]")
	_, err = c.GetAlias(ctx, &sdk.GetAliasInput{FunctionName: name, Name: aws.String("gone")})
	wantError(t, err, "ResourceNotFoundException", "Cannot find alias arn: arn:aws:lambda:eu-west-1:000000000000:function:greet:gone")

	for qualifier, want := range map[string]string{"": "good day you ", "1": "hello you ", "2": "good day you ", "live": "hello you ", "$LATEST": "good day you "} {
		out := must(c.Invoke(ctx, &sdk.InvokeInput{FunctionName: name, Qualifier: optional(qualifier), Payload: []byte(`"you"`)}))
		if string(out.Payload) != `"`+want+`"` {
			t.Errorf("%q answered %s", qualifier, out.Payload)
		}
	}
	moved := must(c.UpdateAlias(ctx, &sdk.UpdateAliasInput{FunctionName: name, Name: live, FunctionVersion: aws.String("2"), RevisionId: a.RevisionId,
		RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"1": 1}}}))
	if *moved.FunctionVersion != "2" || moved.RoutingConfig.AdditionalVersionWeights["1"] != 1 {
		t.Errorf("moved to %+v", moved)
	}
	if out := must(c.Invoke(ctx, &sdk.InvokeInput{FunctionName: aws.String("greet:live"), Payload: []byte(`"you"`)})); *out.ExecutedVersion != "1" {
		t.Errorf("with all weight on 1, %s ran", *out.ExecutedVersion)
	}
	var versions []string
	pages := sdk.NewListVersionsByFunctionPaginator(c, &sdk.ListVersionsByFunctionInput{FunctionName: name, MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		for _, v := range must(pages.NextPage(ctx)).Versions {
			versions = append(versions, *v.Version)
		}
	}
	if diff := cmp.Diff([]string{"$LATEST", "1", "2"}, versions); diff != "" {
		t.Error(diff)
	}
	must(c.DeleteAlias(ctx, &sdk.DeleteAliasInput{FunctionName: name, Name: live}))
	must(c.DeleteFunction(ctx, &sdk.DeleteFunctionInput{FunctionName: name, Qualifier: aws.String("1")}))
	_, err = c.Invoke(ctx, &sdk.InvokeInput{FunctionName: name, Qualifier: aws.String("1")})
	wantError(t, err, "ResourceNotFoundException", "function:greet:1")
	if list := must(c.ListAliases(ctx, &sdk.ListAliasesInput{FunctionName: name})); len(list.Aliases) > 0 {
		t.Errorf("aliases are left: %v", list.Aliases)
	}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func TestInvoke(t *testing.T) {
	c := serve(t, Options{Environment: func(account, region, role string) map[string]string {
		return map[string]string{"ENDPOINT": account + " " + region}
	}})
	must(c.CreateFunction(ctx, newFunction(t, "greet")))
	name := aws.String("greet")
	out := must(c.Invoke(ctx, &sdk.InvokeInput{FunctionName: name, Payload: []byte(`"you"`), LogType: types.LogTypeTail}))
	if string(out.Payload) != `"hello you 000000000000 eu-west-1"` || out.FunctionError != nil || out.StatusCode != 200 || *out.ExecutedVersion != "$LATEST" {
		t.Errorf("answered %s, %v, %d", out.Payload, out.FunctionError, out.StatusCode)
	}
	if tail, err := base64.StdEncoding.DecodeString(*out.LogResult); err != nil || !strings.Contains(string(tail), "REPORT RequestId: ") {
		t.Errorf("log %q, %v", tail, err)
	}
	out = must(c.Invoke(ctx, &sdk.InvokeInput{FunctionName: name, Payload: []byte(`""`)}))
	if *out.FunctionError != "Unhandled" || string(out.Payload) != `{"errorMessage":"no name","errorType":"errorString"}` {
		t.Errorf("failed with %s %s", *out.FunctionError, out.Payload)
	}
	if out := must(c.Invoke(ctx, &sdk.InvokeInput{FunctionName: name, InvocationType: types.InvocationTypeEvent, Payload: []byte(`"you"`)})); out.StatusCode != 202 || len(out.Payload) > 0 {
		t.Errorf("event: %d %s", out.StatusCode, out.Payload)
	}
	if out := must(c.Invoke(ctx, &sdk.InvokeInput{FunctionName: name, InvocationType: types.InvocationTypeDryRun})); out.StatusCode != 204 {
		t.Errorf("dry run: %d", out.StatusCode)
	}
	_, err := c.Invoke(ctx, &sdk.InvokeInput{FunctionName: name, Payload: []byte(`{`)})
	wantError(t, err, "InvalidRequestContentException", "Could not parse request body into json")
	_, err = c.Invoke(ctx, &sdk.InvokeInput{FunctionName: name, Payload: bytes.Repeat([]byte(" "), lambdahost.MaxPayload+1)})
	wantError(t, err, "RequestEntityTooLargeException", "Request must be smaller than 6291456 bytes")
	_, err = c.Invoke(ctx, &sdk.InvokeInput{FunctionName: aws.String("gone")})
	wantError(t, err, "ResourceNotFoundException", "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:gone:$LATEST")
	must(c.PutFunctionConcurrency(ctx, &sdk.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(0)}))
	_, err = c.Invoke(ctx, &sdk.InvokeInput{FunctionName: name})
	wantError(t, err, "TooManyRequestsException", "Rate Exceeded.")
	must(c.DeleteFunctionConcurrency(ctx, &sdk.DeleteFunctionConcurrencyInput{FunctionName: name}))
	if got := must(c.GetFunctionConcurrency(ctx, &sdk.GetFunctionConcurrencyInput{FunctionName: name})); got.ReservedConcurrentExecutions != nil {
		t.Errorf("still reserved: %d", *got.ReservedConcurrentExecutions)
	}
}

func TestCreateRefuses(t *testing.T) {
	c := serve(t, Options{
		CheckRole: func(_, role string) error {
			if strings.HasSuffix(role, "/absent") {
				return errors.New("no such role")
			}
			return nil
		},
		Object: func(account, bucket, key, version string) ([]byte, error) { return packed(t, bucket+key), nil },
	})
	must(c.CreateFunction(ctx, newFunction(t, "taken")))
	for _, tt := range []struct {
		change     func(*sdk.CreateFunctionInput)
		code, text string
	}{
		{func(in *sdk.CreateFunctionInput) { in.FunctionName = aws.String("taken") }, "ResourceConflictException", "Function already exist: taken"},
		{func(in *sdk.CreateFunctionInput) { in.FunctionName = aws.String("no name") }, "ValidationException", "at 'functionName'"},
		{func(in *sdk.CreateFunctionInput) { in.Timeout = aws.Int32(901) }, "ValidationException", "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900"},
		{func(in *sdk.CreateFunctionInput) { in.MemorySize = aws.Int32(64) }, "ValidationException", "Value '64' at 'memorySize'"},
		{func(in *sdk.CreateFunctionInput) { in.Role = aws.String("role") }, "ValidationException", "at 'role'"},
		{func(in *sdk.CreateFunctionInput) { in.Role = aws.String(role + "/absent") }, "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."},
		{func(in *sdk.CreateFunctionInput) { in.Code.ZipFile = []byte("no zip") }, "InvalidParameterValueException", "Could not unzip uploaded file."},
		{func(in *sdk.CreateFunctionInput) { in.Environment.Variables["AWS_REGION"] = "x" }, "InvalidParameterValueException", "Reserved keys used in this request: AWS_REGION"},
		{func(in *sdk.CreateFunctionInput) { in.Environment.Variables["BIG"] = strings.Repeat("x", 4096) }, "InvalidParameterValueException", "exceeded the 4KB limit"},
		{func(in *sdk.CreateFunctionInput) { in.Architectures = []types.Architecture{"mips"} }, "ValidationException", "at 'architectures'"},
	} {
		in := newFunction(t, "new")
		tt.change(in)
		_, err := c.CreateFunction(ctx, in)
		wantError(t, err, tt.code, tt.text)
	}
	in := newFunction(t, "from-s3")
	in.Code = &types.FunctionCode{S3Bucket: aws.String("b"), S3Key: aws.String("k")}
	in.Publish = true
	if out := must(c.CreateFunction(ctx, in)); out.CodeSize == 0 || *out.Version != "1" || *out.FunctionArn != "arn:aws:lambda:eu-west-1:000000000000:function:from-s3:1" {
		t.Errorf("created %+v", out)
	}
}

func TestTagsPermissionsAndLists(t *testing.T) {
	c := serve(t, Options{})
	var arn *string
	for _, name := range []string{"c", "a", "b"} {
		arn = must(c.CreateFunction(ctx, newFunction(t, name))).FunctionArn
	}
	must(c.TagResource(ctx, &sdk.TagResourceInput{Resource: arn, Tags: map[string]string{"env": "dev"}}))
	must(c.UntagResource(ctx, &sdk.UntagResourceInput{Resource: arn, TagKeys: []string{"team"}}))
	if diff := cmp.Diff(map[string]string{"env": "dev"}, must(c.ListTags(ctx, &sdk.ListTagsInput{Resource: arn})).Tags); diff != "" {
		t.Error(diff)
	}
	var names []string
	pages := sdk.NewListFunctionsPaginator(c, &sdk.ListFunctionsInput{MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		for _, f := range must(pages.NextPage(ctx)).Functions {
			names = append(names, *f.FunctionName)
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, names); diff != "" {
		t.Error(diff)
	}
	allow := &sdk.AddPermissionInput{FunctionName: arn, StatementId: aws.String("s"), Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("events.amazonaws.com"), SourceArn: aws.String("arn:aws:events:eu-west-1:000000000000:rule/r")}
	must(c.AddPermission(ctx, allow))
	_, err := c.AddPermission(ctx, allow)
	wantError(t, err, "ResourceConflictException", "The statement id (s) provided already exists.")
	want := `{"Id":"default","Statement":[{"Sid":"s","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"` + *arn +
		`","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:events:eu-west-1:000000000000:rule/r"}}}],"Version":"2012-10-17"}`
	if diff := cmp.Diff(want, *must(c.GetPolicy(ctx, &sdk.GetPolicyInput{FunctionName: arn})).Policy); diff != "" {
		t.Error(diff)
	}
	must(c.RemovePermission(ctx, &sdk.RemovePermissionInput{FunctionName: arn, StatementId: aws.String("s")}))
	_, err = c.GetPolicy(ctx, &sdk.GetPolicyInput{FunctionName: arn})
	wantError(t, err, "ResourceNotFoundException", "The resource you requested does not exist.")
	if got := must(c.GetAccountSettings(ctx, &sdk.GetAccountSettingsInput{})); got.AccountUsage.FunctionCount != 3 {
		t.Errorf("account has %d functions", got.AccountUsage.FunctionCount)
	}
}
