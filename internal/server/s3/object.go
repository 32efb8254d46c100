package s3

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxObject bounds an object, in bytes: they are kept in memory. (AWS: 5 GB in one PUT.)
const maxObject = 1 << 30

func (s *Service) handleObject(q *request) error {
	switch q.r.Method {
	case http.MethodPut:
		if q.r.Header.Get("X-Amz-Copy-Source") != "" {
			return s.copyObject(q)
		}
		return s.putObject(q)
	case http.MethodGet, http.MethodHead:
		return s.getObject(q)
	case http.MethodDelete:
		return s.deleteObject(q)
	}
	return refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
}

// kept are the headers of an object's upload that come back with it, besides its metadata.
var kept = []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Disposition", "Cache-Control", "Expires"}

func keptHeaders(from http.Header) http.Header {
	h := http.Header{}
	for _, name := range kept {
		if v := from.Get(name); v != "" {
			h.Set(name, v)
		}
	}
	for name, v := range from {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-meta-") {
			h[name] = v // in this case: clients make names of it
		}
	}
	encoding := strings.Trim(strings.ReplaceAll(h.Get("Content-Encoding"), "aws-chunked", ""), ", ")
	if h.Set("Content-Encoding", encoding); encoding == "" {
		h.Del("Content-Encoding")
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "binary/octet-stream")
	}
	return h
}

func (s *Service) newObject(key string, body []byte, header http.Header) *Object {
	return &Object{Key: key, Body: body, ETag: etag(body), Modified: s.now(), Header: keptHeaders(header)}
}

func etag(body []byte) string {
	sum := md5.Sum(body)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func (s *Service) putObject(q *request) error {
	body, err := q.body()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.find(q.Account, q.bucket)
	if err != nil {
		return err
	}
	old := b.objects[q.key]
	none, match := q.r.Header.Get("If-None-Match"), q.r.Header.Get("If-Match")
	if none == "*" && old != nil || match != "" && (old == nil || match != old.ETag) {
		return errPrecondition
	}
	o := s.newObject(q.key, body, q.r.Header)
	if err := s.put(b, o); err != nil {
		return err
	}
	q.w.Header().Set("ETag", o.ETag)
	q.w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
	q.w.WriteHeader(http.StatusOK)
	return nil
}

var errPrecondition = refuse(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")

// body is the request's, out of its chunks.
func (q *request) body() ([]byte, error) {
	var in io.Reader = q.r.Body
	if strings.HasPrefix(q.r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		in = &chunks{in: bufio.NewReader(q.r.Body)}
	}
	var b bytes.Buffer
	if n := q.r.ContentLength; n > 0 && n <= maxObject {
		b.Grow(int(n) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(io.LimitReader(in, maxObject+1)); err != nil {
		return nil, refuse(http.StatusBadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	}
	if b.Len() > maxObject {
		return nil, refuse(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
	}
	return b.Bytes(), nil
}

// chunks reads the content of an aws-chunked body: "size;chunk-signature=…\r\n", bytes, "\r\n", and so on until a size of 0;
// trailers are left unread. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
type chunks struct {
	in   *bufio.Reader
	left int64
	end  bool
}

func (c *chunks) Read(p []byte) (int, error) {
	for c.left == 0 {
		if c.end {
			return 0, io.EOF
		}
		line, err := c.in.ReadString('\n')
		if err != nil {
			return 0, io.ErrUnexpectedEOF
		}
		size, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		if size == "" { // the end of the chunk before
			continue
		}
		if c.left, err = strconv.ParseInt(size, 16, 64); err != nil {
			return 0, fmt.Errorf("chunk size %q: %w", size, err)
		}
		c.end = c.left == 0
	}
	n, err := c.in.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (s *Service) getObject(q *request) error {
	o, err := s.Get(q.Account, q.bucket, q.key)
	if err != nil {
		return err
	}
	h, in := q.w.Header(), q.r.Header
	for name, v := range o.Header {
		h[name] = v
	}
	for name, header := range map[string]string{"response-content-type": "Content-Type", "response-content-disposition": "Content-Disposition"} {
		if v := q.get(name); v != "" {
			h.Set(header, v)
		}
	}
	h.Set("ETag", o.ETag)
	h.Set("X-Amz-Server-Side-Encryption", "AES256")
	if in.Get("If-Match") != "" && in.Get("If-Match") != o.ETag {
		return errPrecondition
	}
	// ServeContent answers ranges and the other conditions as S3 does.
	http.ServeContent(q.w, q.r, "", o.Modified.Truncate(time.Second), bytes.NewReader(o.Body))
	return nil
}

// deleteObject deletes nothing where there is no such key, as AWS does.
func (s *Service) deleteObject(q *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.find(q.Account, q.bucket)
	if err != nil {
		return err
	}
	s.remove(b, q.key)
	q.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Service) deleteObjects(q *request, b *bucket) error {
	type key struct{ Key string }
	var in struct {
		Object []key
		Quiet  bool
	}
	text, err := q.body()
	if err == nil {
		err = xml.Unmarshal(text, &in)
	}
	if err != nil || len(in.Object) > maxKeys {
		return errMalformed
	}
	var out struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ DeleteResult"`
		Deleted []key
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range in.Object {
		s.remove(b, k.Key)
		if !in.Quiet {
			out.Deleted = append(out.Deleted, k)
		}
	}
	return q.answer(http.StatusOK, out)
}

var errMalformed = refuse(http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")

// source is the object that the call copies.
func (s *Service) source(q *request) (*Object, error) {
	source, err := url.PathUnescape(strings.TrimPrefix(q.r.Header.Get("X-Amz-Copy-Source"), "/"))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
	}
	bucket, key, _ := strings.Cut(source, "/")
	return s.Get(q.Account, bucket, key)
}

func (s *Service) copyObject(q *request) error {
	from, err := s.source(q)
	if err != nil {
		return err
	}
	header := from.Header
	if q.r.Header.Get("X-Amz-Metadata-Directive") == "REPLACE" {
		header = q.r.Header
	}
	o, err := s.Put(q.Account, q.bucket, q.key, from.Body, header)
	if err != nil {
		return err
	}
	return q.answer(http.StatusOK, struct {
		XMLName            xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CopyObjectResult"`
		LastModified, ETag string
	}{LastModified: stamp(o.Modified), ETag: o.ETag})
}
