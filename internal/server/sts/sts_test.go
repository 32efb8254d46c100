package sts

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/stride-aws/stride/internal/server/wire"
)

func TestCallersAndRoles(t *testing.T) {
	ctx := context.Background()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := New(Options{Now: func() time.Time { return now }, Assume: func(principal, role string) error {
		if role == "arn:aws:iam::111111111111:role/closed" {
			return errors.New("no")
		}
		return nil
	}})
	router := wire.NewRouter(false)
	router.Register("sts", s)
	router.Accounts(func(key string) string { session, _ := s.Session(key); return session.Account })
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	as := func(key string) *sdk.Client {
		return sdk.New(sdk.Options{BaseEndpoint: &server.URL, Region: "us-east-1", RetryMaxAttempts: 1,
			Credentials: credentials.NewStaticCredentialsProvider(key, "secret", "")})
	}
	whoIs := func(key string) string {
		t.Helper()
		out, err := as(key).GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
		if err != nil {
			t.Fatal(err)
		}
		return *out.Account + " " + *out.Arn
	}
	for key, want := range map[string]string{
		"AKIDEXAMPLE":  "000000000000 arn:aws:iam::000000000000:root",
		"222222222222": "222222222222 arn:aws:iam::222222222222:root",
	} {
		if got := whoIs(key); got != want {
			t.Errorf("%s is %s", key, got)
		}
	}
	out, err := as("AKIDEXAMPLE").AssumeRole(ctx, &sdk.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111111111111:role/path/deploy"), RoleSessionName: aws.String("ci"), DurationSeconds: aws.Int32(900)})
	if err != nil {
		t.Fatal(err)
	}
	const principal = "arn:aws:sts::111111111111:assumed-role/deploy/ci"
	if *out.AssumedRoleUser.Arn != principal || !out.Credentials.Expiration.Equal(now.Add(15*time.Minute)) {
		t.Errorf("assumed %s until %v", *out.AssumedRoleUser.Arn, out.Credentials.Expiration)
	}
	if got := whoIs(*out.Credentials.AccessKeyId); got != "111111111111 "+principal {
		t.Errorf("the session is %s", got)
	}
	now = now.Add(time.Hour)
	if _, ok := s.Session(*out.Credentials.AccessKeyId); ok {
		t.Error("the session has not expired")
	}
	for role, want := range map[string]string{"arn:aws:iam::111111111111:role/closed": "AccessDenied", "closed, and no ARN, but long": "ValidationError"} {
		_, err := as("AKIDEXAMPLE").AssumeRole(ctx, &sdk.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("ci")})
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != want {
			t.Errorf("%s: got %v, want %s", role, err, want)
		}
	}
}
