package lang

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
)

// Child is a workflow that others run.
var Child = flow.Standard("child", nothing)

// Services are the constructs that call something other than a handler.
var Services = []Case{
	with("run", runCase, func(*flowtest.Test) {}, []flow.Workflow{Child}, zero, one),
	with("start", startCase, func(*flowtest.Test) {}, []flow.Workflow{Child}, one),
	with("activity", activityCase, func(ft *flowtest.Test) {
		flowtest.MockActivity(ft, "weigh", func(p Part) (int, error) { return p.Count * 10, nil })
	}, nil, zero, one),
	Of("errors-is", errorsIs, named("odd"), named("fine"), named("broken")),
	with("do", doCase, func(ft *flowtest.Test) {
		flowtest.MockDo(ft, (*sns.Client).Publish, func(in *sns.PublishInput) (*sns.PublishOutput, error) {
			return &sns.PublishOutput{MessageId: aws.String("m-" + aws.ToString(in.Message))}, nil
		})
		flowtest.MockDo(ft, (*sqs.Client).GetQueueUrl, func(in *sqs.GetQueueUrlInput) (*sqs.GetQueueUrlOutput, error) {
			return &sqs.GetQueueUrlOutput{}, nil
		})
	}, nil, zero, one),
	with("do-errors", doErrors, func(ft *flowtest.Test) {
		flowtest.MockDo(ft, (*dynamodb.Client).PutItem, func(in *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
			return nil, &types.ConditionalCheckFailedException{Message: aws.String("it is there")}
		})
	}, nil, one),
	with("sync", syncCase, func(ft *flowtest.Test) {
		flowtest.MockSync(ft, (*batch.Client).SubmitJob, func(in *batch.SubmitJobInput) (batchtypes.JobDetail, error) {
			if aws.ToString(in.JobName) == "" {
				return batchtypes.JobDetail{}, flow.Fail("States.TaskFailed", "the job failed")
			}
			return batchtypes.JobDetail{Status: batchtypes.JobStatusSucceeded, JobName: in.JobName, Attempts: make([]batchtypes.AttemptDetail, 2)}, nil
		})
	}, nil, zero, one),
	with("do-await", doAwait, func(ft *flowtest.Test) {
		flowtest.AnswerDo(ft, (*sqs.Client).SendMessage, func(in *sqs.SendMessageInput) (Part, error) {
			return Part{ID: aws.ToString(in.QueueUrl), Count: 1}, nil
		})
	}, nil, zero, one),
	with("http", httpCase, func(ft *flowtest.Test) {
		flowtest.MockHTTP(ft, "POST https://api.example.com/", func(r flow.Request) (flow.Response[Part], error) {
			if r.Query["q"] == "" {
				return flow.Response[Part]{}, flow.ErrorName("States.Http.StatusCode.404")
			}
			return flow.Response[Part]{Status: 200, Body: Part{ID: r.URL, Count: 7}}, nil
		})
	}, nil, zero, one),
	with("map-s3-csv", mapCSV, func(ft *flowtest.Test) { ft.Object("in", "rows.csv", "id,grams\na,3\nb,oops\nc,5\n") }, nil, zero, one),
	with("map-s3-objects", mapObjects, func(ft *flowtest.Test) {
		ft.Object("in", "a/1", "x").Object("in", "a/2", "yy").Object("in", "b/3", "z")
	}, nil, "a/", "none/"),
	with("map-s3-batches", mapBatches, func(ft *flowtest.Test) { ft.Object("in", "parts.json", `[{"id":"a"},{"id":"b","count":2},{"id":"c"}]`) }, nil, zero, one),
	with("map-s3-lines", mapLines, func(ft *flowtest.Test) {
		ft.Object("in", "parts.jsonl", "{\"id\":\"a\",\"count\":1}\n{\"id\":\"b\"}\n")
	}, nil, one),
	with("map-to-s3", mapToS3, func(*flowtest.Test) {}, nil, zero, many),
}

// syncCase starts a job and waits for it: no loop, no Lambda function.
func syncCase(c flow.Context, in Thing) (string, error) {
	job, err := flow.Sync[batchtypes.JobDetail](c, (*batch.Client).SubmitJob, &batch.SubmitJobInput{
		JobName: aws.String(in.Name), JobQueue: aws.String("jobs"), JobDefinition: aws.String("resize"),
		Parameters: map[string]string{"note": in.Note},
	}, flow.Timeout(2*time.Hour))
	if errors.Is(err, flow.ErrTaskFailed) {
		return "failed", nil
	}
	return fmt.Sprintf("%s after %d attempts", aws.ToString(job.JobName), len(job.Attempts)), err
}

// doAwait sends a message with a task token, and waits for the answer of whoever reads it.
func doAwait(c flow.Context, in Thing) (string, error) {
	answer, err := flow.DoAwait[Part](c, (*sqs.Client).SendMessage, func(t flow.Token) *sqs.SendMessageInput {
		return &sqs.SendMessageInput{QueueUrl: aws.String("https://sqs.example.com/q"), MessageBody: aws.String(in.Name + " " + t)}
	}, flow.Heartbeat(time.Hour))
	return answer.ID, err
}

