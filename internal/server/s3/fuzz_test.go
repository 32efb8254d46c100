package s3

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"testing"
)

// FuzzChunks: what is sent in chunks of any size arrives; what is cut off is an error.
func FuzzChunks(f *testing.F) {
	f.Add([]byte("hello world"), 5, 3)
	f.Add([]byte{}, 1, 0)
	f.Fuzz(func(t *testing.T, body []byte, size, cut int) {
		if size < 1 {
			size = 1
		}
		var sent bytes.Buffer
		for rest := body; len(rest) > 0; {
			n := min(size, len(rest))
			fmt.Fprintf(&sent, "%x;chunk-signature=00\r\n%s\r\n", n, rest[:n])
			rest = rest[n:]
		}
		end := sent.Len()
		sent.WriteString("0;chunk-signature=00\r\n\r\n")
		got, err := io.ReadAll(&chunks{in: bufio.NewReader(bytes.NewReader(sent.Bytes()))})
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("got %q, %v; want %q", got, err, body)
		}
		if cut >= 0 && cut <= end {
			if _, err := io.ReadAll(&chunks{in: bufio.NewReader(bytes.NewReader(sent.Bytes()[:cut]))}); err == nil {
				t.Errorf("cut after %d of %d bytes, nothing is wrong", cut, sent.Len())
			}
		}
	})
}
