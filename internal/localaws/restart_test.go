package localaws

import (
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	neturl "net/url"
	"regexp"
	"strings"
	"testing"
)

// plainCall makes a call of any service and gives its answer.
func plainCall(t *testing.T, aws *AWS, method, path, service, target, contentType, body string) string {
	t.Helper()
	q := httptest.NewRequest(method, path, strings.NewReader(body))
	q.Host = "127.0.0.1"
	q.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	q.Header.Set("Content-Type", contentType)
	if target != "" {
		q.Header.Set("X-Amz-Target", target)
	}
	w := httptest.NewRecorder()
	aws.ServeHTTP(w, q)
	if w.Code >= 300 {
		t.Fatalf("%s %s %s: %d %s", service, path, target, w.Code, w.Body)
	}
	return w.Body.String()
}

// What differs from call to call.
var varying = regexp.MustCompile(`<RequestId>[^<]*</RequestId>`)

// TestRestart makes something in each service, closes the AWS and opens its data again: every answer is the same as before.
func TestRestart(t *testing.T) {
	const (
		json10 = "application/x-amz-json-1.0"
		json11 = "application/x-amz-json-1.1"
		form   = "application/x-www-form-urlencoded"
		role   = "arn:aws:iam::000000000000:role/r"
		m      = "arn:aws:states:us-east-1:000000000000:stateMachine:m"
	)
	document := neturl.QueryEscape(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","states.amazonaws.com"]},"Action":"sts:AssumeRole"}]}`)
	zip := base64.StdEncoding.EncodeToString(bootstrap())
	alarm := func(name string) string {
		return fmt.Sprintf(`{"AlarmName":%q,"Namespace":"Shop","MetricName":"Lost","Dimensions":[{"Name":"d","Value":""}],"Statistic":"Sum","Period":60,"EvaluationPeriods":1,"Threshold":1,"ComparisonOperator":"GreaterThanThreshold"}`, name)
	}
	type call struct{ method, path, service, target, contentType, body string }
	makes := []call{
		{"POST", "/", "iam", "", form, "Action=CreateRole&Version=2010-05-08&RoleName=r&Tags.member.1.Key=k&Tags.member.1.Value=v&AssumeRolePolicyDocument=" + document},
		{"POST", "/", "iam", "", form, "Action=PutRolePolicy&Version=2010-05-08&RoleName=r&PolicyName=p&PolicyDocument=" + neturl.QueryEscape(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)},
		{"PUT", "/bucket", "s3", "", "", ""},
		{"PUT", "/bucket/key", "s3", "", "text/plain", "content\nof two lines"},
		{"POST", "/2015-03-31/functions", "lambda", "", json10, fmt.Sprintf(`{"FunctionName":"f","Runtime":"provided.al2023","Handler":"bootstrap","Role":%q,"Code":{"ZipFile":%q},"Publish":true,"Tags":{"a":"b"}}`, role, zip)},
		{"POST", "/2015-03-31/functions/f/aliases", "lambda", "", json10, `{"Name":"live","FunctionVersion":"1"}`},
		{"POST", "/", "logs", "Logs_20140328.CreateLogGroup", json11, `{"logGroupName":"/g","tags":{"a":"b"}}`},
		{"POST", "/", "logs", "Logs_20140328.PutRetentionPolicy", json11, `{"logGroupName":"/g","retentionInDays":7}`},
		{"POST", "/", "events", "AWSEvents.PutRule", json11, `{"Name":"rule","EventPattern":"{\"source\":[\"x\"]}"}`},
		{"POST", "/", "events", "AWSEvents.PutTargets", json11, fmt.Sprintf(`{"Rule":"rule","Targets":[{"Id":"1","Arn":%q,"RoleArn":%q}]}`, m, role)},
		{"POST", "/schedules/s", "scheduler", "", json10, fmt.Sprintf(`{"ScheduleExpression":"cron(0 0 1 1 ? 2099)","FlexibleTimeWindow":{"Mode":"OFF"},"Target":{"Arn":%q,"RoleArn":%q}}`, m, role)},
		{"POST", "/v1/pipes/p", "pipes", "", json10, fmt.Sprintf(`{"Source":"arn:aws:sqs:us-east-1:000000000000:q","Target":%q,"RoleArn":%q,"DesiredState":"STOPPED","Tags":{"a":"b"},`+
			`"SourceParameters":{"FilterCriteria":{"Filters":[{"Pattern":"{\"body\":{\"n\":[1]}}"}]},"SqsQueueParameters":{"BatchSize":5}}}`, m, role)},
		{"POST", "/v1/pipes/gone", "pipes", "", json10, fmt.Sprintf(`{"Source":"arn:aws:sqs:us-east-1:000000000000:q","Target":%q,"RoleArn":%q,"DesiredState":"STOPPED"}`, m, role)},
		{"DELETE", "/v1/pipes/gone", "pipes", "", json10, ""},
		{"POST", "/", "monitoring", "GraniteServiceVersion20100801.PutMetricAlarm", json10, alarm("lost")},
		{"POST", "/", "monitoring", "GraniteServiceVersion20100801.PutMetricAlarm", json10, alarm("gone")},
		{"POST", "/", "monitoring", "GraniteServiceVersion20100801.DeleteAlarms", json10, `{"AlarmNames":["gone"]}`},
		{"POST", "/", "monitoring", "GraniteServiceVersion20100801.PutMetricData", json10, `{"Namespace":"Shop","MetricData":[{"MetricName":"Lost","Timestamp":1767225600,"Dimensions":[{"Name":"d","Value":""}],"Values":[2,3],"Counts":[1,2]},` +
			`{"MetricName":"Lost","Timestamp":1767225600.5,"Dimensions":[{"Name":"d","Value":""}],"Value":-1}]}`},
		{"POST", "/", "monitoring", "GraniteServiceVersion20100801.SetAlarmState", json10, `{"AlarmName":"lost","StateValue":"ALARM","StateReason":"because"}`},
		{"POST", "/restapis", "apigateway", "", json10, `{"name":"api","tags":{"a":"b"}}`},
		{"POST", "/", "states", "AWSStepFunctions.CreateStateMachine", json10, fmt.Sprintf(`{"name":"m","roleArn":%q,"definition":%q,"publish":true,"tags":[{"key":"a","value":"b"}]}`, role, fiveStates)},
		{"POST", "/", "states", "AWSStepFunctions.UpdateStateMachine", json10, fmt.Sprintf(`{"stateMachineArn":%q,"definition":%q,"publish":true}`, m, strings.ReplaceAll(fiveStates, `"D"`, `"D2"`))},
		{"POST", "/", "states", "AWSStepFunctions.CreateStateMachineAlias", json10, fmt.Sprintf(`{"name":"live","routingConfiguration":[{"stateMachineVersionArn":"%s:1","weight":40},{"stateMachineVersionArn":"%s:2","weight":60}]}`, m, m)},
		{"POST", "/", "states", "AWSStepFunctions.CreateActivity", json10, `{"name":"work"}`},
	}
	reads := []call{
		{"POST", "/", "iam", "", form, "Action=GetRole&Version=2010-05-08&RoleName=r"},
		{"POST", "/", "iam", "", form, "Action=GetRolePolicy&Version=2010-05-08&RoleName=r&PolicyName=p"},
		{"GET", "/bucket/key", "s3", "", "", ""},
		{"GET", "/bucket?list-type=2", "s3", "", "", ""},
		{"GET", "/2015-03-31/functions/f", "lambda", "", "", ""},
		{"GET", "/2015-03-31/functions/f/versions", "lambda", "", "", ""},
		{"GET", "/2015-03-31/functions/f/aliases", "lambda", "", "", ""},
		{"GET", "/2015-03-31/functions/f/code.zip?Qualifier=1", "lambda", "", "", ""},
		{"POST", "/", "logs", "Logs_20140328.DescribeLogGroups", json11, `{}`},
		{"POST", "/", "events", "AWSEvents.ListRules", json11, `{}`},
		{"POST", "/", "events", "AWSEvents.ListTargetsByRule", json11, `{"Rule":"rule"}`},
		{"GET", "/schedules/s", "scheduler", "", "", ""},
		{"GET", "/v1/pipes/p", "pipes", "", "", ""},
		{"GET", "/v1/pipes", "pipes", "", "", ""},
		{"POST", "/", "monitoring", "GraniteServiceVersion20100801.DescribeAlarms", json10, `{}`},
		{"POST", "/", "monitoring", "GraniteServiceVersion20100801.GetMetricStatistics", json10, `{"Namespace":"Shop","MetricName":"Lost","Dimensions":[{"Name":"d","Value":""}],"StartTime":1767225000,"EndTime":1767226000,"Period":60,` +
			`"Statistics":["Sum","Minimum","Maximum","SampleCount"]}`},
		{"GET", "/restapis", "apigateway", "", "", ""},
		{"POST", "/", "states", "AWSStepFunctions.DescribeStateMachine", json10, fmt.Sprintf(`{"stateMachineArn":%q}`, m)},
		{"POST", "/", "states", "AWSStepFunctions.DescribeStateMachine", json10, fmt.Sprintf(`{"stateMachineArn":"%s:1"}`, m)},
		{"POST", "/", "states", "AWSStepFunctions.ListStateMachineVersions", json10, fmt.Sprintf(`{"stateMachineArn":%q}`, m)},
		{"POST", "/", "states", "AWSStepFunctions.DescribeStateMachineAlias", json10, fmt.Sprintf(`{"stateMachineAliasArn":"%s:live"}`, m)},
		{"POST", "/", "states", "AWSStepFunctions.ListTagsForResource", json10, fmt.Sprintf(`{"resourceArn":%q}`, m)},
		{"POST", "/", "states", "AWSStepFunctions.ListActivities", json10, `{}`},
		{"POST", "/", "states", "AWSStepFunctions.PublishStateMachineVersion", json10, fmt.Sprintf(`{"stateMachineArn":%q}`, m)}, // is one already
	}
	o := Options{Address: "127.0.0.1:0", DataDir: t.TempDir()}
	all := func(aws *AWS) (answers []string) {
		for _, c := range reads {
			answers = append(answers, varying.ReplaceAllString(plainCall(t, aws, c.method, c.path, c.service, c.target, c.contentType, c.body), ""))
		}
		return answers
	}
	aws := must(New(o))
	for _, c := range makes {
		plainCall(t, aws, c.method, c.path, c.service, c.target, c.contentType, c.body)
	}
	want := all(aws)
	if err := aws.Close(); err != nil {
		t.Fatal(err)
	}
	aws = must(New(o))
	defer aws.Close()
	for i, got := range all(aws) {
		if got != want[i] {
			t.Errorf("%s %s %s %s\nbefore %.600s\nafter  %.600s", reads[i].service, reads[i].path, reads[i].target, reads[i].body, want[i], got)
		}
	}
}
