package history

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/stride-aws/stride/internal/value"
)

// packedFormat is the first byte of a Packed's binary form.
const packedFormat = 1

// AppendBinary appends the history in a form that ReadPacked reads: for a store.
func (p *Packed) AppendBinary(dst []byte) []byte {
	dst = append(dst, packedFormat)
	dst = binary.AppendUvarint(dst, uint64(p.n))
	dst = binary.AppendVarint(dst, p.start.UnixNano())
	dst = appendText(dst, string(p.data))
	dst = binary.AppendUvarint(dst, uint64(len(p.index)))
	for _, at := range p.index {
		dst = binary.AppendUvarint(dst, uint64(at))
	}
	dst = binary.AppendUvarint(dst, uint64(len(p.texts)))
	for _, t := range p.texts {
		dst = appendText(dst, t.String())
	}
	dst = binary.AppendUvarint(dst, uint64(len(p.names)))
	for _, name := range p.names {
		dst = appendText(dst, name)
	}
	dst = binary.AppendUvarint(dst, uint64(len(p.assign)))
	for _, members := range p.assign {
		dst = appendText(dst, value.OfObject(members).String())
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

var errPacked = errors.New("no packed history")

// ReadPacked reads what AppendBinary wrote.
func ReadPacked(data []byte) (*Packed, error) {
	if len(data) == 0 || data[0] != packedFormat {
		return nil, errPacked
	}
	r := &binaryReader{data: data[1:]}
	p := &Packed{n: int(r.count())}
	p.start = time.Unix(0, r.signed()).UTC()
	p.data = []byte(r.text())
	p.index = make([]uint32, r.length())
	for i := range p.index {
		p.index[i] = uint32(r.count())
	}
	p.texts = make([]Text, r.length())
	for i := range p.texts {
		p.texts[i] = Verbatim(r.text())
	}
	p.names = make([]string, r.length())
	for i := range p.names {
		p.names[i] = r.text()
	}
	p.assign = make([][]value.Member, r.length())
	for i := range p.assign {
		v, err := value.Parse(r.text())
		if err != nil {
			return nil, errPacked
		}
		p.assign[i] = v.Members()
	}
	if r.bad || len(r.data) > 0 {
		return nil, errPacked
	}
	return p, nil
}

// binaryReader reads numbers and texts until one is bad.
type binaryReader struct {
	data []byte
	bad  bool
}

func (r *binaryReader) count() uint64 {
	n, size := binary.Uvarint(r.data)
	return took(r, n, size)
}

func (r *binaryReader) signed() int64 {
	n, size := binary.Varint(r.data)
	return took(r, n, size)
}

func took[N uint64 | int64](r *binaryReader, n N, size int) N {
	if size <= 0 {
		r.bad, r.data = true, nil
		return 0
	}
	r.data = r.data[size:]
	return n
}

// length is a count of things that take at least a byte each.
func (r *binaryReader) length() int {
	n := r.count()
	if n > uint64(len(r.data)) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *binaryReader) text() string {
	n := r.length()
	s := string(r.data[:n])
	r.data = r.data[n:]
	return s
}
