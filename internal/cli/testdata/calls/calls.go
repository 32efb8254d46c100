// Package calls has workflows that call AWS services.
package calls

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/stride-aws/stride/flow"
)

// Note is what is kept.
type Note struct {
	Bucket string `json:"bucket"`
	Name   string `json:"name"`
	Text   string `json:"text"`
}

var (
	// Keeping keeps a note in S3.
	Keeping = flow.Standard("keeping", keep)
	// Telling sends it to a topic.
	Telling = flow.Standard("telling", tell)
)

func keep(c flow.Context, n Note) (string, error) {
	_, err := flow.Do(c, (*s3.Client).PutObject, &s3.PutObjectInput{Bucket: aws.String(n.Bucket), Key: aws.String(n.Name), Body: strings.NewReader(n.Text)})
	var none *types.NoSuchBucket
	if errors.As(err, &none) {
		return "no bucket " + n.Bucket, nil
	}
	if err != nil {
		return "", err
	}
	found, err := flow.Do(c, (*s3.Client).ListObjectsV2, &s3.ListObjectsV2Input{Bucket: aws.String(n.Bucket)})
	if err != nil {
		return "", err
	}
	return aws.ToString(found.Contents[0].Key) + " is kept", nil
}

func tell(c flow.Context, n Note) (string, error) {
	sent, err := flow.Do(c, (*sns.Client).Publish, &sns.PublishInput{TopicArn: aws.String(n.Name), Message: aws.String(n.Text)})
	if err != nil {
		return "", err
	}
	return aws.ToString(sent.MessageId), nil
}
