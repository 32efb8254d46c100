package workflows

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
	"github.com/stride-aws/stride/lambdas/reports"
	"github.com/stride-aws/stride/lambdas/stock"
)

// Taken is what a stock-take found.
type Taken struct {
	Bins      int    `json:"bins"`
	Recounted int    `json:"recounted"`
	Missing   int    `json:"missing"`
	Report    string `json:"report"` // the execution that writes it
}

// Take counts a warehouse overnight: by what scanners saw, and by people where that is not what the books say.
func Take(c flow.Context, night stock.Night) (Taken, error) {
	// One stock-take of a warehouse at a time.
	_, err := flow.Do(c, (*dynamodb.Client).PutItem, &dynamodb.PutItemInput{
		TableName: aws.String(flow.Env("STOCK_TABLE")), Item: lockOf(night), ConditionExpression: aws.String("attribute_not_exists(id)"),
	}, flow.Name("Lock"))
	var locked *types.ConditionalCheckFailedException
	if errors.As(err, &locked) {
		return Taken{}, flow.Fail("Locked", night.Warehouse+" is being counted")
	}
	if err != nil {
		return Taken{}, err
	}
	defer flow.Do(c, (*dynamodb.Client).DeleteItem, &dynamodb.DeleteItemInput{
		TableName: aws.String(flow.Env("STOCK_TABLE")), Key: lockOf(night),
	}, flow.Name("Unlock"))

	// What the scanners send is brought together by a job.
	_, err = flow.Sync[batchtypes.JobDetail](c, (*batch.Client).SubmitJob, &batch.SubmitJobInput{
		JobName: aws.String("scans-" + night.Warehouse), JobQueue: aws.String("stock"), JobDefinition: aws.String("gather-scans"),
		Parameters: map[string]string{"date": night.Date},
	}, flow.Name("Gather"), flow.Timeout(2*time.Hour))
	if err != nil {
		return Taken{}, err
	}

	// Some scanners are late.
	file, err := flow.Call(c, stock.Find, stock.Look{Night: night})
	if err != nil {
		return Taken{}, err
	}
	for tries := 1; !file.Ready; tries++ { // Not yet?
		if tries > 24 { // Too late?
			return Taken{}, flow.Fail("NoScans", "the scanners of "+night.Warehouse+" have sent nothing")
		}
		flow.Sleep(c, 15*time.Minute)
		file, err = flow.Call(c, stock.Find, stock.Look{Night: night, Tries: tries}, flow.Name("Find again"))
		if err != nil {
			return Taken{}, err
		}
	}

	// An execution for each scan; a few may be unreadable.
	bins, err := flow.MapS3(c, flow.CSV[stock.Scan](flow.Env("STOCK_BUCKET"), file.Key), func(c flow.Context, scan stock.Scan) (stock.Bin, error) {
		return flow.Call(c, stock.Compare, scan)
	}, flow.Name("Count"), flow.MaxConcurrency(200), flow.TolerateFailures(3))
	if err != nil {
		return Taken{}, err
	}
	var good, odd []stock.Bin
	for _, bin := range bins {
		if bin.Counted != bin.Expected {
			odd = append(odd, bin)
			continue
		}
		good = append(good, bin)
	}

	// What is not right, a person looks at: each bin a workflow of its own, which may take a day.
	again, err := flow.Distributed(c, odd, func(c flow.Context, bin stock.Bin) (stock.Bin, error) {
		return flow.Run(c, Recount, bin)
	}, flow.Name("Count by hand"), flow.TolerateFailures(10))
	if err != nil {
		return Taken{}, err
	}

	ledger, err := flow.Call(c, stock.Write, stock.Count{Night: night, Bins: append(good, again...)})
	if err != nil {
		return Taken{}, err
	}
	missing, err := flow.Call(c, stock.Missing, ledger) // the ledger's lines stay in S3
	if err != nil {
		return Taken{}, err
	}
	if missing != 0 { // Something missing?
		_, err = flow.Do(c, (*sns.Client).Publish, &sns.PublishInput{
			TopicArn: aws.String(flow.Env("STOCK_TOPIC")), Subject: aws.String("stock-take of " + night.Warehouse),
			Message: aws.String(fmt.Sprintf("%d pieces are missing", missing)),
		}, flow.Name("Tell"))
		if err != nil {
			return Taken{}, err
		}
	}
	report, err := flow.Start(c, Report, reports.Month{Month: night.Date, Accounts: 1})
	if err != nil {
		return Taken{}, err
	}
	return Taken{Bins: ledger.Bins, Recounted: len(again), Missing: missing, Report: report}, nil
}

// lockOf is the key of a warehouse's lock.
func lockOf(night stock.Night) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "stock-take " + night.Warehouse}}
}

// Recount has a person count a bin: whoever of the night shift takes the work, or else the team of the warehouse.
func Recount(c flow.Context, bin stock.Bin) (stock.Bin, error) {
	counted, err := flow.Activity[stock.Bin](c, "recount", bin, flow.Heartbeat(30*time.Minute), flow.Name("Night shift"))
	if errors.Is(err, flow.ErrTimeout) { // Nobody there?
		counted, err = flow.DoAwait[stock.Bin](c, (*sqs.Client).SendMessage, func(token flow.Token) *sqs.SendMessageInput {
			return &sqs.SendMessageInput{
				QueueUrl: aws.String(flow.Env("STOCK_QUEUE")), MessageBody: aws.String(fmt.Sprintf("%s %s", bin.Bin, token)),
			}
		}, flow.Name("Team"), flow.Timeout(24*time.Hour))
	}
	if err != nil {
		return stock.Bin{}, err
	}
	bin.Counted, bin.By = counted.Counted, orElse(counted.By, "somebody")
	return bin, nil
}

// orElse is v, or other where v is nothing.
func orElse[T comparable](v, other T) T {
	var nothing T
	if v == nothing {
		return other
	}
	return v
}

// StockTaking and Recounting are what happens in a warehouse at night.
var (
	StockTaking = flow.Standard("stock-take", Take,
		flow.Function(stock.Find), flow.Function(stock.Compare), flow.Function(stock.Write), flow.Function(stock.Missing),
	)
	Recounting = flow.Standard("stock-recount", Recount)
)
