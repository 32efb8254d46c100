package s3

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/server/wire"
)

var ctx = context.Background()

// serve gives a client for each style of address.
func serve(t *testing.T) (path, virtual *sdk.Client, service *Service) {
	t.Helper()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	service = New(func() time.Time { now = now.Add(time.Second); return now })
	router := wire.NewRouter(false)
	router.Register("s3", service)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	client := func(url string, style bool) *sdk.Client {
		dial := &http.Client{Transport: &http.Transport{Proxy: nil, DialContext: dialTo(server)}}
		return sdk.New(sdk.Options{BaseEndpoint: &url, Region: "eu-west-1", RetryMaxAttempts: 1, UsePathStyle: style, HTTPClient: dial,
			Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})
	}
	return client(server.URL, true), client(strings.Replace(server.URL, "127.0.0.1", "localhost", 1), false), service
}

// dialTo connects to server whatever the host is called.
func dialTo(server *httptest.Server) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
}

// must is v; an error ends the test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func wantError(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		t.Errorf("got %v\nwant %s", err, code)
	}
}

var bucketOf = aws.String("stride-artefacts")

func TestBucket(t *testing.T) {
	c, virtual, _ := serve(t)
	_, err := c.HeadBucket(ctx, &sdk.HeadBucketInput{Bucket: bucketOf})
	wantError(t, err, "NotFound")
	must(c.CreateBucket(ctx, &sdk.CreateBucketInput{Bucket: bucketOf, CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}}))
	_, err = virtual.CreateBucket(ctx, &sdk.CreateBucketInput{Bucket: bucketOf})
	wantError(t, err, "BucketAlreadyOwnedByYou")
	_, err = c.CreateBucket(ctx, &sdk.CreateBucketInput{Bucket: aws.String("No")})
	wantError(t, err, "InvalidBucketName")
	if head := must(virtual.HeadBucket(ctx, &sdk.HeadBucketInput{Bucket: bucketOf})); *head.BucketRegion != "eu-west-1" {
		t.Errorf("region %s", *head.BucketRegion)
	}
	if at := must(c.GetBucketLocation(ctx, &sdk.GetBucketLocationInput{Bucket: bucketOf})); at.LocationConstraint != "eu-west-1" {
		t.Errorf("location %s", at.LocationConstraint)
	}
	must(c.PutBucketEncryption(ctx, &sdk.PutBucketEncryptionInput{Bucket: bucketOf, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
		Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAwsKms}}}}}))
	rules := must(c.GetBucketEncryption(ctx, &sdk.GetBucketEncryptionInput{Bucket: bucketOf})).ServerSideEncryptionConfiguration.Rules
	if len(rules) != 1 || rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != types.ServerSideEncryptionAwsKms {
		t.Errorf("encryption %+v", rules)
	}
	if block := must(c.GetPublicAccessBlock(ctx, &sdk.GetPublicAccessBlockInput{Bucket: bucketOf})).PublicAccessBlockConfiguration; !*block.BlockPublicAcls {
		t.Errorf("a new bucket is open: %+v", block)
	}
	must(c.PutPublicAccessBlock(ctx, &sdk.PutPublicAccessBlockInput{Bucket: bucketOf, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicPolicy: aws.Bool(true)}}))
	must(c.DeletePublicAccessBlock(ctx, &sdk.DeletePublicAccessBlockInput{Bucket: bucketOf}))
	_, err = c.GetPublicAccessBlock(ctx, &sdk.GetPublicAccessBlockInput{Bucket: bucketOf})
	wantError(t, err, "NoSuchPublicAccessBlockConfiguration")
	_, err = c.GetBucketTagging(ctx, &sdk.GetBucketTaggingInput{Bucket: bucketOf})
	wantError(t, err, "NoSuchTagSet")
	must(c.PutBucketTagging(ctx, &sdk.PutBucketTaggingInput{Bucket: bucketOf, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("stride:env"), Value: aws.String("dev")}}}}))
	if tags := must(c.GetBucketTagging(ctx, &sdk.GetBucketTaggingInput{Bucket: bucketOf})).TagSet; len(tags) != 1 || *tags[0].Value != "dev" {
		t.Errorf("tags %+v", tags)
	}
	must(c.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucketOf, Key: aws.String("k"), Body: strings.NewReader("x")}))
	_, err = c.DeleteBucket(ctx, &sdk.DeleteBucketInput{Bucket: bucketOf})
	wantError(t, err, "BucketNotEmpty")
	must(c.DeleteObject(ctx, &sdk.DeleteObjectInput{Bucket: bucketOf, Key: aws.String("k")}))
	must(c.DeleteBucket(ctx, &sdk.DeleteBucketInput{Bucket: bucketOf}))
	if list := must(c.ListBuckets(ctx, &sdk.ListBucketsInput{})).Buckets; len(list) > 0 {
		t.Errorf("left: %+v", list)
	}
}

