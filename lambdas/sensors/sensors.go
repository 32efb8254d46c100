// Package sensors works on the readings that devices send: small, fast handlers for an Express workflow.
package sensors

import (
	"context"
	"fmt"
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

// Lookup finds a device.
func Lookup(_ context.Context, id string) (Device, error) {
	if len(id) < 4 {
		return Device{}, Unknown{Device: id}
	}
	return Device{ID: id, Site: "site-" + id[:3], Limit: 80}, nil
}

// Aggregate is a batch, summed up.
type Aggregate struct {
	Device string  `json:"device"`
	Site   string  `json:"site"`
	Count  int     `json:"count"`
	Mean   float64 `json:"mean"`
	Max    float64 `json:"max"`
}

// Job is a batch with what is known about its device.
type Job struct {
	Batch  Batch  `json:"batch"`
	Device Device `json:"device"`
}

// Summarise computes a batch's aggregate.
func Summarise(_ context.Context, job Job) (Aggregate, error) {
	a := Aggregate{Device: job.Batch.Device, Site: job.Device.Site, Count: len(job.Batch.Readings)}
	for i, r := range job.Batch.Readings {
		a.Mean += r.Value / float64(a.Count)
		if i == 0 || r.Value > a.Max {
			a.Max = r.Value
		}
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
func Raise(_ context.Context, a Alarm) (Raised, error) {
	return Raised{ID: fmt.Sprintf("alarm-%s-%.0f", a.Aggregate.Device, a.Aggregate.Max)}, nil
}
