package workflows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
	"github.com/stride-aws/stride/lambdas/reports"
	"github.com/stride-aws/stride/lambdas/stock"
	"github.com/stride-aws/stride/workflows"
)

var tonight = stock.Night{Warehouse: "north", Date: "2026-10-31"}

// stockTake is a test of a stock-take in which everything around it works: 30 bins, of which the scanner cannot read one, and of
// which one has less than it should.
func stockTake(t *testing.T) *flowtest.Test {
	t.Helper()
	x := flowtest.New(t, workflows.StockTaking, workflows.Recounting, workflows.Reporting)
	var rows strings.Builder
	rows.WriteString("bin,sku,count\n")
	for i := range 28 {
		fmt.Fprintf(&rows, "bin-%02d,mug,10\n", i)
	}
	rows.WriteString("bin-28,mug,7\nbin-29,mug,smudged\n")
	x.Object("", "scans/north/2026-10-31.csv", rows.String())
	flowtest.MockDo(x, (*dynamodb.Client).PutItem, func(*dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) { return &dynamodb.PutItemOutput{}, nil })
	flowtest.MockDo(x, (*dynamodb.Client).DeleteItem, func(*dynamodb.DeleteItemInput) (*dynamodb.DeleteItemOutput, error) {
		return &dynamodb.DeleteItemOutput{}, nil
	})
	flowtest.MockSync(x, (*batch.Client).SubmitJob, func(*batch.SubmitJobInput) (batchtypes.JobDetail, error) { return batchtypes.JobDetail{}, nil })
	flowtest.MockDo(x, (*sns.Client).Publish, func(*sns.PublishInput) (*sns.PublishOutput, error) { return &sns.PublishOutput{}, nil })
	flowtest.MockRun(x, workflows.Recount, func(bin stock.Bin) (stock.Bin, error) {
		bin.Counted, bin.By = bin.Expected-1, "ada"
		return bin, nil
	})
	flowtest.MockRun(x, workflows.Report, func(reports.Month) (reports.Summary, error) { return reports.Summary{}, nil })
	return x
}

func TestTakeCountsByScannerAndByHand(t *testing.T) {
	t.Parallel()
	r := flowtest.Run[workflows.Taken](stockTake(t), tonight)
	r.WantError("").WantElapsed(15*time.Minute).WantCalls(workflows.Recount, 1).WantCalls((*dynamodb.Client).DeleteItem, 1)
	r.Output.Report = "" // an ARN that the run made up
	r.WantOutput(workflows.Taken{Bins: 29, Recounted: 1, Missing: 1})
}

func TestTakeOfAFullWarehouseTellsNobody(t *testing.T) {
	t.Parallel()
	x := stockTake(t)
	flowtest.Mock(x, stock.Compare, func(s stock.Scan) (stock.Bin, error) { return stock.Bin{Bin: s.Bin, Counted: 10, Expected: 10}, nil })
	flowtest.Run[workflows.Taken](x, tonight).WantError("").WantCalls(workflows.Recount, 0).WantCalls((*sns.Client).Publish, 0)
}

func TestTakeWhileAnotherCounts(t *testing.T) {
	t.Parallel()
	x := stockTake(t).Fail((*dynamodb.Client).PutItem, 1, &types.ConditionalCheckFailedException{})
	flowtest.Run[workflows.Taken](x, tonight).WantError("Locked").WantCalls((*dynamodb.Client).DeleteItem, 0)
}

func TestTakeWithoutScans(t *testing.T) {
	t.Parallel()
	x := stockTake(t)
	flowtest.Mock(x, stock.Find, func(stock.Look) (stock.File, error) { return stock.File{}, nil })
	flowtest.Run[workflows.Taken](x, tonight).WantError("NoScans").WantElapsed(6*time.Hour).WantCalls((*dynamodb.Client).DeleteItem, 1)
}

func TestTakeWhereTheSecondLookFails(t *testing.T) {
	t.Parallel()
	x := stockTake(t)
	flowtest.Mock(x, stock.Find, func(l stock.Look) (stock.File, error) {
		if l.Tries > 0 {
			return stock.File{}, flow.Fail("Broken", "as the test says")
		}
		return stock.File{}, nil
	})
	flowtest.Run[workflows.Taken](x, tonight).WantError("Broken").WantCalls((*dynamodb.Client).DeleteItem, 1)
}

// TestTakeUnlocks fails each step in turn: the lock goes all the same, and where that fails, too, the step's own error is told.
func TestTakeUnlocks(t *testing.T) {
	broken := flow.Fail("Broken", "as the test says")
	for name, step := range map[string]any{
		"gather": (*batch.Client).SubmitJob, "find": stock.Find, "write": stock.Write, "missing": stock.Missing, "start": workflows.Report,
		"tell": (*sns.Client).Publish,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := stockTake(t).Fail(step, 10, broken)
			flowtest.Run[workflows.Taken](x, tonight).WantError("Broken").WantCalls((*dynamodb.Client).DeleteItem, 1)
		})
	}
	for name, step := range map[string]any{"count": stock.Compare, "by hand": workflows.Recount} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := stockTake(t)
			flowtest.Mock(x, stock.Compare, func(s stock.Scan) (stock.Bin, error) { return stock.Bin{Bin: s.Bin, Expected: 10}, nil })
			x.Fail(step, 100, broken).Fail((*dynamodb.Client).DeleteItem, 1, broken)
			flowtest.Run[workflows.Taken](x, tonight).WantError("States.ExceedToleratedFailureThreshold")
		})
	}
}

func TestRecount(t *testing.T) {
	odd := stock.Bin{Bin: "bin-28", SKU: "mug", Counted: 7, Expected: 10}
	counted := func(n int, by string) func(stock.Bin) (stock.Bin, error) {
		return func(bin stock.Bin) (stock.Bin, error) { return stock.Bin{Counted: n, By: by}, nil }
	}
	t.Run("by the night shift", func(t *testing.T) {
		t.Parallel()
		x := flowtest.New(t, workflows.Recounting)
		flowtest.MockActivity(x, "recount", counted(9, "ada"))
		want := odd
		want.Counted, want.By = 9, "ada"
		flowtest.Run[stock.Bin](x, odd).WantOutput(want)
	})
	t.Run("by the team, where nobody is there at night", func(t *testing.T) {
		t.Parallel()
		x := flowtest.New(t, workflows.Recounting)
		flowtest.MockActivity(x, "recount", counted(0, ""))
		x.LeaveOpen("recount")
		flowtest.MockDo(x, (*sqs.Client).SendMessage, func(*sqs.SendMessageInput) (*sqs.SendMessageOutput, error) { return &sqs.SendMessageOutput{}, nil })
		flowtest.AnswerDo(x, (*sqs.Client).SendMessage, func(*sqs.SendMessageInput) (stock.Bin, error) { return stock.Bin{Counted: 10}, nil })
		want := odd
		want.Counted, want.By = 10, "somebody"
		flowtest.Run[stock.Bin](x, odd).WantOutput(want).WantElapsed(30 * time.Minute)
	})
}
