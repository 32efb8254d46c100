package localaws

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const fiveStates = `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"C"},
"C":{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"D"}],"Default":"D"},"D":{"Type":"Pass","Next":"E"},"E":{"Type":"Succeed"}}}`

// BenchmarkHTTP is the local AWS over HTTP beside a net/http server that reads a request and answers "{}", with clients that keep
// their connections and do nothing but write one request and read over the answer. Clients, servers and the latencies at half of the
// load that was asked for share the machine's cores.
func BenchmarkHTTP(b *testing.B) {
	for _, c := range []struct {
		operation, kind string
		half            int // of the wanted calls a second
	}{{"StartSyncExecution", "EXPRESS", 7_500}, {"StartExecution", "STANDARD", 5_000}} {
		b.Run(c.operation, func(b *testing.B) {
			b.Run("empty-net-http", func(b *testing.B) {
				address := emptyServer(b)
				benchmarkCalls(b, address, c.half, request(address, c.operation, c.kind))
			})
			b.Run("stride", func(b *testing.B) { benchmarkLocal(b, Options{Address: "127.0.0.1:0"}, c.operation, c.kind, c.half) })
		})
	}
	b.Run("StartExecution-data", func(b *testing.B) {
		b.Run("stride", func(b *testing.B) {
			benchmarkLocal(b, Options{Address: "127.0.0.1:0", DataDir: b.TempDir()}, "StartExecution", "STANDARD", 5_000)
		})
	})
}

func benchmarkLocal(b *testing.B, o Options, operation, kind string, half int) {
	local := must(New(o))
	ctx, stop := context.WithCancel(b.Context())
	var serving sync.WaitGroup
	serving.Go(func() { local.Serve(ctx) })
	defer func() { stop(); serving.Wait(); local.Close() }()
	address := strings.TrimPrefix(local.URL(), "http://")
	for _, name := range []string{"EXPRESS", "STANDARD"} { // named for their types
		create := must(json.Marshal(map[string]string{"name": name, "type": name, "definition": fiveStates, "roleArn": "arn:aws:iam::000000000000:role/r"}))
		c := dial(b, address)
		if _, err := c.call(call(address, "CreateStateMachine", create)); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
	benchmarkCalls(b, address, half, request(address, operation, kind))
}

// request starts an execution of a machine with a payload of 1 KB.
func request(address, operation, machine string) []byte {
	return call(address, operation, must(json.Marshal(map[string]any{"stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:" + machine,
		"input": `{"a":1,"b":"` + strings.Repeat("x", 1000) + `"}`})))
}

// call is a call as an SDK signs it.
func call(address, operation string, body []byte) []byte {
	return fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nContent-Length: %d\r\nContent-Type: application/x-amz-json-1.0\r\n"+
		"X-Amz-Date: 20260101T000000Z\r\nX-Amz-Target: AWSStepFunctions.%s\r\nAuthorization: AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/states/aws4_request, "+
		"SignedHeaders=content-length;content-type;host;x-amz-date;x-amz-target, Signature=%s\r\n\r\n%s", address, len(body), operation, strings.Repeat("0", 64), body)
}

func emptyServer(b *testing.B) string {
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "{}")
	})}
	go s.Serve(l)
	b.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

// conn is a client's connection.
type conn struct {
	net.Conn
	in *bufio.Reader
}

func dial(b *testing.B, address string) *conn {
	c, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	return &conn{c, bufio.NewReader(c)}
}

// call writes a request and reads over its answer, which must be a good one; it tells the answer's length.
func (c *conn) call(request []byte) (length int, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	status, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	ok := bytes.HasPrefix(status, []byte("HTTP/1.1 200"))
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if n, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(n)))
		}
	}
	if _, err := c.in.Discard(length); err != nil {
		return 0, err
	}
	if !ok {
		return length, errors.New("the call is refused")
	}
	return length, nil
}

const clients = 32

// benchmarkCalls makes b.N calls as fast as they are answered, and then calls at a given rate, of which it reports latencies.
func benchmarkCalls(b *testing.B, address string, rate int, request []byte) {
	conns := make([]*conn, clients)
	for i := range conns {
		conns[i] = dial(b, address)
		defer conns[i].Close()
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	each(b, conns, func(_ int, c *conn) error {
		for left.Add(-1) >= 0 {
			if _, err := c.call(request); err != nil {
				return err
			}
		}
		return nil
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	latencies := paced(b, conns, rate, min(b.N, rate), request)
	slices.Sort(latencies)
	b.ReportMetric(float64(latencies[len(latencies)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(latencies[len(latencies)*99/100].Microseconds()), "p99-us")
}

// paced makes n calls at a rate, and tells how long each took from when it was due.
func paced(b *testing.B, conns []*conn, rate, n int, request []byte) []time.Duration {
	lists := make([][]time.Duration, len(conns))
	gap := time.Second * time.Duration(len(conns)) / time.Duration(rate)
	begin := time.Now()
	each(b, conns, func(i int, c *conn) error {
		due := begin.Add(gap * time.Duration(i) / time.Duration(len(conns)))
		for range max(1, n/len(conns)) {
			time.Sleep(time.Until(due))
			sent := time.Now()
			if _, err := c.call(request); err != nil {
				return err
			}
			lists[i] = append(lists[i], time.Since(sent))
			due = due.Add(gap)
		}
		return nil
	})
	return slices.Concat(lists...)
}

func each(b *testing.B, conns []*conn, do func(int, *conn) error) {
	var group sync.WaitGroup
	for i, c := range conns {
		group.Go(func() {
			if err := do(i, c); err != nil {
				b.Error(err)
			}
		})
	}
	group.Wait()
}
