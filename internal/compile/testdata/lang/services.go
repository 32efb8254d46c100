package lang

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
)

// Child is a workflow that others run.
var Child = flow.Standard("child", nothing)

// Described is a workflow that generated ones run.
var Described = flow.Standard("described", Describe, flow.Function(Log), flow.Function(Risky))

// Describe fails for some names, after a step.
func Describe(c flow.Context, in Thing) (string, error) {
	said, err := flow.Call(c, Log, in.Name)
	if err != nil || said == "broken" {
		return "", flow.Fail("Indescribable", in.Name)
	}
	return fmt.Sprintf("%s with %d parts", said, len(in.Parts)), nil
}

// stored is what the mock of do-items has in its table.
var stored = map[string]types.AttributeValue{
	"one": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
		"n": &types.AttributeValueMemberN{Value: "41"}, "ok": &types.AttributeValueMemberBOOL{Value: true},
		"tags": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "a"}, &types.AttributeValueMemberNULL{Value: true}}},
	}},
	"many": &types.AttributeValueMemberS{Value: "no map"},
}

// Services are the constructs that call something other than a handler.
var Services = []Case{
	with("run", runCase, func(*flowtest.Test) {}, []flow.Workflow{Child}, zero, one),
	Generated("run-parts", runParts, func(*flowtest.Test) {}),
	Generated("run-fails", runFails, func(*flowtest.Test) {}),
	with("start", startCase, func(*flowtest.Test) {}, []flow.Workflow{Child}, one),
	with("activity", activityCase, func(ft *flowtest.Test) {
		flowtest.MockActivity(ft, "weigh", func(p Part) (int, error) { return p.Count * 10, nil })
	}, nil, zero, one),
	with("task", taskCase, func(ft *flowtest.Test) {
		flowtest.MockResource(ft, weigher, func(in map[string]Part) (string, error) {
			p := in["Part"]
			if p.Count < 0 {
				return "", flow.Fail("Weigher.Broken", "no weight of "+p.ID)
			}
			return flow.JSON(p.Count * 10), nil
		})
	}, nil, zero, one, Thing{Part: Part{ID: "less", Count: -1}}),
	with("task-await", taskAwait, func(ft *flowtest.Test) {
		flowtest.MockResource(ft, "arn:aws:states:::sqs:sendMessage.waitForTaskToken", func(in map[string]string) (int, error) { return len(in["MessageBody"]), nil })
	}, nil, zero, one),
	with("json", jsonCase, func(*flowtest.Test) {}, nil, zero, one),
	Of("errors-output", errorsOutput, named("fine"), named("broken")),
	Of("errors-is", errorsIs, named("odd"), named("fine"), named("broken")),
	with("do", doCase, func(ft *flowtest.Test) {
		flowtest.MockDo(ft, (*sns.Client).Publish, func(in *sns.PublishInput) (*sns.PublishOutput, error) {
			return &sns.PublishOutput{MessageId: aws.String("m-" + aws.ToString(in.Message))}, nil
		})
		flowtest.MockDo(ft, (*sqs.Client).GetQueueUrl, func(in *sqs.GetQueueUrlInput) (*sqs.GetQueueUrlOutput, error) {
			return &sqs.GetQueueUrlOutput{}, nil
		})
	}, nil, zero, one),
	with("do-items", doItems, func(ft *flowtest.Test) {
		flowtest.MockDo(ft, (*dynamodb.Client).GetItem, func(in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
			id := in.Key["id"].(*types.AttributeValueMemberS).Value
			if stored[id] == nil {
				return &dynamodb.GetItemOutput{}, nil
			}
			return &dynamodb.GetItemOutput{Item: map[string]types.AttributeValue{"thing": stored[id], "id": in.Key["id"]}}, nil
		})
		flowtest.MockDo(ft, (*dynamodb.Client).UpdateItem, func(in *dynamodb.UpdateItemInput) (*dynamodb.UpdateItemOutput, error) {
			if note := in.ExpressionAttributeValues[":note"].(*types.AttributeValueMemberB); string(note.Value) != "n" {
				return nil, fmt.Errorf("the note is %q", note.Value)
			}
			return &dynamodb.UpdateItemOutput{Attributes: map[string]types.AttributeValue{"n": in.ExpressionAttributeValues[":n"]}}, nil
		})
	}, nil, zero, one, many),
	with("do-query", doQuery, func(ft *flowtest.Test) {
		flowtest.MockDo(ft, (*dynamodb.Client).Query, func(in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
			done, forward := in.ExpressionAttributeValues[":done"].(*types.AttributeValueMemberBOOL), in.ScanIndexForward
			if done.Value || forward == nil || *forward {
				return nil, errors.New("a false got lost")
			}
			switch id := in.ExpressionAttributeValues[":id"].(*types.AttributeValueMemberS).Value; id {
			case "one":
				return &dynamodb.QueryOutput{Items: []map[string]types.AttributeValue{{"done": done}}}, nil
			case "many":
				return &dynamodb.QueryOutput{Items: []map[string]types.AttributeValue{{"tags": &types.AttributeValueMemberSS{Value: []string{"a"}}}}}, nil
			}
			return &dynamodb.QueryOutput{}, nil
		})
	}, nil, zero, one, many),
	with("do-content", doContent, func(ft *flowtest.Test) {
		flowtest.MockDo(ft, (*s3.Client).PutObject, func(in *s3.PutObjectInput) (*s3.PutObjectOutput, error) {
			body, err := io.ReadAll(in.Body)
			if *in.Key == "" {
				return nil, &s3types.NoSuchBucket{}
			}
			return &s3.PutObjectOutput{ETag: aws.String(fmt.Sprintf("%s %s", body, in.Metadata["k"]))}, err
		})
		flowtest.MockDo(ft, (*sqs.Client).SendMessage, func(in *sqs.SendMessageInput) (*sqs.SendMessageOutput, error) {
			raw := in.MessageAttributes["raw"].BinaryValue
			return &sqs.SendMessageOutput{MD5OfMessageBody: aws.String(*in.MessageBody + string(raw))}, nil
		})
	}, nil, zero, one, many),
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
	with("map-s3-inventory", mapInventory, func(ft *flowtest.Test) {
		ft.Object("in", "inventory/manifest.json", `{"sourceBucket": "archive", "destinationBucket": "arn:aws:s3:::in", "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size",
			"files": [{"key": "inventory/1.csv"}, {"key": "inventory/2.csv"}]}`)
		ft.Object("in", "inventory/1.csv", "archive,a.log,17\narchive,b.log,4\n").Object("in", "inventory/2.csv", "archive,c.log,9\n")
	}, nil, zero, one),
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

// Stored is a row of an S3 inventory: the columns that its configuration has, as text.
type Stored struct {
	Key, Size string
}

// mapInventory goes over the objects that an S3 inventory lists, in batches.
func mapInventory(c flow.Context, in Thing) ([]string, error) {
	return flow.MapS3(c, flow.InBatches(flow.Inventory[Stored]("in", "inventory/manifest.json"), 2), func(c flow.Context, objects []Stored) (string, error) {
		return flow.Call(c, Log, fmt.Sprintf("%s: %d from %s", in.Name, len(objects), objects[0].Key))
	})
}

// mapToS3 leaves the results in S3, where they have no limit.
func mapToS3(c flow.Context, in Thing) (string, error) {
	written, err := flow.MapToS3(c, flow.InBatches(flow.Items(in.Parts), 2), func(c flow.Context, parts []Part) (int, error) {
		return flow.Call(c, Double, len(parts))
	}, flow.Results{Bucket: "out", Prefix: "results"})
	return written.Bucket + " " + written.Key, err
}

// doItems reads and writes DynamoDB's values, which are unions in Go.
func doItems(c flow.Context, in Thing) (string, error) {
	got, err := flow.Do(c, (*dynamodb.Client).GetItem, &dynamodb.GetItemInput{
		TableName: aws.String("things"), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: in.Name}},
	})
	if err != nil {
		return "", err
	}
	thing, ok := got.Item["thing"].(*types.AttributeValueMemberM)
	if !ok {
		return "no map", nil
	}
	n := "0"
	if have, ok := thing.Value["n"].(*types.AttributeValueMemberN); ok {
		n = have.Value
	}
	done, err := flow.Do(c, (*dynamodb.Client).UpdateItem, &dynamodb.UpdateItemInput{
		TableName: aws.String("things"), Key: got.Item, UpdateExpression: aws.String("SET n = :n + n, note = :note"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":n":    &types.AttributeValueMemberN{Value: n},
			":note": &types.AttributeValueMemberB{Value: []byte(in.Note)},
			":tags": thing.Value["tags"],
		},
		ReturnValues: types.ReturnValueUpdatedNew,
	})
	if err != nil {
		return "", err
	}
	return done.Attributes["n"].(*types.AttributeValueMemberN).Value, nil
}