func TestObjects(t *testing.T) {
	c, virtual, s := serve(t)
	must(c.CreateBucket(ctx, &sdk.CreateBucketInput{Bucket: bucketOf}))
	key := aws.String("zips/a b+ü.zip")
	body := bytes.Repeat([]byte("0123456789"), 20000)
	put := must(virtual.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucketOf, Key: key, Body: bytes.NewReader(body), ContentType: aws.String("application/zip"), Metadata: map[string]string{"digest": "d"}}))
	for style, client := range map[string]*sdk.Client{"path": c, "virtual host": virtual} {
		got := must(client.GetObject(ctx, &sdk.GetObjectInput{Bucket: bucketOf, Key: key}))
		if text := must(io.ReadAll(got.Body)); !bytes.Equal(text, body) || *got.ETag != *put.ETag || *got.ContentType != "application/zip" || got.Metadata["digest"] != "d" {
			t.Errorf("%s: got %d bytes, %+v", style, len(text), got)
		}
	}
	part := must(c.GetObject(ctx, &sdk.GetObjectInput{Bucket: bucketOf, Key: key, Range: aws.String("bytes=5-7")}))
	if text := must(io.ReadAll(part.Body)); string(text) != "567" || *part.ContentRange != "bytes 5-7/200000" {
		t.Errorf("range: %s, %s", text, *part.ContentRange)
	}
	_, err := c.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucketOf, Key: key, Body: strings.NewReader("x"), IfNoneMatch: aws.String("*")})
	wantError(t, err, "PreconditionFailed")
	_, err = c.GetObject(ctx, &sdk.GetObjectInput{Bucket: bucketOf, Key: aws.String("gone")})
	wantError(t, err, "NoSuchKey")
	_, err = c.GetObject(ctx, &sdk.GetObjectInput{Bucket: aws.String("gone"), Key: key})
	wantError(t, err, "NoSuchBucket")
	_, err = c.HeadObject(ctx, &sdk.HeadObjectInput{Bucket: bucketOf, Key: aws.String("gone")})
	wantError(t, err, "NotFound")
	must(c.CopyObject(ctx, &sdk.CopyObjectInput{Bucket: bucketOf, Key: aws.String("copy"), CopySource: aws.String("stride-artefacts/zips/a%20b%2B%C3%BC.zip")}))
	if head := must(c.HeadObject(ctx, &sdk.HeadObjectInput{Bucket: bucketOf, Key: aws.String("copy")})); *head.ContentLength != 200000 || head.Metadata["digest"] != "d" {
		t.Errorf("the copy is %+v", head)
	}
	if o, err := s.Get("000000000000", *bucketOf, "copy"); err != nil || len(o.Body) != 200000 {
		t.Errorf("Get: %v", err)
	}
	if _, err := s.Get("111111111111", *bucketOf, "copy"); err == nil || err.Error() != "AccessDenied: Access Denied" {
		t.Errorf("another account: %v", err)
	}
	deleted := must(c.DeleteObjects(ctx, &sdk.DeleteObjectsInput{Bucket: bucketOf, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: key}, {Key: aws.String("copy")}, {Key: aws.String("gone")}}}}))
	if left, _ := s.List("000000000000", *bucketOf, ""); len(deleted.Deleted) != 3 || len(left) > 0 {
		t.Errorf("deleted %+v, left %v", deleted.Deleted, left)
	}
}

