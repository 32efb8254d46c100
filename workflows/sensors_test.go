package workflows_test

import (
	"testing"
	"time"

	"github.com/stride-aws/stride/flow/flowtest"
	"github.com/stride-aws/stride/lambdas/sensors"
	"github.com/stride-aws/stride/workflows"
)

func readings(device string, values ...float64) sensors.Batch {
	b := sensors.Batch{Device: device, Kind: "pressure"}
	for _, v := range values {
		b.Readings = append(b.Readings, sensors.Reading{Value: v})
	}
	return b
}

func TestIngest(t *testing.T) {
	for name, tc := range map[string]struct {
		in    sensors.Batch
		want  workflows.Ingested
		fails string
	}{
		"stored":         {readings("dev1", 10, 20), workflows.Ingested{Device: "dev1", Status: "stored", Count: 2, Mean: 15}, ""},
		"alarm":          {readings("dev1", 90, 10), workflows.Ingested{Device: "dev1", Status: "alarm", Count: 2, Mean: 50}, ""},
		"empty":          {readings("dev1"), workflows.Ingested{Device: "dev1", Status: "ignored"}, ""},
		"unknown device": {readings("dev", 1), workflows.Ingested{Device: "dev", Status: "ignored", Count: 1}, ""},
		"malformed":      {sensors.Batch{Device: "dev1", Kind: "smell"}, workflows.Ingested{}, "Malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := flowtest.Run[workflows.Ingested](flowtest.New(t, workflows.Ingestion), tc.in)
			if tc.fails != "" {
				r.WantError(tc.fails)
				return
			}
			r.WantOutput(tc.want)
		})
	}
}

// TestIngestWhereMuchGoesWrong delivers calls twice, throttles and slows them, a hundred ways: what comes out is right or an error.
func TestIngestWhereMuchGoesWrong(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		x := flowtest.New(t, workflows.Ingestion).Inject(flowtest.Faults{
			Seed: seed, Duplicate: 0.3, Throttle: 0.3, Hang: 0.05, Slow: 0.3, SlowBy: 2 * time.Second,
		})
		r := flowtest.Run[workflows.Ingested](x, readings("dev1", 90, 10))
		if want := (workflows.Ingested{Device: "dev1", Status: "alarm", Count: 2, Mean: 50}); r.ErrorName == "" && r.Output != want {
			t.Errorf("seed %d: %+v", seed, r.Output)
		}
	}
}
