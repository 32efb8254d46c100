package workflows

import (
	"errors"
	"time"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/lambdas/sensors"
)

// Ingested is what became of a batch.
type Ingested struct {
	Device string  `json:"device"`
	Status string  `json:"status"` // stored, alarm, ignored
	Count  int     `json:"count"`
	Mean   float64 `json:"mean"`
}

// Ingest validates a device's batch, enriches it, sums it up and raises an alarm where a reading is too high.
func Ingest(c flow.Context, batch sensors.Batch) (Ingested, error) {
	if batch.Device == "" || (batch.Kind != "temperature" && batch.Kind != "pressure") { // Malformed?
		return Ingested{}, flow.Fail("Malformed", "a batch needs a device and a known kind")
	}
	if len(batch.Readings) == 0 { // Empty?
		return Ingested{Device: batch.Device, Status: "ignored"}, nil
	}

	device, err := flow.Call(c, sensors.Lookup, batch.Device, flow.Timeout(5*time.Second))
	var unknown sensors.Unknown
	if errors.As(err, &unknown) {
		return Ingested{Device: batch.Device, Status: "ignored", Count: len(batch.Readings)}, nil
	}
	if err != nil {
		return Ingested{}, err
	}

	sum, err := flow.Call(c, sensors.Summarise, sensors.Job{Batch: batch, Device: device}, flow.Timeout(5*time.Second))
	if err != nil {
		return Ingested{}, err
	}
	status := "stored"
	if sum.Max > device.Limit { // Too high?
		if _, err := flow.Call(c, sensors.Raise, sensors.Alarm{Aggregate: sum, Limit: device.Limit}); err != nil {
			return Ingested{}, err
		}
		status = "alarm"
	}
	return Ingested{Device: device.ID, Status: status, Count: sum.Count, Mean: sum.Mean}, nil
}

// Ingestion takes the batches of all devices.
var Ingestion = flow.Express("sensor-ingest", Ingest,
	flow.Function(sensors.Lookup, flow.FunctionTimeout(3*time.Second)),
	flow.Function(sensors.Summarise, flow.FunctionTimeout(3*time.Second)),
	flow.Function(sensors.Raise, flow.FunctionTimeout(3*time.Second)),
	flow.WorkflowTimeout(time.Minute),
)
