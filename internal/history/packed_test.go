package history

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	packed := Pack(events)
	p, err := ReadPacked(packed.AppendBinary(nil))
	if err != nil {
		t.Fatal(err)
	}
	checkPages(t, packed, events)
	checkPages(t, p, events)
}

var (
	sameText  = cmp.Comparer(func(a, b Text) bool { return a.Present() == b.Present() && a.String() == b.String() })
	sameValue = cmp.Comparer(func(a, b value.Value) bool { return a.String() == b.String() })
)

// checkPages reads pages of p, which must be those of events.
func checkPages(t *testing.T, p *Packed, events []*Event) {
	t.Helper()
	for _, span := range [][2]int{{0, len(events)}, {pageOf - 1, pageOf + 1}, {pageOf, pageOf + 3}, {2*pageOf + 5, 10_000}, {len(events), len(events) + 1}} {
		want := events[min(span[0], len(events)):min(span[1], len(events))]
		got := p.Events(span[0], span[1])
		if len(got) != len(want) {
			t.Fatalf("events %v: %d, want %d", span, len(got), len(want))
		}
		for i := range got {
			if diff := cmp.Diff(want[i], got[i], sameText, sameValue); diff != "" {
				t.Errorf("event %d: %s", span[0]+i, diff)
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

// FuzzReadPacked holds that what is no packed history is refused, not a panic, and that what is one survives a round.
func FuzzReadPacked(f *testing.F) {
	f.Add(Pack([]*Event{{ID: 1, Type: ExecutionStarted, Time: time.Unix(1, 0).UTC(), Details: &Details{Input: Verbatim("{}"), RoleARN: "arn:x",
		AssignedVariables: []value.Member{{Name: "v", Value: value.True}}}}}).AppendBinary(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ReadPacked(data)
		if err != nil {
			return
		}
		text := p.AppendBinary(nil)
		again, err := ReadPacked(text)
		if err != nil || string(again.AppendBinary(nil)) != string(text) {
			t.Errorf("%q becomes %q: %v", data, text, err)
		}
	})
}
