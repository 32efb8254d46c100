package s3

import (
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/lazyregexp"
)

var bucketName = lazyregexp.New(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// settings are the subresources of a bucket that are kept as they came, with what GET answers where there is none: an error's
// code and text, or a document.
var settings = map[string]struct{ code, text, document string }{
	"encryption":        {document: `<ServerSideEncryptionConfiguration xmlns="` + namespace + `"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`},
	"publicAccessBlock": {document: `<PublicAccessBlockConfiguration xmlns="` + namespace + `"><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`},
	"notification":      {document: `<NotificationConfiguration xmlns="` + namespace + `"/>`},
	"tagging":           {code: "NoSuchTagSet", text: "The TagSet does not exist"},
	"policy":            {code: "NoSuchBucketPolicy", text: "The bucket policy does not exist"},
	"lifecycle":         {code: "NoSuchLifecycleConfiguration", text: "The lifecycle configuration does not exist"},
	"ownershipControls": {document: `<OwnershipControls xmlns="` + namespace + `"><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>`},
}

// missing answers for a setting that was deleted, where AWS's default differs from what a new bucket has.
var missing = map[string]struct{ code, text string }{
	"publicAccessBlock": {"NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"},
	"ownershipControls": {"OwnershipControlsNotFoundError", "The bucket ownership controls were not found"},
}

func (s *Service) handleBucket(q *request) error {
	if q.r.Method == http.MethodPut && len(q.query) == 0 || q.has("x-id") && q.get("x-id") == "CreateBucket" {
		return s.createBucket(q)
	}
	s.mu.Lock()
	b, err := s.find(q.Account, q.bucket)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	for name := range settings {
		if q.has(name) {
			return s.setting(q, b, name)
		}
	}
	switch method := q.r.Method; {
	case method == http.MethodHead:
		q.w.Header().Set("X-Amz-Bucket-Region", b.region)
		q.w.WriteHeader(http.StatusOK)
		return nil
	case method == http.MethodDelete && !q.has("delete"):
		return s.deleteBucket(q, b)
	case method == http.MethodPost && q.has("delete"):
		return s.deleteObjects(q, b)
	case method == http.MethodGet && q.has("location"):
		return q.location(b)
	case method == http.MethodGet && q.has("uploads"):
		return s.listUploads(q, b)
	case method == http.MethodGet && (len(q.query) == 0 || q.has("list-type") || q.has("prefix") || q.has("max-keys") || q.has("delimiter") || q.has("marker") || q.has("encoding-type")):
		return s.listObjects(q, b)
	}
	return errNotOffered
}

func (s *Service) createBucket(q *request) error {
	if !bucketName.MatchString(q.bucket) || strings.Contains(q.bucket, "..") {
		return &problem{Status: http.StatusBadRequest, Code: "InvalidBucketName", Message: "The specified bucket is not valid.", BucketName: q.bucket}
	}
	tags, err := q.createTags()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.buckets[q.bucket]; old != nil {
		switch {
		case old.account != q.Account:
			return &problem{Status: http.StatusConflict, Code: "BucketAlreadyExists", BucketName: q.bucket,
				Message: "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."}
		case q.Region != "us-east-1":
			return &problem{Status: http.StatusConflict, Code: "BucketAlreadyOwnedByYou", BucketName: q.bucket,
				Message: "Your previous request to create the named bucket succeeded and you already own it."}
		}
	} else {
		b := &bucket{name: q.bucket, account: q.Account, region: q.Region, created: s.now(),
			objects: map[string]*Object{}, settings: map[string][]byte{}, uploads: map[string]*upload{}}
		if tags != nil {
			b.settings["tagging"] = tags
		}
		s.buckets[q.bucket] = b
		if err := s.keepBucket(b); err != nil {
			return err
		}
	}
	q.w.Header().Set("Location", "/"+q.bucket)
	q.w.WriteHeader(http.StatusOK)
	return nil
}

// createTags are the tags of a new bucket as the subresource tagging holds them, nil where there are none.
func (q *request) createTags() ([]byte, error) {
	text, err := q.body()
	if err != nil || len(text) == 0 {
		return nil, err
	}
	type tag struct{ Key, Value string }
	var in struct {
		Tag []tag `xml:"Tags>Tag"`
	}
	if xml.Unmarshal(text, &in) != nil {
		return nil, errMalformed
	}
	if len(in.Tag) == 0 {
		return nil, nil
	}
	return xml.Marshal(struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Tagging"`
		Tag     []tag    `xml:"TagSet>Tag"`
	}{Tag: in.Tag})
}

func (s *Service) deleteBucket(q *request, b *bucket) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(b.objects) > 0 {
		return &problem{Status: http.StatusConflict, Code: "BucketNotEmpty", Message: "The bucket you tried to delete is not empty", BucketName: b.name}
	}
	delete(s.buckets, b.name)
	s.bucketGone(b)
	q.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (q *request) location(b *bucket) error {
	type location struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LocationConstraint"`
		Region  string   `xml:",chardata"`
	}
	out := location{Region: b.region}
	if b.region == "us-east-1" {
		out.Region = ""
	}
	return q.answer(http.StatusOK, out)
}

