package deploy

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/plan"
)

func (s *sender) machineARN(name string) string {
	return s.plan.Place.ARN("states", "stateMachine:"+name)
}

// definition is the machine's definition with the versions that were published on the way.
func (s *sender) definition() (string, error) {
	m := s.action.Machine
	resolved, known := m.Resolve(s.plan.Place, s.pinned())
	if !known {
		return "", fmt.Errorf("a function that %s calls has no published version", m.Name)
	}
	return string(asl.Marshal(&asl.FromValue(resolved).Machine)), nil
}

func (s *sender) content() *string {
	m := s.action.Machine
	return record(m.Content(s.plan.Place, s.pinned()), m.Packages)
}

func (s *sender) createMachine(ctx context.Context) error {
	m := s.action.Machine
	definition, err := s.definition()
	if err != nil {
		return err
	}
	out, err := s.States.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: &m.Name, Type: types.StateMachineType(m.Type), Definition: &definition, RoleArn: &m.Role, Publish: true,
		VersionDescription: s.content(), LoggingConfiguration: logConfiguration(m.Logging),
		TracingConfiguration: &types.TracingConfiguration{Enabled: m.Tracing}, EncryptionConfiguration: encryption(m.KMSKey), Tags: machineTags(m.Tags),
	})
	if err != nil {
		return err
	}
	s.publishedMachine(m.Name, aws.ToString(out.StateMachineVersionArn))
	return nil
}

func machineTags(tags map[string]string) []types.Tag {
	return sortedTags(tags, func(k, v string) types.Tag { return types.Tag{Key: &k, Value: &v} })
}

func (s *sender) updateMachine(ctx context.Context) error {
	m := s.action.Machine
	definition, err := s.definition()
	if err != nil {
		return err
	}
	out, err := s.States.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{
		StateMachineArn: aws.String(s.machineARN(m.Name)), Definition: &definition, RoleArn: &m.Role, Publish: true,
		VersionDescription: s.content(), LoggingConfiguration: logConfiguration(m.Logging),
		TracingConfiguration: &types.TracingConfiguration{Enabled: m.Tracing}, EncryptionConfiguration: encryption(m.KMSKey),
	})
	if err != nil {
		return err
	}
	s.publishedMachine(m.Name, aws.ToString(out.StateMachineVersionArn))
	return nil
}

// publishMachine publishes what is there. AWS makes no new version of a revision that has one, and returns that.
func (s *sender) publishMachine(ctx context.Context) error {
	m := s.action.Machine
	out, err := s.States.PublishStateMachineVersion(ctx, &sfn.PublishStateMachineVersionInput{
		StateMachineArn: aws.String(s.machineARN(m.Name)), Description: s.content(),
	})
	if err != nil {
		return err
	}
	s.publishedMachine(m.Name, aws.ToString(out.StateMachineVersionArn))
	return nil
}

func (s *sender) routes() []types.RoutingConfigurationListItem {
	return []types.RoutingConfigurationListItem{{
		StateMachineVersionArn: aws.String(s.machineVersion(s.action.Machine.Name)), Weight: 100,
	}}
}

func (s *sender) createAlias(ctx context.Context) error {
	_, err := s.States.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{
		Name: aws.String(plan.AliasName), Description: s.content(), RoutingConfiguration: s.routes(),
	})
	if code(err) == "ConflictException" { // it is there: an earlier attempt made it, and its answer was lost
		return s.updateAlias(ctx)
	}
	return err
}

func (s *sender) tagMachine(ctx context.Context) error {
	m := s.action.Machine
	_, err := s.States.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: aws.String(s.machineARN(m.Name)), Tags: machineTags(m.Tags)})
	return err
}

func (s *sender) deleteMachine(ctx context.Context) error {
	_, err := s.States.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: aws.String(s.machineARN(s.action.Name))})
	return gone(err)
}

// deleteVersion removes a version, unless an alias or an execution has come to need it meanwhile: then it stays.
func (s *sender) deleteVersion(ctx context.Context) error {
	_, err := s.States.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{
		StateMachineVersionArn: aws.String(s.machineARN(s.action.Name)),
	})
	if code(err) == "ConflictException" {
		return nil
	}
	return gone(err)
}

func (s *sender) deleteAlias(ctx context.Context) error {
	_, err := s.States.DeleteStateMachineAlias(ctx, &sfn.DeleteStateMachineAliasInput{
		StateMachineAliasArn: aws.String(s.plan.Place.ARN("states", "stateMachine:"+s.action.Name)),
	})
	return gone(err)
}

func logConfiguration(l plan.Logging) *types.LoggingConfiguration {
	out := &types.LoggingConfiguration{Level: types.LogLevel(l.Level), IncludeExecutionData: l.IncludeData}
	if l.LogGroup != "" {
		out.Destinations = []types.LogDestination{{CloudWatchLogsLogGroup: &types.CloudWatchLogsLogGroup{LogGroupArn: &l.LogGroup}}}
	}
	return out
}

func encryption(key string) *types.EncryptionConfiguration {
	if key == "" {
		return &types.EncryptionConfiguration{Type: types.EncryptionTypeAwsOwnedKey}
	}
	return &types.EncryptionConfiguration{Type: types.EncryptionTypeCustomerManagedKmsKey, KmsKeyId: &key}
}
