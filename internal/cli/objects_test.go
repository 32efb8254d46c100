package cli_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rogpeppe/go-internal/testscript"
)

func objectsAt(ts *testscript.TestScript) *s3.Client {
	return s3.NewFromConfig(at(ts), func(o *s3.Options) { o.UsePathStyle = true })
}

// bucket NAME makes a bucket at $AWS.
func bucket(ts *testscript.TestScript, _ bool, args []string) {
	_, err := objectsAt(ts).CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: &args[0]})
	ts.Check(err)
}

// objects BUCKET prints the keys and sizes of a bucket's objects at $AWS.
func objects(ts *testscript.TestScript, _ bool, args []string) {
	out, err := objectsAt(ts).ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: &args[0]})
	ts.Check(err)
	for _, o := range out.Contents {
		fmt.Fprintln(ts.Stdout(), aws.ToString(o.Key), aws.ToInt64(o.Size))
	}
}
