package cli_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
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

// request FILE METHOD BODY [TYPE [QUERY]] calls the first URL of FILE, which a deploy printed, and writes status and answer to the file
// "answer". With SIGNED-METHOD it is signed, as the AWS account of the script. A path parameter is "it's%".
func request(ts *testscript.TestScript, _ bool, args []string) {
	args = append(args, make([]string, 5-len(args))...)
	url := urlForm.FindString(ts.ReadFile(args[0]))
	if url == "" {
		ts.Fatalf("no URL in %s", args[0])
	}
	method, signed := strings.CutPrefix(args[1], "SIGNED-")
	r, err := http.NewRequest(method, strings.ReplaceAll(url, "{id}", "it's%25")+args[4], strings.NewReader(args[2]))
	ts.Check(err)
	r.Header.Set("Content-Type", cmp.Or(args[3], "application/json"))
	if signed {
		sum := sha256.Sum256([]byte(args[2]))
		c := aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
		ts.Check(v4.NewSigner().SignHTTP(context.Background(), c, r, hex.EncodeToString(sum[:]), "execute-api", "us-east-1", time.Now()))
	}
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	text := fmt.Sprintf("%d %s\n", answer.StatusCode, strings.TrimSpace(string(body)))
	ts.Check(os.WriteFile(ts.MkAbs("answer"), []byte(text), 0o666))
}

var urlForm = regexp.MustCompile(`http://\S+`)
