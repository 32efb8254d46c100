package loggen

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
)

// Faulty is a transport that fails at times as AWS and networks do: throttled, an expired token, an internal failure, a connection that
// breaks before or within the answer.
type Faulty struct {
	mu   sync.Mutex
	rand *rand.Rand
	row  map[string]int // a call's failures, until it goes well
}

// NewFaulty is a Faulty that fails as a seed says.
func NewFaulty(seed uint64) *Faulty {
	return &Faulty{rand: rand.New(rand.NewPCG(seed, 0)), row: map[string]int{}}
}

// kinds of oneIn calls fail, but none more than mostInRow times after each other, whatever others are made at the same time: a tail that
// does not follow gives up after six.
const (
	oneIn     = 18
	kinds     = 5
	mostInRow = 4
)

// draw is the kind of the next failure of a call, or kinds and more for none, and after how many bytes an answer breaks.
func (f *Faulty) draw(call string) (kind, cut int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kind, cut = f.rand.IntN(oneIn), 1+f.rand.IntN(40_000)
	if f.row[call]++; kind >= kinds || f.row[call] > mostInRow {
		delete(f.row, call)
		kind = max(kind, kinds)
	}
	return kind, cut
}

// callOf is the same for a call and its repetitions.
func callOf(r *http.Request) (string, error) {
	if r.Body == nil {
		return r.URL.String(), nil
	}
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r.URL.String() + " " + r.Header.Get("X-Amz-Target") + " " + string(body), err
}

// RoundTrip implements http.RoundTripper.
func (f *Faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	call, err := callOf(r)
	if err != nil {
		return nil, err
	}
	kind, cut := f.draw(call)
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".StartLiveTail") {
		kind, cut = 4, 10*cut // a stream breaks sooner or later
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
	if err == nil && kind == 4 {
		response.Body = &breaking{response.Body, cut}
	}
	return response, err
}

// breaking is the body of an answer whose connection breaks after some bytes.
type breaking struct {
	io.ReadCloser
	left int
}

func (b *breaking) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Body: io.NopCloser(bytes.NewReader([]byte(body))),
	}
}
