package approvals

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
)

func TestAsk(t *testing.T) {
	for name, tt := range map[string]struct {
		in   Request
		want Decision
		err  error
	}{
		"small":    {Request{"o1", 5, "secret"}, Decision{true, "auto-approver", ""}, nil},
		"large":    {Request{"o1", autoLimit + 1, "secret"}, Decision{false, "auto-approver", "100000001 cents are too much for a machine to decide"}, nil},
		"no token": {Request{"o1", 5, ""}, Decision{}, NoToken{"o1"}},
	} {
		if got, err := Ask(context.Background(), tt.in); got != tt.want || err != tt.err {
			t.Errorf("%s: got %+v, %v; want %+v, %v", name, got, err, tt.want, tt.err)
		}
	}
}

func TestAskKeepsTheTokenSecret(t *testing.T) {
	var log bytes.Buffer
	old := slog.Default()
	t.Cleanup(func() { slog.SetDefault(old) })
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	if _, err := Ask(context.Background(), Request{"o1", 5, "secret"}); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); !strings.Contains(text, "o1") || strings.Contains(text, "secret") {
		t.Errorf("logged %s", text)
	}
}
