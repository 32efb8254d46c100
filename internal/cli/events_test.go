package cli_test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/rogpeppe/go-internal/testscript"
)

// at is the SDK's configuration for the local AWS of a script.
func at(ts *testscript.TestScript) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(ts.Getenv("AWS")), Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
}

// alarm NAME STATE makes a CloudWatch alarm at $AWS and sets its state.
func alarm(ts *testscript.TestScript, _ bool, args []string) {
	c := cloudwatch.NewFromConfig(at(ts))
	_, err := c.PutMetricAlarm(context.Background(), &cloudwatch.PutMetricAlarmInput{AlarmName: &args[0], Namespace: aws.String("Shop"), MetricName: aws.String("Lost"),
		Statistic: types.StatisticSum, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1),
		ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold})
	ts.Check(err)
	_, err = c.SetAlarmState(context.Background(), &cloudwatch.SetAlarmStateInput{AlarmName: &args[0], StateValue: types.StateValue(args[1]), StateReason: aws.String("set by a script")})
	ts.Check(err)
}

// event SOURCE DETAIL puts an event on the default bus at $AWS.
func event(ts *testscript.TestScript, _ bool, args []string) {
	out, err := eventbridge.NewFromConfig(at(ts)).PutEvents(context.Background(), &eventbridge.PutEventsInput{Entries: []eventtypes.PutEventsRequestEntry{
		{Source: &args[0], DetailType: aws.String("test"), Detail: &args[1]}}})
	ts.Check(err)
	if out.FailedEntryCount > 0 {
		ts.Fatalf("the event was not taken: %s", aws.ToString(out.Entries[0].ErrorMessage))
	}
}
