package iam

import (
	"context"
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/server/wire"
)

var ctx = context.Background()

func serve(t *testing.T) (*sdk.Client, *Service) {
	t.Helper()
	s := New(func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) })
	router := wire.NewRouter(false)
	router.Register("iam", s)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	return sdk.New(sdk.Options{BaseEndpoint: &server.URL, Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}), s
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

const (
	trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	read  = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}`
	deny  = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::secret/*"}}`
)

func newRole(name string) *sdk.CreateRoleInput {
	return &sdk.CreateRoleInput{RoleName: &name, Path: aws.String("/stride/"), AssumeRolePolicyDocument: aws.String(trust), Description: aws.String("d"),
		Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}}
}

func TestRole(t *testing.T) {
	c, s := serve(t)
	name := aws.String("r")
	r := must(c.CreateRole(ctx, newRole("r"))).Role
	if *r.Arn != "arn:aws:iam::000000000000:role/stride/r" || !strings.HasPrefix(*r.RoleId, "AROA") || !r.CreateDate.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) || *r.MaxSessionDuration != 3600 {
		t.Errorf("created %+v", r)
	}
	if text := must(url.QueryUnescape(*r.AssumeRolePolicyDocument)); text != trust {
		t.Errorf("trust %s", text)
	}
	_, err := c.CreateRole(ctx, newRole("r"))
	wantError(t, err, "EntityAlreadyExists", "Role with name r already exists.")

	must(c.PutRolePolicy(ctx, &sdk.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("read"), PolicyDocument: aws.String(read)}))
	got := must(c.GetRolePolicy(ctx, &sdk.GetRolePolicyInput{RoleName: name, PolicyName: aws.String("read")}))
	if text := must(url.QueryUnescape(*got.PolicyDocument)); text != read {
		t.Errorf("policy %s", text)
	}
	must(c.TagRole(ctx, &sdk.TagRoleInput{RoleName: name, Tags: []types.Tag{{Key: aws.String("b"), Value: aws.String("3")}}}))
	must(c.UntagRole(ctx, &sdk.UntagRoleInput{RoleName: name, TagKeys: []string{"a"}}))
	tags := must(c.GetRole(ctx, &sdk.GetRoleInput{RoleName: name})).Role.Tags
	if len(tags) != 1 || *tags[0].Key != "b" || *tags[0].Value != "3" {
		t.Errorf("tags %+v", tags)
	}
	p := must(c.CreatePolicy(ctx, &sdk.CreatePolicyInput{PolicyName: aws.String("deny"), PolicyDocument: aws.String(deny)})).Policy
	must(c.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: name, PolicyArn: p.Arn}))
	must(c.PutRolePermissionsBoundary(ctx, &sdk.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: p.Arn}))

	found, ok := s.Role(*r.Arn)
	if !ok || found.Boundary == nil || !policy.Assumable(found.Trust, "lambda.amazonaws.com", nil) {
		t.Errorf("Role: %v %+v", ok, found)
	}
	for resource, want := range map[string]policy.Decision{"arn:aws:s3:::open/x": policy.Allow, "arn:aws:s3:::secret/x": policy.ExplicitDeny} {
		if d := policy.Decide(found.Policies, policy.Request{Action: "s3:GetObject", Resource: resource}); d != want {
			t.Errorf("%s: %v", resource, d)
		}
	}
	if _, ok := s.Role("arn:aws:iam::000000000000:role/r"); ok {
		t.Error("a role is found under another path")
	}

	_, err = c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: name})
	wantError(t, err, "DeleteConflict", "must delete policies first")
	must(c.DeleteRolePolicy(ctx, &sdk.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("read")}))
	_, err = c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: name})
	wantError(t, err, "DeleteConflict", "must detach all policies first")
	_, err = c.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyArn: p.Arn})
	wantError(t, err, "DeleteConflict", "attached to entities")
	must(c.DetachRolePolicy(ctx, &sdk.DetachRolePolicyInput{RoleName: name, PolicyArn: p.Arn}))
	must(c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: name}))
	_, err = c.GetRole(ctx, &sdk.GetRoleInput{RoleName: name})
	wantError(t, err, "NoSuchEntity", "The role with name r cannot be found.")
	must(c.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyArn: p.Arn}))
}

