package history

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/value"
)

// TestPackKeepsEverything sets each field of Details in an event of its own, so that one which is forgotten shows.
func TestPackKeepsEverything(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)
	var events []*Event
	add := func(d *Details) {
		n := int64(len(events) + 1)
		events = append(events, &Event{ID: n, PreviousID: n - 1, Time: start.Add(time.Duration(n) * time.Millisecond), Type: TaskScheduled, Details: d})
	}
	add(nil)
	add(&Details{})
	fields := reflect.TypeFor[Details]().NumField()
	for i := range fields {
		d := &Details{}
		switch f := reflect.ValueOf(d).Elem().Field(i); f.Interface().(type) {
		case string:
			f.SetString(fmt.Sprint("name", i))
		case int64:
			f.SetInt(int64(-i - 1))
		case Text:
			f.Set(reflect.ValueOf(Verbatim(fmt.Sprint("text", i))))
		case []value.Member:
			f.Set(reflect.ValueOf([]value.Member{{Name: "v", Value: value.True}}))
		default:
			t.Fatalf("field %d has a type that Pack does not know", i)
		}
		add(d)
	}
	for len(events) < 3*pageOf {
		add(&Details{Input: events[2].Details.Input})
	}
	p := Pack(events)
	for _, span := range [][2]int{{0, len(events)}, {pageOf - 1, pageOf + 1}, {pageOf, pageOf + 3}, {2*pageOf + 5, 10_000}, {len(events), len(events) + 1}} {
		want := events[min(span[0], len(events)):min(span[1], len(events))]
		got := p.Events(span[0], span[1])
		if len(got) != len(want) {
			t.Fatalf("events %v: %d, want %d", span, len(got), len(want))
		}
		for i := range got {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("event %d: %+v %+v, want %+v %+v", span[0]+i, got[i], got[i].Details, want[i], want[i].Details)
			}
		}
	}
}

func TestPackSharesPayloads(t *testing.T) {
	payload := JSON(value.OfString("a payload"))
	var events []*Event
	for i := range 1000 {
		events = append(events, &Event{ID: int64(i + 1), Type: PassStateEntered, Details: &Details{Name: "State", Input: payload}})
	}
	if p := Pack(events); len(p.texts) != 1 || len(p.data) > 15*len(events) {
		t.Errorf("%d texts and %d bytes for 1000 events with one payload", len(p.texts), len(p.data))
	}
}
