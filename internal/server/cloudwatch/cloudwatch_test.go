package cloudwatch

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/stride-aws/stride/internal/server/wire"
)

// TestEvaluate: what an alarm of three one-minute periods, two of which must breach, makes of its data.
func TestEvaluate(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 30, 0, time.UTC)
	for _, tt := range []struct {
		name    string
		missing string // TreatMissingData
		values  []float64
		ages    []time.Duration
		want    string
	}{
		{"no data", "", nil, nil, stateUnknown},
		{"no data, not breaching", "notBreaching", nil, nil, stateOK},
		{"no data, breaching", "breaching", nil, nil, stateAlarm},
		{"no data, ignored", "ignore", nil, nil, stateUnknown},
		{"one period breaches", "", []float64{5}, []time.Duration{0}, stateOK},
		{"two periods breach", "", []float64{5, 6}, []time.Duration{0, time.Minute}, stateAlarm},
		{"two values of one period", "", []float64{5, 6}, []time.Duration{0, time.Second}, stateOK},
		{"values of a period add up", "", []float64{2, 2, 2, 2}, []time.Duration{0, time.Second, time.Minute, time.Minute}, stateAlarm},
		{"breaching long ago", "", []float64{5, 6}, []time.Duration{time.Hour, time.Hour + time.Minute}, stateUnknown},
	} {
		a := &alarm{StateValue: stateUnknown, settings: settings{Statistic: "Sum", Period: 60, EvaluationPeriods: 3, DatapointsToAlarm: 2,
			Threshold: 4, ComparisonOperator: "GreaterThanOrEqualToThreshold", TreatMissingData: tt.missing}}
		r := &region{metrics: map[string][]point{}}
		for i, v := range tt.values {
			r.put("m", point{now.Add(-tt.ages[i]), v, v, v, 1})
		}
		if a.evaluate(r.metrics["m"], now); a.StateValue != tt.want {
			t.Errorf("%s: %s (%s), want %s", tt.name, a.StateValue, a.StateReason, tt.want)
		}
	}
}

// TestClient: what AWS's client puts, it reads back; a state that was set holds until there is new data.
func TestClient(t *testing.T) {
	rt := wire.NewRouter(false)
	rt.Register("monitoring", New(time.Now))
	server := httptest.NewServer(rt)
	defer server.Close()
	c := cloudwatch.New(cloudwatch.Options{BaseEndpoint: &server.URL, Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	data := func() {
		t.Helper()
		_, err := c.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{Namespace: aws.String("Shop"),
			MetricData: []types.MetricDatum{{MetricName: aws.String("Lost"), Value: aws.Float64(-1.5)}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("lost"), Namespace: aws.String("Shop"),
		MetricName: aws.String("Lost"), Statistic: types.StatisticMinimum, Period: aws.Int32(3600), EvaluationPeriods: aws.Int32(1),
		Threshold: aws.Float64(-1), ComparisonOperator: types.ComparisonOperatorLessThanThreshold})
	if err != nil {
		t.Fatal(err)
	}
	look := func(want types.StateValue) {
		t.Helper()
		out, err := c.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"lost", "other"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.MetricAlarms) != 1 || out.MetricAlarms[0].StateValue != want || aws.ToFloat64(out.MetricAlarms[0].Threshold) != -1 {
			t.Errorf("%+v, want %s", out.MetricAlarms, want)
		}
		if at := aws.ToTime(out.MetricAlarms[0].StateUpdatedTimestamp); time.Since(at) > time.Minute {
			t.Errorf("the state is of %s", at)
		}
	}
	look(types.StateValueInsufficientData)
	data()
	look(types.StateValueAlarm)
	if _, err := c.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("lost"), StateValue: types.StateValueOk, StateReason: aws.String("by hand")}); err != nil {
		t.Fatal(err)
	}
	look(types.StateValueOk)
	data()
	look(types.StateValueAlarm)
	if _, err := c.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"lost"}}); err != nil {
		t.Fatal(err)
	}
	if out, err := c.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{}); err != nil || len(out.MetricAlarms) > 0 {
		t.Errorf("%v, %v", out, err)
	}
}