func TestRefusals(t *testing.T) {
	c, _ := serve(t)
	bad := newRole("bad")
	bad.AssumeRolePolicyDocument = aws.String("{")
	_, err := c.CreateRole(ctx, bad)
	wantError(t, err, "MalformedPolicyDocument", "invalid Json")
	_, err = c.CreateRole(ctx, newRole("no name"))
	wantError(t, err, "ValidationError", "at 'roleName'")
	must(c.CreateRole(ctx, newRole("r")))
	name := aws.String("r")
	_, err = c.PutRolePolicy(ctx, &sdk.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("p"), PolicyDocument: aws.String(`{"Statement":[{}]}`)})
	wantError(t, err, "MalformedPolicyDocument", "Syntax errors in policy.")
	long := strings.Replace(read, "s3:Get*", strings.Repeat("x", 10240), 1)
	_, err = c.PutRolePolicy(ctx, &sdk.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("p"), PolicyDocument: &long})
	wantError(t, err, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role r")
	_, err = c.GetRolePolicy(ctx, &sdk.GetRolePolicyInput{RoleName: name, PolicyName: aws.String("p")})
	wantError(t, err, "NoSuchEntity", "The role policy with name p cannot be found.")
	_, err = c.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String("arn:aws:iam::000000000000:policy/gone")})
	wantError(t, err, "NoSuchEntity", "does not exist or is not attachable")
	must(c.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(awsPrefix + "service-role/AWSLambdaBasicExecutionRole")}))
	if list := must(c.ListAttachedRolePolicies(ctx, &sdk.ListAttachedRolePoliciesInput{RoleName: name})).AttachedPolicies; len(list) != 1 || *list[0].PolicyName != "AWSLambdaBasicExecutionRole" {
		t.Errorf("attached %+v", list)
	}
}

func TestLists(t *testing.T) {
	c, _ := serve(t)
	for _, name := range []string{"c", "a", "b"} {
		must(c.CreateRole(ctx, newRole(name)))
	}
	var names []string
	for pages := sdk.NewListRolesPaginator(c, &sdk.ListRolesInput{MaxItems: aws.Int32(2), PathPrefix: aws.String("/stride/")}); pages.HasMorePages(); {
		for _, r := range must(pages.NextPage(ctx)).Roles {
			names = append(names, *r.RoleName)
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, names); diff != "" {
		t.Error(diff)
	}
	if other := must(c.ListRoles(ctx, &sdk.ListRolesInput{PathPrefix: aws.String("/other/")})).Roles; len(other) > 0 {
		t.Errorf("under another path: %+v", other)
	}
}

func TestPolicyVersions(t *testing.T) {
	c, _ := serve(t)
	arn := must(c.CreatePolicy(ctx, &sdk.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(read)})).Policy.Arn
	v2 := must(c.CreatePolicyVersion(ctx, &sdk.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(deny), SetAsDefault: true})).PolicyVersion
	if *v2.VersionId != "v2" || !v2.IsDefaultVersion {
		t.Errorf("created %+v", v2)
	}
	if got := must(c.GetPolicy(ctx, &sdk.GetPolicyInput{PolicyArn: arn})).Policy; *got.DefaultVersionId != "v2" {
		t.Errorf("default %s", *got.DefaultVersionId)
	}
	_, err := c.DeletePolicyVersion(ctx, &sdk.DeletePolicyVersionInput{PolicyArn: arn, VersionId: v2.VersionId})
	wantError(t, err, "DeleteConflict", "Cannot delete the default version of a policy.")
	_, err = c.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyArn: arn})
	wantError(t, err, "DeleteConflict", "more than one version")
	must(c.SetDefaultPolicyVersion(ctx, &sdk.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v1")}))
	must(c.DeletePolicyVersion(ctx, &sdk.DeletePolicyVersionInput{PolicyArn: arn, VersionId: v2.VersionId}))
	if list := must(c.ListPolicyVersions(ctx, &sdk.ListPolicyVersionsInput{PolicyArn: arn})).Versions; len(list) != 1 || *list[0].VersionId != "v1" {
		t.Errorf("versions %+v", list)
	}
}