// httpCase calls an API without a Lambda function.
func httpCase(c flow.Context, in Thing) (Part, error) {
	answer, err := flow.HTTP[Part](c, flow.Request{
		Method: "POST", URL: "https://api.example.com/parts", Connection: flow.Connection{ARN: flow.Env("CONNECTION")},
		Query: map[string]string{"q": in.Name}, Body: in.Part,
	}, flow.Retry{On: []error{flow.ErrorName("States.Http.StatusCode.503")}, MaxAttempts: 2, FullJitter: true})
	if errors.Is(err, flow.ErrorName("States.Http.StatusCode.404")) {
		return Part{ID: "nowhere"}, nil
	}
	return answer.Body, err
}

// Row is a line of a file: every cell is text.
type Row struct {
	ID    string `json:"id"`
	Grams string `json:"grams"`
}

// mapCSV runs an execution for each line of a file, and lets a third of them fail.
func mapCSV(c flow.Context, in Thing) ([]Part, error) {
	return flow.MapS3(c, flow.CSV[Row]("in", "rows.csv"), func(c flow.Context, r Row) (Part, error) {
		if r.Grams == "oops" {
			return Part{}, flow.Fail("NoNumber", r.ID)
		}
		n, err := flow.Call(c, Double, in.N)
		return Part{ID: r.ID + in.Name, Count: n}, err
	}, flow.MaxConcurrency(100), flow.TolerateShare(34), flow.MaxItems(1000))
}

// mapObjects lists a bucket.
func mapObjects(c flow.Context, prefix string) ([]int, error) {
	return flow.MapS3(c, flow.Objects("in", prefix), func(c flow.Context, o flow.Object) (int, error) {
		return flow.Call(c, Double, o.Size)
	}, flow.ExpressChildren())
}

// mapBatches hands over two items at a time, and with each batch what the iterations read besides.
func mapBatches(c flow.Context, in Thing) ([]string, error) {
	return flow.MapS3(c, flow.InBatches(flow.JSONArray[Part]("in", "parts.json"), 2), func(c flow.Context, parts []Part) (string, error) {
		return flow.Call(c, Log, fmt.Sprintf("%d of %s from %s", len(parts), in.Name, parts[0].ID))
	})
}

// mapLines reads a file of lines.
func mapLines(c flow.Context, in Thing) ([]int, error) {
	return flow.MapS3(c, flow.JSONLines[Part]("in", "parts.jsonl"), func(c flow.Context, p Part) (int, error) {
		return flow.Call(c, Double, p.Count+in.N)
	})
}

// mapToS3 leaves the results in S3, where they have no limit.
func mapToS3(c flow.Context, in Thing) (string, error) {
	written, err := flow.MapToS3(c, flow.InBatches(flow.Items(in.Parts), 2), func(c flow.Context, parts []Part) (int, error) {
		return flow.Call(c, Double, len(parts))
	}, flow.Results{Bucket: "out", Prefix: "results"})
	return written.Bucket + " " + written.Key, err
}

// runCase runs another workflow and waits for it.
func runCase(c flow.Context, in Thing) (string, error) {
	out, err := flow.Run(c, nothing, in)
	if errors.Is(err, flow.ErrTaskFailed) {
		return "the child failed", nil
	}
	return "child: " + out, err
}

// startCase starts another workflow and goes on.
func startCase(c flow.Context, in Thing) (bool, error) {
	arn, err := flow.Start(c, nothing, in)
	return arn != "", err
}

// activityCase waits for a worker.
func activityCase(c flow.Context, in Thing) (int, error) {
	grams, err := flow.Activity[int](c, "weigh", in.Part, flow.Timeout(time.Hour), flow.Heartbeat(time.Minute))
	if err != nil {
		return 0, err
	}
	return grams + 1, nil
}

// errorsIs tells an error variable of a handler's package from other errors.
func errorsIs(c flow.Context, in Thing) (string, error) {
	p, err := flow.Call(c, Risky, in, flow.Retry{On: []error{ErrOdd}, MaxAttempts: 1, FullJitter: true})
	if errors.Is(err, ErrOdd) {
		return "odd", nil
	}
	return p.ID, err
}

// doCase calls AWS services without a Lambda function.
func doCase(c flow.Context, in Thing) (string, error) {
	sent, err := flow.Do(c, (*sns.Client).Publish, &sns.PublishInput{
		TopicArn: aws.String("arn:aws:sns:us-east-1:000000000000:" + flow.Env("TOPIC")),
		Message:  aws.String("hello " + in.Name), Subject: aws.String(in.Note),
	})
	if err != nil {
		return "", err
	}
	queue, err := flow.Do(c, (*sqs.Client).GetQueueUrl, &sqs.GetQueueUrlInput{QueueName: aws.String("q")})
	if err != nil {
		return "", err
	}
	return aws.ToString(sent.MessageId) + aws.ToString(queue.QueueUrl), nil
}

// doErrors tells a service's errors apart.
func doErrors(c flow.Context, in Thing) (string, error) {
	_, err := flow.Do(c, (*dynamodb.Client).PutItem, &dynamodb.PutItemInput{
		TableName: aws.String("things"), ConditionExpression: aws.String("attribute_not_exists(id)"),
		Item: map[string]types.AttributeValue{
			"id":   &types.AttributeValueMemberS{Value: in.Name},
			"tags": &types.AttributeValueMemberSS{Value: in.Tags},
		},
	})
	var there *types.ConditionalCheckFailedException
	if errors.As(err, &there) {
		return "there", nil
	}
	return "new", err
}
