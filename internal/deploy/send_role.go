package deploy

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/stride-aws/stride/internal/policy"
)

func (s *sender) createLogGroup(ctx context.Context) error {
	g := s.action.LogGroup
	_, err := s.Logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &g.Name, KmsKeyId: optional(g.KMSKey), Tags: g.Tags})
	if code(err) == "ResourceAlreadyExistsException" {
		return nil // a function that was called makes its own
	}
	return err
}

func (s *sender) putRetention(ctx context.Context) error {
	g := s.action.LogGroup
	if g.Retention == 0 {
		_, err := s.Logs.DeleteRetentionPolicy(ctx, &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: &g.Name})
		return err
	}
	_, err := s.Logs.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: &g.Name, RetentionInDays: aws.Int32(int32(g.Retention))})
	return err
}

func (s *sender) deleteLogGroup(ctx context.Context) error {
	_, err := s.Logs.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &s.action.Name})
	return gone(err)
}

func (s *sender) createRole(ctx context.Context) error {
	r := s.action.Role
	_, err := s.IAM.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: &r.Name, Path: optional(r.Path), AssumeRolePolicyDocument: aws.String(r.Trust.String()),
		PermissionsBoundary: optional(r.Boundary), Description: aws.String("made by stride"), Tags: roleTags(r.Tags),
	})
	if c := code(err); c == "EntityAlreadyExists" || c == "EntityAlreadyExistsException" {
		// An earlier attempt may have made it, whose answer was lost.
		if live, readErr := s.getRole(ctx, r.Name); readErr == nil && live != nil && maps.Equal(live.Tags, r.Tags) && policy.Equal(live.Trust, r.Trust) {
			return nil
		}
	}
	return err
}

func roleTags(tags map[string]string) []iamtypes.Tag {
	return sortedTags(tags, func(k, v string) iamtypes.Tag { return iamtypes.Tag{Key: &k, Value: &v} })
}

func (s *sender) putTrust(ctx context.Context) error {
	r := s.action.Role
	_, err := s.IAM.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &r.Name, PolicyDocument: aws.String(r.Trust.String())})
	return err
}

func (s *sender) putRolePolicy(ctx context.Context) error {
	r := s.action.Role
	_, err := s.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: &r.Name, PolicyName: aws.String(policyName), PolicyDocument: aws.String(r.Policy.String()),
	})
	return err
}

func (s *sender) deleteRolePolicy(ctx context.Context) error {
	_, err := s.IAM.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &s.action.Name, PolicyName: aws.String(policyName)})
	return gone(err)
}

// earlierPolicy is the inline policy with what versions before the newest may still need.
const earlierPolicy = "stride-earlier"

// keepStatements adds Role.Earlier to what is kept already.
func (s *sender) keepStatements(ctx context.Context) error {
	r := s.action.Role
	kept, err := s.getPolicy(ctx, r.Name, earlierPolicy)
	if err != nil {
		return err
	}
	if kept == nil {
		kept = &policy.Document{Version: "2012-10-17"}
	}
	for _, statement := range r.Earlier {
		if !kept.Has(statement) {
			kept.Statement = append(kept.Statement, statement)
		}
	}
	_, err = s.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: &r.Name, PolicyName: aws.String(earlierPolicy), PolicyDocument: aws.String(kept.String()),
	})
	return err
}

func (s *sender) dropStatements(ctx context.Context) error {
	_, err := s.IAM.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &s.action.Name, PolicyName: aws.String(earlierPolicy)})
	return gone(err)
}

func (s *sender) putBoundary(ctx context.Context) error {
	r := s.action.Role
	_, err := s.IAM.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: &r.Name, PermissionsBoundary: &r.Boundary})
	return err
}

func (s *sender) deleteBoundary(ctx context.Context) error {
	_, err := s.IAM.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: &s.action.Name})
	return gone(err)
}

func (s *sender) tagRole(ctx context.Context) error {
	r := s.action.Role
	_, err := s.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: &r.Name, Tags: roleTags(r.Tags)})
	return err
}

func (s *sender) deleteRole(ctx context.Context) error {
	_, err := s.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &s.action.Name})
	return gone(err)
}
