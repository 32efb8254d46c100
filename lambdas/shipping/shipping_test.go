package shipping

import (
	"context"
	"testing"
)

func TestPack(t *testing.T) {
	for name, tt := range map[string]struct {
		in   PackRequest
		want Parcel
		err  error
	}{
		"mugs":    {PackRequest{"o1", "mug", 2}, Parcel{"o1/mug", 500}, nil},
		"fragile": {PackRequest{"o1", "cracked-egg", 1}, Parcel{}, Damaged{"cracked-egg"}},
		"a lot":   {PackRequest{"o1", "mug", 121}, Parcel{}, TooHeavy{30_250, 30_000}},
	} {
		if got, err := Pack(context.Background(), tt.in); got != tt.want || err != tt.err {
			t.Errorf("%s: got %+v, %v; want %+v, %v", name, got, err, tt.want, tt.err)
		}
	}
}

func TestDispatch(t *testing.T) {
	for name, tt := range map[string]struct {
		parcels []Parcel
		want    Label
		err     error
	}{
		"none": {nil, Label{"trk-o1", 0}, nil},
		"two":  {[]Parcel{{"a", 300}, {"b", 200}}, Label{"trk-o1", 500}, nil},
		"lots": {make20(30_000), Label{}, TooHeavy{600_000, 500_000}},
	} {
		if got, err := Dispatch(context.Background(), Shipment{"o1", tt.parcels}); got != tt.want || err != tt.err {
			t.Errorf("%s: got %+v, %v; want %+v, %v", name, got, err, tt.want, tt.err)
		}
	}
}

// make20 is twenty parcels of the same weight.
func make20(grams int) []Parcel {
	parcels := make([]Parcel, 20)
	for i := range parcels {
		parcels[i].Grams = grams
	}
	return parcels
}