func (s *Service) setting(q *request, b *bucket, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch q.r.Method {
	case http.MethodPut:
		body, err := io.ReadAll(io.LimitReader(q.r.Body, 1<<20))
		if err != nil {
			return err
		}
		b.settings[name] = body
		if err := s.keepBucket(b); err != nil {
			return err
		}
		q.w.WriteHeader(http.StatusOK)
	case http.MethodDelete:
		b.settings[name] = nil
		if err := s.keepBucket(b); err != nil {
			return err
		}
		q.w.WriteHeader(http.StatusNoContent)
	case http.MethodGet:
		return q.answerSetting(b, name)
	default:
		return refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	}
	return nil
}

func (q *request) answerSetting(b *bucket, name string) error {
	text, changed := b.settings[name]
	code, message := settings[name].code, settings[name].text
	if !changed {
		text = []byte(settings[name].document)
	} else if gone, ok := missing[name]; ok && text == nil {
		code, message = gone.code, gone.text
	} else if text == nil {
		text = []byte(settings[name].document)
	}
	if len(text) == 0 {
		return &problem{Status: http.StatusNotFound, Code: code, Message: message, BucketName: b.name}
	}
	contentType := "application/xml"
	if name == "policy" {
		contentType = "application/json"
	}
	q.w.Header().Set("Content-Type", contentType)
	_, err := q.w.Write(text)
	return err
}

type listing struct {
	XMLName                                  xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name, Prefix                             string
	Delimiter, EncodingType                  string `xml:",omitempty"`
	StartAfter, Marker, NextMarker           string `xml:",omitempty"`
	ContinuationToken, NextContinuationToken string `xml:",omitempty"`
	KeyCount, MaxKeys                        int
	IsTruncated                              bool
	Contents                                 []content
	CommonPrefixes                           []prefix
}

type content struct {
	Key, LastModified, ETag string
	Size                    int
	StorageClass            string
}

type prefix struct{ Prefix string }

// maxKeys bounds a listing. AWS: ListObjectsV2.
const maxKeys = 1000

// listObjects answers both ListObjectsV2 and ListObjects.
func (s *Service) listObjects(q *request, b *bucket) error {
	v2 := q.get("list-type") == "2"
	out := listing{Name: b.name, Prefix: q.get("prefix"), Delimiter: q.get("delimiter"), EncodingType: q.get("encoding-type"), MaxKeys: maxKeys}
	if text := q.get("max-keys"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return refuse(http.StatusBadRequest, "InvalidArgument", "Provided max-keys not an integer or within integer range")
		}
		out.MaxKeys = min(n, maxKeys)
	}
	after := q.get("marker")
	if v2 {
		out.StartAfter, out.ContinuationToken = q.get("start-after"), q.get("continuation-token")
		token, err := base64.URLEncoding.DecodeString(out.ContinuationToken)
		if err != nil {
			return refuse(http.StatusBadRequest, "InvalidArgument", "The continuation token provided is incorrect")
		}
		after = max(out.StartAfter, string(token))
	} else {
		out.Marker = after
	}
	s.mu.Lock()
	last := out.fill(b.list(out.Prefix), after)
	s.mu.Unlock()
	if out.IsTruncated && v2 {
		out.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(last))
	} else if out.IsTruncated {
		out.NextMarker = last
	}
	if out.EncodingType == "url" {
		out.escape()
	}
	return q.answer(http.StatusOK, out)
}

// fill takes what comes behind after and returns the last key or common prefix that it has taken.
func (l *listing) fill(objects []*Object, after string) (last string) {
	for _, o := range objects {
		rest := o.Key[len(l.Prefix):]
		common := ""
		if i := strings.Index(rest, l.Delimiter); l.Delimiter != "" && i >= 0 {
			common = l.Prefix + rest[:i+len(l.Delimiter)]
		}
		switch {
		case o.Key <= after || common != "" && (common <= after || common == last):
			continue
		case l.KeyCount == l.MaxKeys:
			l.IsTruncated = l.MaxKeys > 0
			return last
		case common != "":
			l.CommonPrefixes = append(l.CommonPrefixes, prefix{common})
			last = common
		default:
			l.Contents = append(l.Contents, content{o.Key, stamp(o.Modified), o.ETag, len(o.Body), "STANDARD"})
			last = o.Key
		}
		l.KeyCount++
	}
	return last
}

func (l *listing) escape() {
	escape := func(s *string) {
		*s = strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(*s), "+", "%20"), "%2F", "/")
	}
	escape(&l.Prefix)
	escape(&l.Delimiter)
	escape(&l.StartAfter)
	escape(&l.Marker)
	escape(&l.NextMarker)
	for i := range l.Contents {
		escape(&l.Contents[i].Key)
	}
	for i := range l.CommonPrefixes {
		escape(&l.CommonPrefixes[i].Prefix)
	}
}
