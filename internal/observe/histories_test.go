package observe

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
)

// listed is a Step Functions that lists executions which have ended.
type listed struct {
	States
	executions []types.ExecutionListItem // newest first
}

func (l listed) ListExecutions(_ context.Context, in *sfn.ListExecutionsInput, _ ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error) {
	if in.StatusFilter == types.ExecutionStatusRunning {
		return &sfn.ListExecutionsOutput{}, nil
	}
	return &sfn.ListExecutionsOutput{Executions: l.executions}, nil
}

// The first look finds executions that ended since the tail's beginning, whenever they started within lookBack.
func TestFirstListFindsWhatEndedSince(t *testing.T) {
	since := time.UnixMilli(1_700_000_000_000)
	var l listed
	add := func(name string, start, stop time.Duration) {
		l.executions = append(l.executions, types.ExecutionListItem{
			ExecutionArn: aws.String("arn:aws:states:us-east-1:000000000000:execution:m:" + name),
			StartDate:    aws.Time(since.Add(start)), StopDate: aws.Time(since.Add(stop)),
		})
	}
	add("within", time.Minute, 2*time.Minute)
	add("before", -2*time.Hour, -time.Hour)
	add("across", -3*time.Hour, time.Minute)
	add("end-of-look-back", -lookBack-time.Minute, -time.Hour)
	add("too-long-ago", -lookBack-time.Hour, time.Minute)
	r := &reader{Tail: &Tail{States: l, Since: since}}
	if err := r.histories.list(t.Context(), r, &machineReader{Machine: Machine{ARN: "m"}}); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for arn := range r.histories.open {
		got[NameOf(arn)] = true
	}
	if diff := cmp.Diff(map[string]bool{"within": true, "across": true}, got); diff != "" {
		t.Errorf("followed (+), wanted (-):\n%s", diff)
	}
}
