package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// trouble is why a call failed that may succeed later; none where it will not.
type trouble string

const (
	none       trouble = ""
	throttled  trouble = "AWS throttles"
	expired    trouble = "the AWS credentials have expired"
	broken     trouble = "the connection broke"
	serverside trouble = "AWS has trouble"
)

// Expired are the error codes of credentials that were good once.
var Expired = map[string]bool{"ExpiredToken": true, "ExpiredTokenException": true, "RequestExpired": true}

func troubleOf(err error) trouble {
	if err == nil || errors.Is(err, context.Canceled) {
		return none
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		if _, ok := retry.DefaultThrottleErrorCodes[api.ErrorCode()]; ok {
			return throttled
		}
		if Expired[api.ErrorCode()] {
			return expired
		}
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		switch code := response.HTTPStatusCode(); {
		case code == http.StatusTooManyRequests:
			return throttled
		case code >= http.StatusInternalServerError && code != http.StatusNotImplemented:
			return serverside
		}
	}
	var network net.Error
	var sending *smithyhttp.RequestSendError
	if errors.As(err, &network) || errors.As(err, &sending) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return broken
	}
	return none
}

// Waits between tries at a call: the first, doubled up to the longest. What does not follow gives up after tries.
const (
	firstWait   = time.Second
	longestWait = 30 * time.Second
	tries       = 6
)

// persist makes a call until it succeeds, fails for good or, when not following, has failed too often. It says when it waits.
func (r *reader) persist(ctx context.Context, call func() error) error {
	wait := firstWait
	for n := 1; ; n++ {
		err := call()
		why := troubleOf(err)
		if why == none || !r.Follow && n >= tries {
			return err
		}
		if why == expired && r.Renew != nil {
			r.Renew()
		}
		r.notice(fmt.Sprintf("%s; trying again in %s", why, Span(wait)))
		if r.Wait(ctx, wait) != nil {
			return err
		}
		r.stalled += wait
		r.troubled = true
		wait = min(2*wait, longestWait)
	}
}

// patient is the clock by which what is missing is given up. It stands while calls are tried again: what could not be read may be there.
func (r *reader) patient() time.Time { return r.Now().Add(-r.stalled) }

func (r *reader) notice(text string) {
	if r.Notice != nil {
		r.Notice(text)
	}
}