// doQuery asks by an integration of the SDK, which spells some of DynamoDB's values otherwise.
func doQuery(c flow.Context, in Thing) ([]string, error) {
	found, err := flow.Do(c, (*dynamodb.Client).Query, &dynamodb.QueryInput{
		TableName: aws.String("things"), KeyConditionExpression: aws.String("id = :id"), FilterExpression: aws.String("done = :done"), Limit: aws.Int32(int32(1)),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":id": &types.AttributeValueMemberS{Value: in.Name}, ":done": &types.AttributeValueMemberBOOL{Value: false},
		},
		ScanIndexForward: aws.Bool(false),
	})
	if err != nil || len(found.Items) == 0 {
		return nil, err
	}
	if done, ok := found.Items[0]["done"].(*types.AttributeValueMemberBOOL); ok && !done.Value {
		return []string{"not done"}, nil
	}
	if tags, ok := found.Items[0]["tags"].(*types.AttributeValueMemberSS); ok {
		return tags.Value, nil
	}
	return nil, nil
}

// doContent sends a text where an operation takes bytes or a stream.
func doContent(c flow.Context, in Thing) (string, error) {
	put, err := flow.Do(c, (*s3.Client).PutObject, &s3.PutObjectInput{
		Bucket: aws.String("things"), Key: aws.String(in.Name), Body: strings.NewReader("note: " + in.Note), Metadata: in.Attrs,
	})
	var gone *s3types.NoSuchBucket
	if errors.As(err, &gone) {
		return "no bucket", nil
	}
	if err != nil {
		return "", err
	}
	sent, err := flow.Do(c, (*sqs.Client).SendMessage, &sqs.SendMessageInput{
		QueueUrl: aws.String("q"), MessageBody: put.ETag,
		MessageAttributes: map[string]sqstypes.MessageAttributeValue{"raw": {DataType: aws.String("Binary"), BinaryValue: []byte(in.Name)}},
	}, flow.Retry{On: []error{&sqstypes.OverLimit{}}, FullJitter: true})
	if err != nil {
		return "", err
	}
	return aws.ToString(sent.MD5OfMessageBody), nil
}

