// Package sensors works on the readings that devices send: small, fast handlers for an Express workflow.
package sensors

import (
	"context"
	"fmt"
	"log/slog"
)

// Batch is what a device sends at once.
type Batch struct {
	Device   string    `json:"device"`
	Kind     string    `json:"kind"` // temperature, pressure
	Readings []Reading `json:"readings"`
}

// Reading is one measurement.
type Reading struct {
	At    int64   `json:"at"` // milliseconds since 1970
	Value float64 `json:"value"`
}

// Device is what is known about a device.
type Device struct {
	ID    string  `json:"id"`
	Site  string  `json:"site"`
	Limit float64 `json:"limit"` // readings above it raise an alarm
}

// Unknown says that no such device is registered.
type Unknown struct{ Device string }

func (e Unknown) Error() string { return "unknown device " + e.Device }

// limits are the alarm limits of the device families, by the first letter of the id; others have defaultLimit.
var limits = map[byte]float64{'t': 60, 'p': 120}

const defaultLimit = 80

// Lookup finds a device: its id is at least four characters, of which the first three are its site.
func Lookup(_ context.Context, id string) (Device, error) {
	if len(id) < 4 {
		return Device{}, Unknown{Device: id}
	}
	limit, known := limits[id[0]]
	if !known {
		limit = defaultLimit
	}
	return Device{ID: id, Site: "site-" + id[:3], Limit: limit}, nil
}

// Aggregate is a batch, summed up.
type Aggregate struct {
	Device string  `json:"device"`
	Site   string  `json:"site"`
	Count  int     `json:"count"`
	Mean   float64 `json:"mean"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// Disordered says that a batch's readings go back in time: the device's clock cannot be trusted.
type Disordered struct {
	Device string
	At     int64
}

func (e Disordered) Error() string {
	return fmt.Sprintf("device %s: the reading at %d is older than the one before it", e.Device, e.At)
}

// Job is a batch with what is known about its device.
type Job struct {
	Batch  Batch  `json:"batch"`
	Device Device `json:"device"`
}

// Summarise computes a batch's aggregate in one pass.
func Summarise(_ context.Context, job Job) (Aggregate, error) {
	a := Aggregate{Device: job.Batch.Device, Site: job.Device.Site, Count: len(job.Batch.Readings)}
	for i, r := range job.Batch.Readings {
		if i == 0 {
			a.Min, a.Max = r.Value, r.Value
		} else if r.At < job.Batch.Readings[i-1].At {
			return Aggregate{}, Disordered{job.Batch.Device, r.At}
		}
		a.Mean += (r.Value - a.Mean) / float64(i+1) // a running mean: the sum of large readings could overflow
		a.Min, a.Max = min(a.Min, r.Value), max(a.Max, r.Value)
	}
	return a, nil
}

// Alarm is an aggregate that somebody must look at.
type Alarm struct {
	Aggregate Aggregate `json:"aggregate"`
	Limit     float64   `json:"limit"`
}

// Raised is an alarm that was sent.
type Raised struct {
	ID string `json:"id"`
}

// Raise sends an alarm.
func Raise(ctx context.Context, a Alarm) (Raised, error) {
	slog.WarnContext(ctx, "alarm", "device", a.Aggregate.Device, "max", a.Aggregate.Max, "limit", a.Limit)
	return Raised{ID: fmt.Sprintf("alarm-%s-%.0f", a.Aggregate.Device, a.Aggregate.Max)}, nil
}
