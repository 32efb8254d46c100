package task

import (
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/stride-aws/stride/internal/value"
)

func TestItemsMayComeCompressed(t *testing.T) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte("a\n1\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{b.String(), "a\n1\n"} {
		if got := get(unpacked(value.Value{}, object("Body", value.OfString(body))), "Body").Str(); got != "a\n1\n" {
			t.Errorf("got %q", got)
		}
	}
	if got := get(unpacked(value.Value{}, object("Body", value.OfString("\x1f\x8bno"))), "Body").Str(); got != "\x1f\x8bno" {
		t.Errorf("got %q", got)
	}
}
