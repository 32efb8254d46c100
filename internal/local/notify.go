package local

import "github.com/stride-aws/stride/internal/value"

// notify tells Options.StatusChanged of an execution's status. AWS: Step Functions Execution Status Change events.
func (c *Cloud) notify(e *execution) {
	if c.StatusChanged == nil {
		return
	}
	e.mu.Lock()
	out := e.describe(true)
	e.mu.Unlock()
	c.StatusChanged(e.service.account, e.service.region, e.run.ARN, out.statusEvent())
}

// statusEvent is the detail of the event: what DescribeExecution says, with times in milliseconds and nulls for what is missing.
func (out *DescribeExecutionOutput) statusEvent() value.Value {
	text := func(s *string) value.Value {
		if s == nil {
			return value.NullValue
		}
		return value.OfString(*s)
	}
	given := func(s string) value.Value {
		if s == "" {
			return value.NullValue
		}
		return value.OfString(s)
	}
	stop, outputDetails := value.NullValue, value.NullValue
	if out.StopDate != nil {
		stop = value.OfInt(out.StopDate.UnixMilli())
	}
	included := value.OfObject([]value.Member{{Name: "included", Value: value.True}})
	if out.Output != nil {
		outputDetails = included
	}
	redriven := value.NullValue
	if out.RedriveDate != nil {
		redriven = value.OfInt(out.RedriveDate.UnixMilli())
	}
	return value.OfObject([]value.Member{
		{Name: "executionArn", Value: value.OfString(out.ExecutionArn)},
		{Name: "stateMachineArn", Value: value.OfString(out.StateMachineArn)},
		{Name: "stateMachineVersionArn", Value: given(out.StateMachineVersionArn)},
		{Name: "stateMachineAliasArn", Value: given(out.StateMachineAliasArn)},
		{Name: "name", Value: value.OfString(out.Name)},
		{Name: "status", Value: value.OfString(string(out.Status))},
		{Name: "startDate", Value: value.OfInt(out.StartDate.UnixMilli())},
		{Name: "stopDate", Value: stop},
		{Name: "input", Value: text(out.Input)},
		{Name: "output", Value: text(out.Output)},
		{Name: "inputDetails", Value: included},
		{Name: "outputDetails", Value: outputDetails},
		{Name: "error", Value: text(out.Error)},
		{Name: "cause", Value: text(out.Cause)},
		{Name: "redriveCount", Value: value.OfInt(int64(out.RedriveCount))},
		{Name: "redriveDate", Value: redriven},
	})
}
