package loggen

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
)

// Faulty is a transport that fails at times as AWS and networks do: throttled, an expired token, an internal failure, a connection that
// breaks before or within the answer.
type Faulty struct {
	mu   sync.Mutex
	rand *rand.Rand
}

// NewFaulty is a Faulty that fails as a seed says.
func NewFaulty(seed uint64) *Faulty { return &Faulty{rand: rand.New(rand.NewPCG(seed, 0))} }

func (f *Faulty) draw() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rand.IntN(40)
}

// RoundTrip implements http.RoundTripper.
func (f *Faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	kind := f.draw()
	if kind > 4 {
		return http.DefaultTransport.RoundTrip(r)
	}
	switch kind {
	case 0:
		return answer(r, http.StatusBadRequest, `{"__type":"ThrottlingException","message":"Rate exceeded"}`), nil
	case 1:
		return answer(r, http.StatusBadRequest, `{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}`), nil
	case 2:
		return answer(r, http.StatusInternalServerError, `{"__type":"ServiceUnavailableException","message":"The service cannot complete the request."}`), nil
	case 3:
		return nil, errors.New("connection reset by peer")
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	all, err := io.ReadAll(response.Body)
	response.Body.Close()
	response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(all[:len(all)/2]), failing{}))
	return response, err
}

// failing is the end of a connection that broke.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Body: io.NopCloser(bytes.NewReader([]byte(body))),
	}
}
