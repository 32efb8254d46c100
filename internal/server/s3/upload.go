package s3

import (
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// upload is a multipart upload under way.
type upload struct {
	key    string
	header http.Header
	begun  time.Time
	parts  map[int][]byte
}

func (s *Service) handleUpload(q *request) error {
	body, err := s.partBody(q)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.find(q.Account, q.bucket)
	if err != nil {
		return err
	}
	if q.r.Method == http.MethodPost && q.has("uploads") {
		return s.beginUpload(q, b)
	}
	id := q.get("uploadId")
	u := b.uploads[id]
	if u == nil || u.key != q.key {
		return refuse(http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
	}
	switch q.r.Method {
	case http.MethodPut:
		return s.putPart(q, u, body)
	case http.MethodGet:
		return q.answer(http.StatusOK, u.list(b.name, id))
	case http.MethodPost:
		delete(b.uploads, id)
		return s.completeUpload(q, b, u, body)
	case http.MethodDelete:
		delete(b.uploads, id)
		q.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
}

func (s *Service) putPart(q *request, u *upload, body []byte) error {
	n, err := strconv.Atoi(q.get("partNumber"))
	if err != nil || n < 1 || n > 10000 {
		return refuse(http.StatusBadRequest, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
	}
	u.parts[n] = body
	if q.copies() {
		return q.answer(http.StatusOK, struct {
			XMLName            xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CopyPartResult"`
			LastModified, ETag string
		}{LastModified: stamp(s.now()), ETag: etag(body)})
	}
	q.w.Header().Set("ETag", etag(body))
	q.w.WriteHeader(http.StatusOK)
	return nil
}

func (q *request) copies() bool { return q.r.Header.Get("X-Amz-Copy-Source") != "" }

// partBody is what a call brings: the content of a part, sent or copied, or the list of parts.
func (s *Service) partBody(q *request) ([]byte, error) {
	switch {
	case q.r.Method == http.MethodPut && q.copies():
		from, err := s.source(q)
		if err != nil {
			return nil, err
		}
		if q.r.Header.Get("X-Amz-Copy-Source-Range") != "" {
			return nil, errNotOffered
		}
		return from.Body, nil
	case q.r.Method == http.MethodPut || q.r.Method == http.MethodPost:
		return q.body()
	}
	return nil, nil
}

type partList struct {
	XMLName                    xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListPartsResult"`
	Bucket, Key                string
	UploadID                   string `xml:"UploadId"`
	PartNumberMarker, MaxParts int
	Part                       []listedPart
}

type listedPart struct {
	PartNumber int
	ETag       string
	Size       int
}

// list is the parts that there are, by number, in one page.
func (u *upload) list(bucket, id string) partList {
	out := partList{Bucket: bucket, Key: u.key, UploadID: id, MaxParts: maxKeys}
	for _, n := range slices.Sorted(maps.Keys(u.parts)) {
		out.Part = append(out.Part, listedPart{n, etag(u.parts[n]), len(u.parts[n])})
	}
	return out
}

func (s *Service) beginUpload(q *request, b *bucket) error {
	id := strings.ReplaceAll(q.w.Header().Get("X-Amz-Request-Id"), "-", "")
	b.uploads[id] = &upload{key: q.key, header: q.r.Header.Clone(), begun: s.now(), parts: map[int][]byte{}}
	return q.answer(http.StatusOK, struct {
		XMLName     xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ InitiateMultipartUploadResult"`
		Bucket, Key string
		UploadID    string `xml:"UploadId"`
	}{Bucket: b.name, Key: q.key, UploadID: id})
}

func (s *Service) completeUpload(q *request, b *bucket, u *upload, text []byte) error {
	var in struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	if xml.Unmarshal(text, &in) != nil || len(in.Part) == 0 {
		return errMalformed
	}
	var whole, sums []byte
	for _, p := range in.Part {
		part, ok := u.parts[p.PartNumber]
		if !ok || strings.Trim(p.ETag, `"`) != strings.Trim(etag(part), `"`) {
			return refuse(http.StatusBadRequest, "InvalidPart", "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
		}
		sum := md5.Sum(part)
		whole, sums = append(whole, part...), append(sums, sum[:]...)
	}
	o := s.newObject(u.key, whole, u.header)
	o.ETag = fmt.Sprintf(`%s-%d"`, strings.TrimSuffix(etag(sums), `"`), len(in.Part))
	if err := s.put(b, o); err != nil {
		return err
	}
	return q.answer(http.StatusOK, struct {
		XMLName           xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CompleteMultipartUploadResult"`
		Bucket, Key, ETag string
	}{Bucket: b.name, Key: u.key, ETag: o.ETag})
}

func (s *Service) listUploads(q *request, b *bucket) error {
	type entry struct {
		Key       string
		UploadID  string `xml:"UploadId"`
		Initiated string
	}
	out := struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListMultipartUploadsResult"`
		Bucket  string
		Upload  []entry
	}{Bucket: b.name}
	s.mu.Lock()
	for id, u := range b.uploads {
		out.Upload = append(out.Upload, entry{u.key, id, stamp(u.begun)})
	}
	s.mu.Unlock()
	slices.SortFunc(out.Upload, func(a, b entry) int { return strings.Compare(a.Key+a.UploadID, b.Key+b.UploadID) })
	return q.answer(http.StatusOK, out)
}
