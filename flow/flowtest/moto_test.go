//go:build integration

package flowtest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/flowtest"
	"github.com/stride-aws/stride/flow/flowtest/testdata/shop"
	"github.com/stride-aws/stride/flow/flowtest/testdata/wire"
	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/peers"
)

// TestMoto calls services that remember, of another make: as Go by the SDK's clients, and by the tasks of the compiled machine.
func TestMoto(t *testing.T) {
	endpoint := peers.Moto(t)
	t.Setenv("AWS_ENDPOINT_URL", endpoint)
	t.Setenv("AWS_ACCESS_KEY_ID", "k")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	cfg := configOf(endpoint)
	tables, topics, queues := dynamodb.NewFromConfig(cfg), sns.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
	table := &dynamodb.CreateTableInput{
		TableName: aws.String("orders"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
	}
	if _, err := tables.CreateTable(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	x := flowtest.New(t, shop.Booking.WithClients(tables, topics), shop.ToldOf)
	flowtest.Run[string](x, shop.Order{ID: "o-1"}).WantError("States.TaskFailed") // the child's topic is none
	flowtest.Run[string](x, shop.Order{ID: "o-1"}).WantOutput("there")

	table.TableName = aws.String("t")
	if _, err := tables.CreateTable(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	item := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "x1"}, "raw": &types.AttributeValueMemberB{Value: []byte{0, 255}},
		"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberN{Value: "1.5"}, &types.AttributeValueMemberNULL{Value: true}}}}
	if _, err := tables.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table.TableName, Item: item}); err != nil {
		t.Fatal(err)
	}
	for name, output := range map[string]any{"dynamodb-get": dynamodb.GetItemOutput{}, "dynamodb-query": dynamodb.QueryOutput{}, "sqs-send-batch": nil} {
		t.Run(name, func(t *testing.T) { sameAnswer(t, named(t, name).WithClients(tables, queues), output) })
	}
}

func named(t *testing.T, name string) flow.Workflow {
	t.Helper()
	for _, w := range wire.Workflows {
		if w.Name() == name {
			return w
		}
	}
	t.Fatalf("no workflow %s", name)
	return flow.Workflow{}
}

// sameAnswer makes the call of a workflow both ways. It fails where output is nil.
func sameAnswer(t *testing.T, w flow.Workflow, output any) {
	t.Helper()
	programs, err := compile.Compile(".", compile.Registered([]flow.Workflow{w}))
	if err != nil {
		t.Fatal(err)
	}
	task, goOutput, goFailure := asGo(t, w)
	text, failure := asMachine(t, programs[0])
	if goFailure.Name != failure.Error || (failure.Error != "") != (output == nil) {
		t.Fatalf("as Go %s %q, as state machine %s %q", goOutput, goFailure.Name, text, failure.Error)
	}
	if output != nil {
		sameOutputs(t, task, output, goOutput, text)
	}
}