// runCase runs another workflow and waits for it.
func runCase(c flow.Context, in Thing) (string, error) {
	out, err := flow.Run(c, nothing, in)
	if errors.Is(err, flow.ErrTaskFailed) {
		return "the child failed", nil
	}
	return "child: " + out, err
}

// runParts hands on what may lack fields.
func runParts(c flow.Context, in Thing) (string, error) {
	return flow.Run(c, Describe, Thing{Name: in.Name, Parts: in.Parts})
}

// runFails reads the text of a child's failure: what the child's execution ended with.
func runFails(c flow.Context, in Thing) (string, error) {
	_, err := flow.Run(c, Describe, Thing{Name: "broken"})
	if err == nil || in.OK {
		return "", err
	}
	return err.Error(), nil
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

const weigher = "arn:aws:states:::glue:startJobRun.sync"

// taskCase calls a resource by its ARN, and keeps the error as data.
func taskCase(c flow.Context, in Thing) (flow.ErrorOutput, error) {
	grams, err := flow.Task[string](c, weigher, map[string]any{"Part": in.Part}, flow.Name("Weigh"))
	if err != nil {
		return flow.OutputOf(err), nil
	}
	return flow.ErrorOutput{Cause: fmt.Sprintf("%d", flow.Parsed[int](grams)+1)}, nil
}

// errorsOutput hands a handler's error on as data.
func errorsOutput(c flow.Context, in Thing) (flow.ErrorOutput, error) {
	_, err := flow.Call(c, Risky, in)
	if err != nil {
		return flow.OutputOf(err), nil
	}
	return flow.ErrorOutput{}, nil
}

// taskAwait waits for an answer to the token in a resource's parameters.
func taskAwait(c flow.Context, in Thing) (int, error) {
	return flow.TaskAwait[int](c, "arn:aws:states:::sqs:sendMessage.waitForTaskToken", func(token flow.Token) map[string]any {
		return map[string]any{"QueueUrl": flow.Env("QUEUE"), "MessageBody": in.Name}
	}, flow.Timeout(365*24*time.Hour))
}

// jsonCase writes values as JSON text.
func jsonCase(c flow.Context, in Thing) ([]string, error) {
	return []string{flow.JSON(in.Name), flow.JSON(in.N), flow.JSON(in.Part), flow.JSON(in.Tags), flow.JSON("<" + in.Name + ">")}, nil
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
