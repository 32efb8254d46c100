// Package shop has the workflows that the tests of flowtest run.
package shop

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/stride-aws/stride/flow"
)

// Order is what is bought.
type Order struct {
	ID    string `json:"id"`
	Cents int    `json:"cents"`
	Lines int    `json:"lines,omitempty"`
}

// Receipt is what the customer gets.
type Receipt struct {
	Order   string `json:"order"`
	Payment string `json:"payment"`
	By      string `json:"by,omitempty"`
}

// Busy is a payment provider that has no time.
type Busy struct{}

func (Busy) Error() string { return "busy" }

// Charge takes the money.
func Charge(_ context.Context, o Order) (string, error) { return "pay-" + o.ID, nil }

// Refund gives it back.
func Refund(_ context.Context, payment string) (string, error) { return payment, nil }

// Question asks a manager.
type Question struct {
	Order string `json:"order"`
	Token string `json:"token"`
}

// Ask asks a manager, who has an answer at once.
func Ask(_ context.Context, q Question) (string, error) { return "auto", nil }

// Buy asks, charges, tells and has it packed; three days may pass.
func Buy(c flow.Context, o Order) (Receipt, error) {
	by := ""
	if o.Cents > 1000 {
		var err error
		by, err = flow.Await(c, Ask, func(t flow.Token) Question { return Question{Order: o.ID, Token: t} }, flow.Timeout(72*time.Hour))
		if errors.Is(err, flow.ErrTimeout) {
			return Receipt{}, flow.Fail("NoAnswer", "nobody approved "+o.ID)
		}
		if err != nil {
			return Receipt{}, err
		}
	}
	payment, err := flow.Call(c, Charge, o, flow.Retry{On: []error{Busy{}}, MaxAttempts: 2, Interval: time.Minute})
	if err != nil {
		return Receipt{}, err
	}
	flow.OnFailure(c, func(c flow.Context) error {
		_, err := flow.Call(c, Refund, payment)
		return err
	})
	flow.Sleep(c, time.Hour)
	if _, err := flow.Do(c, (*sns.Client).Publish, &sns.PublishInput{TopicArn: aws.String("topic"), Message: aws.String(o.ID)}); err != nil {
		return Receipt{}, err
	}
	if _, err := flow.Run(c, Pack, o); err != nil {
		return Receipt{}, err
	}
	if _, err := flow.Activity[int](c, "weigh", o, flow.Timeout(time.Hour)); err != nil {
		return Receipt{}, err
	}
	return Receipt{Order: o.ID, Payment: payment, By: by}, nil
}

// Buying is Buy as a workflow.
var Buying = flow.Standard("buying", Buy, flow.Function(Charge, flow.FunctionTimeout(20*time.Second)), flow.Function(Refund), flow.Function(Ask))

// Pack packs.
func Pack(c flow.Context, o Order) (int, error) {
	flow.Sleep(c, time.Minute)
	return o.Lines, nil
}

// Packing is Pack as a workflow.
var Packing = flow.Standard("packing", Pack)

// ChargeAll charges each order, all at once.
func ChargeAll(c flow.Context, orders []Order) ([]string, error) {
	return flow.Map(c, orders, func(c flow.Context, o Order) (string, error) { return flow.Call(c, Charge, o) })
}

// Charging is ChargeAll as an Express workflow.
var Charging = flow.Express("charging", ChargeAll, flow.Function(Charge))

// Legacy is a state machine that was there before.
var Legacy = flow.FromFile("legacy", "flow/flowtest/testdata/shop/legacy.asl.json", flow.TypeStandard,
	flow.Bind("charge-v2", Charge), flow.Bind("RefundFunctionArn", Refund))

// Tell says where an order is told of.
func Tell(_ flow.Context, o Order) (string, error) { return flow.Env("SHOP_TOPIC") + "/" + o.ID, nil }

// Telling is Tell as a workflow.
var Telling = flow.Standard("telling", Tell)

// Once books an order and tells of it, unless it is booked already.
func Once(c flow.Context, o Order) (string, error) {
	_, err := flow.Do(c, (*dynamodb.Client).PutItem, &dynamodb.PutItemInput{
		TableName: aws.String("orders"), ConditionExpression: aws.String("attribute_not_exists(id)"),
		Item: map[string]types.AttributeValue{
			"id": &types.AttributeValueMemberS{Value: o.ID}, "lines": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberNULL{Value: true}}},
		},
	}, flow.Retry{On: []error{&types.ProvisionedThroughputExceededException{}}, MaxAttempts: 1, FullJitter: true})
	var there *types.ConditionalCheckFailedException
	if errors.As(err, &there) {
		return "there", nil
	}
	if err != nil {
		return "", err
	}
	got, err := flow.Do(c, (*dynamodb.Client).GetItem, &dynamodb.GetItemInput{
		TableName: aws.String("orders"), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: o.ID}},
	})
	if err != nil {
		return "", err
	}
	return flow.Run(c, Told, got.Item["id"].(*types.AttributeValueMemberS).Value)
}

// Booking is Once as a workflow.
var Booking = flow.Standard("booking", Once)

// Told tells of an order.
func Told(c flow.Context, id string) (string, error) {
	sent, err := flow.Do(c, (*sns.Client).Publish, &sns.PublishInput{TopicArn: aws.String("topic"), Message: aws.String(id)})
	if err != nil {
		return "", err
	}
	return aws.ToString(sent.MessageId), nil
}

// ToldOf is Told as a workflow.
var ToldOf = flow.Standard("told", Told)

// Settle charges and gives back, in the order that the number of earlier charges says.
func Settle(c flow.Context, o Order) (string, error) {
	first, err := flow.Call(c, Charge, o)
	if err != nil {
		return "", err
	}
	if first == "pay-again" {
		if _, err := flow.Call(c, Refund, o.ID); err != nil {
			return "", err
		}
		_, err := flow.Call(c, Charge, o)
		return "settled", err
	}
	if _, err := flow.Call(c, Charge, o); err != nil {
		return "", err
	}
	_, err = flow.Call(c, Refund, o.ID)
	return "settled", err
}

// Settling is Settle, one step after the other.
var Settling = flow.Standard("settling", Settle, flow.Function(Charge), flow.Function(Refund))
