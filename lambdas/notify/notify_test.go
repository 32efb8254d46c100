package notify

import (
	"context"
	"strings"
	"testing"
)

func TestEmail(t *testing.T) {
	for to, want := range map[string]error{
		"ada@example.com": nil, "a.b+c@x.org": nil,
		"": BadAddress{"mail"}, "ada": BadAddress{"mail"}, "@example.com": BadAddress{"mail"}, "ada@host": BadAddress{"mail"},
		"a@b.c\r\nBcc: d@e.f": BadAddress{"mail"},
	} {
		got, err := Email(context.Background(), Message{To: to, Text: "hello"})
		if err != want || err == nil && got.ID != "email-"+to {
			t.Errorf("%q: got %+v, %v; want %v", to, got, err, want)
		}
	}
}

func TestSMS(t *testing.T) {
	for _, tt := range []struct {
		to, text string
		parts    int
		err      error
	}{
		{"+49 170 1234567", "hello", 1, nil},
		{"0170-1234567", strings.Repeat("x", 160), 1, nil},
		{"0170-1234567", strings.Repeat("x", 161), 2, nil},
		{"0170-1234567", strings.Repeat("ß", 70), 1, nil},
		{"0170-1234567", strings.Repeat("ß", 135), 3, nil},
		{"12", "hello", 0, BadAddress{"telephone"}},
		{"call me", "hello", 0, BadAddress{"telephone"}},
	} {
		got, err := SMS(context.Background(), Message{To: tt.to, Text: tt.text})
		if err != tt.err || got.Parts != tt.parts {
			t.Errorf("%s: got %+v, %v; want %d parts, %v", tt.to, got, err, tt.parts, tt.err)
		}
	}
}
