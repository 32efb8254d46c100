package deploy

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/stride-aws/stride/internal/plan"
)

// restAPIs are the REST APIs with t's name that are its project's and environment's, the oldest first. API Gateway takes any number of
// one name: what has no such tags is somebody else's and is let alone.
func (c *Clients) restAPIs(ctx context.Context, t *plan.Trigger) ([]types.RestApi, error) {
	var found []types.RestApi
	pages := apigateway.NewGetRestApisPaginator(c.APIs, &apigateway.GetRestApisInput{Limit: aws.Int32(500)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			api := &page.Items[i]
			if aws.ToString(api.Name) == t.Name && api.Tags[plan.TagProject] == t.Tags[plan.TagProject] && api.Tags[plan.TagEnv] == t.Tags[plan.TagEnv] {
				found = append(found, *api)
			}
		}
	}
	slices.SortFunc(found, func(a, b types.RestApi) int {
		return cmp.Or(aws.ToTime(a.CreatedDate).Compare(aws.ToTime(b.CreatedDate)), strings.Compare(aws.ToString(a.Id), aws.ToString(b.Id)))
	})
	return found, nil
}

// readAPI reads a REST API and the deployment that its stage has. Where there is none, the trigger has no settings.
func (c *Clients) readAPI(ctx context.Context, t *plan.Trigger) (*plan.Trigger, error) {
	found, err := c.restAPIs(ctx, t)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	live := &plan.Trigger{Name: t.Name, Machine: t.Machine, Tags: found[0].Tags, RestAPI: aws.ToString(found[0].Id), Settings: map[string]string{}}
	stage, err := c.APIs.GetStage(ctx, &apigateway.GetStageInput{RestApiId: &live.RestAPI, StageName: aws.String(plan.APIStage)})
	if missing(err) {
		return live, nil
	}
	if err != nil {
		return nil, err
	}
	deployment, err := c.APIs.GetDeployment(ctx, &apigateway.GetDeploymentInput{RestApiId: &live.RestAPI, DeploymentId: stage.DeploymentId})
	if err != nil {
		return nil, err
	}
	live.ReadAPIRecord(aws.ToString(deployment.Description))
	return live, nil
}

// What API Gateway takes of an account in a time, for good. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
const (
	createPause = 3 * time.Second
	putPause    = time.Second
	deployPause = 5 * time.Second
	deletePause = 30 * time.Second
)

// paceAttempts is how often a call is tried that has to wait for its turn: more than a deploy has APIs, as a rule.
const paceAttempts = 20

// paced repeats a call until it is its turn, beyond what the client does.
func (s *sender) paced(ctx context.Context, pause time.Duration, call func() error) error {
	for attempt := 1; ; attempt++ {
		err := call()
		if code(err) != "TooManyRequestsException" || attempt == paceAttempts {
			return err
		}
		s.report(func(p Progress) {
			p.Note(s.action, "API Gateway takes such a call in "+pause.String()+"; waiting for its turn")
		})
		if err := s.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// createRestAPI looks before each attempt, since one whose answer was lost may have made the API, and its name does not stop another. It
// notes the id for the calls that follow, and for who wants to know the URL.
func (s *sender) createRestAPI(ctx context.Context) error {
	t := s.action.Trigger
	for attempt := 1; ; attempt++ {
		found, err := s.restAPIs(ctx, t)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			t.RestAPI = aws.ToString(found[0].Id)
			return nil
		}
		out, err := s.APIs.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: &t.Name, Description: aws.String("starts " + t.Machine), Tags: t.Tags,
			EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{types.EndpointTypeRegional}},
		}, func(o *apigateway.Options) { o.RetryMaxAttempts = 1 })
		if err == nil {
			t.RestAPI = aws.ToString(out.Id)
			return nil
		}
		if attempt == paceAttempts || retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) != aws.TrueTernary {
			return err
		}
		if err := s.Sleep(ctx, createPause); err != nil {
			return err
		}
	}
}

func (s *sender) putRestAPI(ctx context.Context) error {
	t := s.action.Trigger
	return s.paced(ctx, putPause, func() error {
		_, err := s.APIs.PutRestApi(ctx, &apigateway.PutRestApiInput{RestApiId: &t.RestAPI, Mode: types.PutModeOverwrite, Body: t.OpenAPI()})
		return err
	})
}

// deployRestAPI makes what was put answer: before, the stage has what it had.
func (s *sender) deployRestAPI(ctx context.Context) error {
	t := s.action.Trigger
	return s.paced(ctx, deployPause, func() error {
		_, err := s.APIs.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{
			RestApiId: &t.RestAPI, StageName: aws.String(plan.APIStage), Description: aws.String(t.APIRecord())})
		return err
	})
}

func (s *sender) tagRestAPI(ctx context.Context) error {
	t := s.action.Trigger
	_, err := s.APIs.TagResource(ctx, &apigateway.TagResourceInput{ResourceArn: aws.String(restAPIARN(s.plan.Place, t.RestAPI)), Tags: t.Tags})
	return err
}

// restAPIARN has no account in it. AWS: API Gateway, Amazon Resource Name reference.
func restAPIARN(place plan.Place, id string) string {
	return "arn:" + place.Partition + ":apigateway:" + place.Region + "::/restapis/" + id
}

// deleteRestAPI removes every API that is the trigger's, should there be more than one.
func (s *sender) deleteRestAPI(ctx context.Context) error {
	found, err := s.restAPIs(ctx, s.action.Trigger)
	if err != nil {
		return err
	}
	for i := range found {
		err := s.paced(ctx, deletePause, func() error {
			_, err := s.APIs.DeleteRestApi(ctx, &apigateway.DeleteRestApiInput{RestApiId: found[i].Id})
			return gone(err)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Endpoint is the URL that a REST API's trigger answers at. base is the endpoint of an AWS that is not Amazon's, "" of theirs.
func Endpoint(place plan.Place, base string, t *plan.Trigger) string {
	if base != "" {
		return strings.TrimSuffix(base, "/") + "/_aws/execute-api/" + t.RestAPI + "/" + plan.APIStage + t.Path()
	}
	domain := "amazonaws.com"
	if place.Partition == "aws-cn" {
		domain = "amazonaws.com.cn"
	}
	return "https://" + t.RestAPI + ".execute-api." + place.Region + "." + domain + "/" + plan.APIStage + t.Path()
}
