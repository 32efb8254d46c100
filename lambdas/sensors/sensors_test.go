package sensors

import (
	"context"
	"math"
	"testing"
)

func TestLookup(t *testing.T) {
	for id, want := range map[string]Device{
		"dev1": {"dev1", "site-dev", 80}, "temp-9": {"temp-9", "site-tem", 60}, "pres-1": {"pres-1", "site-pre", 120},
	} {
		if got, err := Lookup(context.Background(), id); got != want || err != nil {
			t.Errorf("%s: got %+v, %v", id, got, err)
		}
	}
	if _, err := Lookup(context.Background(), "dev"); err != (Unknown{"dev"}) {
		t.Errorf("too short: %v", err)
	}
}

func TestSummarise(t *testing.T) {
	for name, tt := range map[string]struct {
		readings []Reading
		want     Aggregate
		err      error
	}{
		"none":      {nil, Aggregate{"d", "s", 0, 0, 0, 0}, nil},
		"one":       {[]Reading{{1, -5}}, Aggregate{"d", "s", 1, -5, -5, -5}, nil},
		"some":      {[]Reading{{1, 90}, {1, 10}, {2, 50}}, Aggregate{"d", "s", 3, 50, 10, 90}, nil},
		"huge":      {[]Reading{{1, math.MaxFloat64}, {2, math.MaxFloat64}}, Aggregate{"d", "s", 2, math.MaxFloat64, math.MaxFloat64, math.MaxFloat64}, nil},
		"backwards": {[]Reading{{2, 1}, {1, 1}}, Aggregate{}, Disordered{"d", 1}},
	} {
		got, err := Summarise(context.Background(), Job{Batch: Batch{Device: "d", Readings: tt.readings}, Device: Device{Site: "s"}})
		if got != tt.want || err != tt.err {
			t.Errorf("%s: got %+v, %v; want %+v, %v", name, got, err, tt.want, tt.err)
		}
	}
}

func TestRaise(t *testing.T) {
	got, err := Raise(context.Background(), Alarm{Aggregate: Aggregate{Device: "d", Max: 90.4}, Limit: 80})
	if want := (Raised{"alarm-d-90"}); got != want || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func BenchmarkSummarise(b *testing.B) {
	job := Job{Batch: Batch{Readings: make([]Reading, 1000)}}
	for b.Loop() {
		if _, err := Summarise(context.Background(), job); err != nil {
			b.Fatal(err)
		}
	}
}
