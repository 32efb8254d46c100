package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompare(t *testing.T) {
	text := `goos: linux
BenchmarkDecode/1KB/stride-2         	   10000	      1000 ns/op	     512 B/op	       3 allocs/op
BenchmarkDecode/1KB/encoding-json-2  	    2000	      5000 ns/op	     900 B/op	      30 allocs/op
BenchmarkAlone-2                     	      10	       700 ns/op	   900 things/s
PASS
`
	want := []Row{
		{Name: "d Decode/1KB", Value: 1000, Unit: "ns/op"},
		{Name: "d Decode/1KB", Value: 3, Unit: "allocs/op"},
		{Name: "d Decode/1KB", Value: 5000, Unit: "ns/op", Ratio: 5, Against: "encoding-json"},
		{Name: "d Alone", Value: 700, Unit: "ns/op"},
		{Name: "d Alone", Value: 900, Unit: "things/s"},
	}
	if diff := cmp.Diff(want, compare("d", parse(text))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
