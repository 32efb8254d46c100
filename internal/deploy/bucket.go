package deploy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/stride-aws/stride/internal/plan"
)

// codeFolder is where in a bucket the zips are for as long as Lambda takes them.
const codeFolder = "stride/"

// readBucket reads a bucket that stride is to make; one that it only uses it does not look at. nil: it is not there.
func (c *Clients) readBucket(ctx context.Context, b *plan.Bucket, account string) (*plan.LiveBucket, error) {
	var live *plan.LiveBucket
	var private bool
	var key string
	g := newGroup(ctx)
	g.do(func(ctx context.Context) (err error) { live, err = c.bucketTags(ctx, b.Name, account); return err })
	g.do(func(ctx context.Context) (err error) {
		private, err = c.bucketPrivate(ctx, b.Name, account)
		return err
	})
	g.do(func(ctx context.Context) (err error) { key, err = c.bucketKey(ctx, b.Name, account); return err })
	if err := g.wait(); err != nil {
		return nil, fmt.Errorf("reading bucket %s: %w", b.Name, err)
	}
	if live != nil {
		live.Private, live.KMSKey = private, key
	}
	return live, nil
}

// bucketTags is a bucket with its tags, nil where it is not there.
func (c *Clients) bucketTags(ctx context.Context, name, account string) (*plan.LiveBucket, error) {
	out, err := c.S3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &name, ExpectedBucketOwner: &account})
	switch {
	case missing(err):
		return nil, nil
	case code(err) == "NoSuchTagSet":
		return &plan.LiveBucket{}, nil
	case err != nil:
		return nil, err
	}
	live := &plan.LiveBucket{Tags: plan.Tags{}}
	for _, t := range out.TagSet {
		live.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return live, nil
}

func (c *Clients) bucketPrivate(ctx context.Context, name, account string) (bool, error) {
	out, err := c.S3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &name, ExpectedBucketOwner: &account})
	if missing(err) || code(err) == "NoSuchPublicAccessBlockConfiguration" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	b := out.PublicAccessBlockConfiguration
	return aws.ToBool(b.BlockPublicAcls) && aws.ToBool(b.BlockPublicPolicy) && aws.ToBool(b.IgnorePublicAcls) && aws.ToBool(b.RestrictPublicBuckets), nil
}

// bucketKey is the KMS key that encrypts what is put into a bucket, "" for S3's own.
func (c *Clients) bucketKey(ctx context.Context, name, account string) (string, error) {
	out, err := c.S3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &name, ExpectedBucketOwner: &account})
	if missing(err) || code(err) == "ServerSideEncryptionConfigurationNotFoundError" {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
		if d := rule.ApplyServerSideEncryptionByDefault; d != nil {
			return aws.ToString(d.KMSMasterKeyID), nil
		}
	}
	return "", nil
}

func (s *sender) createBucket(ctx context.Context) error {
	b := s.action.Bucket
	in := &s3.CreateBucketInput{Bucket: &b.Name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{
		Tags: sortedTags(b.Tags, func(k, v string) s3types.Tag { return s3types.Tag{Key: &k, Value: &v} }),
	}}
	if s.plan.Place.Region != "us-east-1" { // which is what no constraint means, and has no name
		in.CreateBucketConfiguration.LocationConstraint = s3types.BucketLocationConstraint(s.plan.Place.Region)
	}
	_, err := s.S3.CreateBucket(ctx, in)
	switch code(err) {
	case "BucketAlreadyOwnedByYou": // an earlier attempt, whose answer was lost
		return nil
	case "BucketAlreadyExists":
		return fmt.Errorf("another account has a bucket of this name; choose another in infra/stride.yaml: %w", err)
	}
	return err
}

func (s *sender) putPublicAccessBlock(ctx context.Context) error {
	_, err := s.S3.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: &s.action.Name, ExpectedBucketOwner: &s.plan.Place.Account,
		PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
		},
	})
	return err
}

func (s *sender) putBucketEncryption(ctx context.Context) error {
	by := &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAes256}
	if key := s.action.Bucket.KMSKey; key != "" {
		by = &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAwsKms, KMSMasterKeyID: &key}
	}
	_, err := s.S3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: &s.action.Name, ExpectedBucketOwner: &s.plan.Place.Account,
		ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
			Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: by, BucketKeyEnabled: aws.Bool(true)}},
		},
	})
	return err
}

// emptyBucket removes what deploys that died have left there, and nothing else.
func (s *sender) emptyBucket(ctx context.Context) error {
	pages := s3.NewListObjectsV2Paginator(s.S3, &s3.ListObjectsV2Input{
		Bucket: &s.action.Name, Prefix: aws.String(codeFolder), ExpectedBucketOwner: &s.plan.Place.Account})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return gone(err)
		}
		var keys []s3types.ObjectIdentifier
		for _, o := range page.Contents {
			keys = append(keys, s3types.ObjectIdentifier{Key: o.Key})
		}
		if len(keys) == 0 {
			continue
		}
		_, err = s.S3.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &s.action.Name, Delete: &s3types.Delete{Objects: keys, Quiet: aws.Bool(true)}})
		if err != nil {
			return gone(err)
		}
	}
	return nil
}

// deleteBucket leaves a bucket in which somebody else has something.
func (s *sender) deleteBucket(ctx context.Context) error {
	_, err := s.S3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &s.action.Name, ExpectedBucketOwner: &s.plan.Place.Account})
	if code(err) == "BucketNotEmpty" {
		return fmt.Errorf("it holds objects that stride did not put there; empty it, and destroy again: %w", err)
	}
	return gone(err)
}

// key is where the function's zip is in the bucket.
func (s *sender) key() *string {
	sum := sha256.Sum256([]byte(s.action.Function.Code.SHA256))
	return aws.String(codeFolder + s.action.Function.Name + "/" + hex.EncodeToString(sum[:8]) + ".zip")
}

func (s *sender) putObject(ctx context.Context) error {
	zip, err := os.ReadFile(s.zips[s.action.Function.Name])
	if err != nil {
		return err
	}
	_, err = s.S3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.action.Bucket.Name, Key: s.key(), Body: bytes.NewReader(zip), ExpectedBucketOwner: &s.plan.Place.Account,
	})
	if missing(err) {
		return fmt.Errorf("there is no bucket %s; make it, or set bucket.create: %w", s.action.Bucket.Name, err)
	}
	return err
}

// deleteObject removes the zip, of which Lambda has its own copy.
func (s *sender) deleteObject(ctx context.Context) error {
	_, err := s.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.action.Bucket.Name, Key: s.key(), ExpectedBucketOwner: &s.plan.Place.Account})
	return gone(err)
}

// code is the code of the action's function: itself, or where it is.
func (s *sender) code() (*types.FunctionCode, error) {
	f := s.action.Function
	if b := s.action.Bucket; b != nil {
		return &types.FunctionCode{S3Bucket: &b.Name, S3Key: s.key()}, nil
	}
	if f.Code.Size > plan.MaxDirect {
		return nil, fmt.Errorf("the zip has %d MB, and Lambda takes %d in a request; name a bucket for it in infra/stride.yaml, or make the handler's dependencies fewer",
			f.Code.Size>>20, plan.MaxDirect>>20)
	}
	zip, err := os.ReadFile(s.zips[f.Name])
	return &types.FunctionCode{ZipFile: zip}, err
}