func TestLists(t *testing.T) {
	c, _, s := serve(t)
	must(c.CreateBucket(ctx, &sdk.CreateBucketInput{Bucket: bucketOf}))
	for _, key := range []string{"a/1", "a/2", "b", "b c", "d/1/x", "d/2"} {
		must(s.Put("000000000000", *bucketOf, key, []byte("x"), nil))
	}
	for _, tt := range []struct {
		in   sdk.ListObjectsV2Input
		want string
	}{
		{sdk.ListObjectsV2Input{}, "a/1 a/2 b b c d/1/x d/2"},
		{sdk.ListObjectsV2Input{Delimiter: aws.String("/")}, "b b c [a/] [d/]"},
		{sdk.ListObjectsV2Input{Delimiter: aws.String("/"), Prefix: aws.String("d/")}, "d/2 [d/1/]"},
		{sdk.ListObjectsV2Input{StartAfter: aws.String("b")}, "b c d/1/x d/2"},
		{sdk.ListObjectsV2Input{Prefix: aws.String("z")}, ""},
	} {
		for _, size := range []int32{1, 2, 1000} {
			in := tt.in
			in.Bucket, in.MaxKeys = bucketOf, aws.Int32(size)
			var keys, prefixes []string
			for pages := sdk.NewListObjectsV2Paginator(c, &in); pages.HasMorePages(); {
				page := must(pages.NextPage(ctx))
				for _, o := range page.Contents {
					keys = append(keys, *o.Key)
				}
				for _, p := range page.CommonPrefixes {
					prefixes = append(prefixes, "["+*p.Prefix+"]")
				}
			}
			if got := strings.Join(append(keys, prefixes...), " "); got != tt.want {
				t.Errorf("pages of %d: got %q, want %q", size, got, tt.want)
			}
		}
	}
}

func TestMultipart(t *testing.T) {
	c, _, s := serve(t)
	must(c.CreateBucket(ctx, &sdk.CreateBucketInput{Bucket: bucketOf}))
	key := aws.String("big")
	begun := must(c.CreateMultipartUpload(ctx, &sdk.CreateMultipartUploadInput{Bucket: bucketOf, Key: key, ContentType: aws.String("text/plain")}))
	var parts []types.CompletedPart
	for n := int32(1); n <= 3; n++ {
		up := must(c.UploadPart(ctx, &sdk.UploadPartInput{Bucket: bucketOf, Key: key, UploadId: begun.UploadId, PartNumber: &n, Body: strings.NewReader(fmt.Sprint("part", n, " "))}))
		parts = append(parts, types.CompletedPart{PartNumber: aws.Int32(n), ETag: up.ETag})
	}
	done := must(c.CompleteMultipartUpload(ctx, &sdk.CompleteMultipartUploadInput{Bucket: bucketOf, Key: key, UploadId: begun.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}}))
	o := must(s.Get("000000000000", *bucketOf, "big"))
	if string(o.Body) != "part1 part2 part3 " || !strings.HasSuffix(*done.ETag, `-3"`) || o.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("stored %q, etag %s, %v", o.Body, *done.ETag, o.Header)
	}
	_, err := c.AbortMultipartUpload(ctx, &sdk.AbortMultipartUploadInput{Bucket: bucketOf, Key: key, UploadId: begun.UploadId})
	wantError(t, err, "NoSuchUpload")
}

func TestChunkedBody(t *testing.T) {
	for body, want := range map[string]string{
		"5;chunk-signature=00\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n": "hello world",
		"0\r\n\r\n":   "",
		"5\r\nhe":     "error",
		"zz\r\nhe":    "error",
		"2\r\nhe\r\n": "error",
	} {
		got, err := io.ReadAll(&chunks{in: bufio.NewReader(strings.NewReader(body))})
		if err != nil {
			got = []byte("error")
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%q: %s", body, diff)
		}
	}
}
