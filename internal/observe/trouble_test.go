package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

func TestTroubleIsWaitedOut(t *testing.T) {
	code := func(name string) error { return fmt.Errorf("calling: %w", &smithy.GenericAPIError{Code: name}) }
	gone := errors.New("gone for good")
	for name, tt := range map[string]struct {
		follow bool
		errs   []error // of the calls; then they succeed
		want   error
		said   []string
		renews int
	}{
		"nothing":   {true, nil, nil, nil, 0},
		"throttled": {true, []error{code("ThrottlingException"), code("TooManyRequestsException")}, nil, []string{"AWS throttles; trying again in 1s", "AWS throttles; trying again in 2s"}, 0},
		"expired":   {true, []error{code("ExpiredTokenException")}, nil, []string{"the AWS credentials have expired; trying again in 1s"}, 1},
		"a connection that breaks": {true, []error{io.ErrUnexpectedEOF, &net.OpError{Op: "read", Err: errors.New("reset")}}, nil,
			[]string{"the connection broke; trying again in 1s", "the connection broke; trying again in 2s"}, 0},
		"not to be waited out": {true, []error{gone}, gone, nil, 0},
		"access denied":        {true, []error{code("AccessDeniedException")}, code("AccessDeniedException"), nil, 0},
		"too often, when not following": {false, []error{io.EOF, io.EOF, io.EOF, io.EOF, io.EOF, io.EOF}, io.EOF, []string{
			"the connection broke; trying again in 1s", "the connection broke; trying again in 2s", "the connection broke; trying again in 4s",
			"the connection broke; trying again in 8s", "the connection broke; trying again in 16s"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var said []string
			renews := 0
			r := &reader{Tail: &Tail{Follow: tt.follow, Notice: func(s string) { said = append(said, s) }, Renew: func() { renews++ },
				Wait: func(context.Context, time.Duration) error { return nil }}}
			calls := 0
			err := r.persist(t.Context(), func() error {
				if calls++; calls <= len(tt.errs) {
					return tt.errs[calls-1]
				}
				return nil
			})
			if fmt.Sprint(err) != fmt.Sprint(tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if diff := cmp.Diff(tt.said, said); diff != "" {
				t.Errorf("said (-want +got):\n%s", diff)
			}
			if renews != tt.renews {
				t.Errorf("asked %d times for credentials, want %d", renews, tt.renews)
			}
		})
	}
}
