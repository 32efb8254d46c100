package localaws

import (
	"time"

	"github.com/stride-aws/stride/internal/server/cloudwatch"
	"github.com/stride-aws/stride/internal/value"
)

// statusMetrics are the metrics of AWS/States that an execution's status counts in.
// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
var statusMetrics = map[string]string{
	"RUNNING": "ExecutionsStarted", "SUCCEEDED": "ExecutionsSucceeded", "FAILED": "ExecutionsFailed",
	"TIMED_OUT": "ExecutionsTimedOut", "ABORTED": "ExecutionsAborted",
}

// measure counts a status change of a Standard execution, and how long it took, under its machine. Express executions tell nobody of
// their end and are not counted.
func measure(metrics *cloudwatch.Service, account, region string, detail value.Value) {
	member := func(name string) value.Value { v, _ := detail.Get(name); return v }
	name := statusMetrics[member("status").Str()]
	if name == "" {
		return
	}
	of := []cloudwatch.Dimension{{Name: "StateMachineArn", Value: member("stateMachineArn").Str()}}
	start, stop := member("startDate").Float(), member("stopDate")
	if stop.Kind() != value.Number {
		metrics.Put(account, region, "AWS/States", name, of, time.UnixMilli(int64(start)), 1)
		return
	}
	at := time.UnixMilli(int64(stop.Float()))
	metrics.Put(account, region, "AWS/States", name, of, at, 1)
	metrics.Put(account, region, "AWS/States", "ExecutionTime", of, at, stop.Float()-start)
}
