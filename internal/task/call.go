package task

import (
	"context"

	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/value"
)

// Call makes one call of an AWS service that no task makes: "sqs", "receiveMessage". A service without an endpoint is an error.
func (c *Caller) Call(ctx context.Context, account, region, service, operation string, params value.Value) (value.Value, error) {
	model, err := sdk.Lookup(service)
	if err != nil {
		return value.Value{}, err
	}
	op, err := model.Operation(operation)
	if err != nil {
		return value.Value{}, err
	}
	out, err := c.client.Do(ctx, sdk.Request{Service: model, Operation: op, Params: params, Account: account, Region: region})
	if err != nil {
		return value.Value{}, err
	}
	return out.Output, nil
}
