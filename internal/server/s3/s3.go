// Package s3 is the local AWS's subset of S3: buckets with their settings, objects, listings, ranges and multipart uploads, path
// style and virtual host. Package server's router hands it the requests signed for "s3"; the lambda service reads deployed code
// through Get, and tasks read and write items through Get, Put and List. State is in memory and, with Keep, in a store. There are no object versions.
package s3

import (
	"bytes"
	"encoding/xml"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// Service implements wire.Service.
type Service struct {
	now   func() time.Time
	store *store.Store // see Keep
	// Notify is told of objects that came and went in buckets whose events go to EventBridge. nil: nobody is. To be set before use.
	Notify func(Change)

	mu      sync.Mutex
	buckets map[string]*bucket // names are global
	changes []Change           // to tell when the call is done
}

// Change is an object that came or went.
type Change struct {
	Account, Region, Bucket, Key string
	Object                       *Object // nil: it was deleted
}

// changed notes a change. s.mu is held.
func (s *Service) changed(b *bucket, key string, o *Object) {
	if s.Notify != nil && bytes.Contains(b.settings["notification"], []byte("<EventBridgeConfiguration")) {
		s.changes = append(s.changes, Change{b.account, b.region, b.name, key, o})
	}
}

// tell tells the changes so far.
func (s *Service) tell() {
	s.mu.Lock()
	changes := s.changes
	s.changes = nil
	s.mu.Unlock()
	for _, c := range changes {
		s.Notify(c)
	}
}

type bucket struct {
	name, account, region string
	created               time.Time
	objects               map[string]*Object
	settings              map[string][]byte // XML or JSON by subresource
	uploads               map[string]*upload
}

// Object is what a key holds. It is replaced as a whole, never changed.
type Object struct {
	Key      string
	Body     []byte
	ETag     string // with its quotes
	Modified time.Time
	Header   http.Header // content type, user metadata and the like
}

// New makes the service; now nil is time.Now.
func New(now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{now: now, buckets: map[string]*bucket{}}
}

// request is a call with its bucket and key; either may be "".
type request struct {
	*wire.Call
	w           http.ResponseWriter
	r           *http.Request
	bucket, key string
	query       map[string][]string
}

// Serve implements wire.Service.
func (s *Service) Serve(w http.ResponseWriter, c *wire.Call) {
	q := &request{Call: c, w: w, r: c.HTTP, query: c.HTTP.URL.Query()}
	q.bucket, q.key = address(c.HTTP)
	w.Header().Set("X-Amz-Request-Id", wire.NewRequestID())
	c.Operation = operation(q)
	err := c.Authorized()
	if err == nil {
		err = s.handle(q)
		s.tell()
	}
	if err != nil {
		q.fail(err)
	}
}

// operation is the call as IAM knows it.
func operation(q *request) string {
	verb := map[string]string{http.MethodGet: "Get", http.MethodHead: "Get", http.MethodPut: "Put", http.MethodPost: "Put", http.MethodDelete: "Delete"}[q.r.Method]
	for name, setting := range actions {
		if q.key == "" && q.has(name) {
			return strings.Replace(verb+setting, "Delete", "Put", 1) // AWS: who may set a setting may remove it
		}
	}
	switch {
	case q.bucket == "":
		return "ListAllMyBuckets"
	case q.key != "":
		return verb + "Object"
	case q.has("delete"):
		return "DeleteObject"
	case verb == "Get":
		return "ListBucket"
	case verb == "Put":
		return "CreateBucket"
	}
	return verb + "Bucket"
}

// actions are the names in IAM of a bucket's subresources.
var actions = map[string]string{"encryption": "EncryptionConfiguration", "publicAccessBlock": "BucketPublicAccessBlock", "tagging": "BucketTagging",
	"policy": "BucketPolicy", "lifecycle": "LifecycleConfiguration", "ownershipControls": "BucketOwnershipControls", "notification": "BucketNotification", "location": "BucketLocation"}

// Resource is the ARN that a call is about: an object's where it names one, else its bucket's.
func Resource(c *wire.Call) string {
	bucket, key := address(c.HTTP)
	if key != "" {
		bucket += "/" + key
	}
	return "arn:aws:s3:::" + bucket
}

func (q *request) has(name string) bool { _, ok := q.query[name]; return ok }

func (q *request) get(name string) string {
	if v := q.query[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Hosts that the bucket's name stands before, each with its dot.
var hosts = lazyregexp.New(`^(.+)\.(?:s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com|s3\.localhost\.localstack\.cloud|(?:s3\.)?localhost|127\.0\.0\.1)$`)

// address reads bucket and key from the host or the path.
func address(r *http.Request) (bucket, key string) {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	if m := hosts.FindStringSubmatch(host); m != nil && m[1] != "s3" {
		return m[1], path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

func (s *Service) handle(q *request) error {
	if q.foreign() {
		return errNotOffered
	}
	switch {
	case q.bucket == "" && q.r.Method == http.MethodGet:
		return s.listBuckets(q)
	case q.bucket == "":
		return refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	case q.key == "":
		return s.handleBucket(q)
	case q.has("uploadId") || q.has("uploads"):
		return s.handleUpload(q)
	}
	return s.handleObject(q)
}

var errNotOffered = refuse(http.StatusNotImplemented, "NotImplemented", "A header or parameter you provided implies functionality that is not implemented.")

// bucketParameters and objectParameters are the parameters that may be empty: the subresources that are here, and a listing's.
var (
	bucketParameters = []string{"delete", "location", "uploads", "prefix", "delimiter", "marker", "start-after", "continuation-token",
		"encoding-type", "max-keys", "key-marker", "upload-id-marker"}
	objectParameters = []string{"uploads"}
)

// foreign says whether the call is about a subresource that is not here: S3 names those in a parameter without a value, and what
// does not know "?cors" takes DeleteBucketCors for DeleteBucket.
func (q *request) foreign() bool {
	here := bucketParameters
	if q.key != "" {
		here = objectParameters
	}
	for name, v := range q.query {
		_, setting := settings[name]
		if v[0] == "" && !slices.Contains(here, name) && !(setting && q.key == "") {
			return true
		}
	}
	return false
}

// find is the bucket, for the account that owns it.
func (s *Service) find(account, name string) (*bucket, error) {
	b := s.buckets[name]
	switch {
	case b == nil:
		return nil, &problem{Status: http.StatusNotFound, Code: "NoSuchBucket", Message: "The specified bucket does not exist", BucketName: name}
	case b.account != account:
		return nil, refuse(http.StatusForbidden, "AccessDenied", "Access Denied")
	}
	return b, nil
}

// problem is S3's error answer.
type problem struct {
	XMLName    xml.Name `xml:"Error"`
	Status     int      `xml:"-"`
	Code       string
	Message    string
	BucketName string `xml:",omitempty"`
	Key        string `xml:",omitempty"`
	RequestID  string `xml:"RequestId"`
	HostID     string `xml:"HostId"`
}

func (p *problem) Error() string { return p.Code + ": " + p.Message }

func refuse(status int, code, message string) error {
	return &problem{Status: status, Code: code, Message: message}
}

func (q *request) fail(err error) {
	p, ok := err.(*problem)
	if denied, is := err.(*wire.Error); is {
		p, ok = &problem{Status: denied.Status, Code: denied.Code, Message: denied.Message}, true
	}
	if !ok {
		p = &problem{Status: http.StatusInternalServerError, Code: "InternalError", Message: err.Error()}
	}
	copied := *p
	copied.RequestID = q.w.Header().Get("X-Amz-Request-Id")
	q.answer(p.Status, copied)
}

// answer writes XML; to HEAD only the status.
func (q *request) answer(status int, body any) error {
	text, err := xml.Marshal(body)
	if err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", "application/xml")
	q.w.WriteHeader(status)
	if q.r.Method != http.MethodHead && status != http.StatusNotModified {
		q.w.Write(append([]byte(xml.Header), text...)) // the caller that has gone is not told
	}
	return nil
}

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (s *Service) listBuckets(q *request) error {
	type entry struct{ Name, CreationDate, BucketRegion string }
	type list struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
		Owner   struct{ ID string }
		Buckets []entry `xml:"Buckets>Bucket"`
	}
	var out list
	out.Owner.ID = q.Account
	s.mu.Lock()
	for _, b := range s.buckets {
		if b.account == q.Account && strings.HasPrefix(b.name, q.get("prefix")) {
			out.Buckets = append(out.Buckets, entry{b.name, stamp(b.created), b.region})
		}
	}
	s.mu.Unlock()
	slices.SortFunc(out.Buckets, func(a, b entry) int { return strings.Compare(a.Name, b.Name) })
	return q.answer(http.StatusOK, out)
}

// Get is an object. The error's text names S3's code, as Lambda quotes it.
func (s *Service) Get(account, bucket, key string) (*Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.find(account, bucket)
	if err != nil {
		return nil, err
	}
	return b.object(key)
}

func (b *bucket) object(key string) (*Object, error) {
	if o := b.objects[key]; o != nil {
		return o, nil
	}
	return nil, &problem{Status: http.StatusNotFound, Code: "NoSuchKey", Message: "The specified key does not exist.", Key: key}
}

// Put stores an object.
func (s *Service) Put(account, bucket, key string, body []byte, header http.Header) (*Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.find(account, bucket)
	if err != nil {
		return nil, err
	}
	o := s.newObject(key, body, header)
	return o, s.put(b, o)
}

// List is the objects whose keys have the prefix, in the order of their keys.
func (s *Service) List(account, bucket, prefix string) ([]*Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.find(account, bucket)
	if err != nil {
		return nil, err
	}
	return b.list(prefix), nil
}

func (b *bucket) list(prefix string) []*Object {
	var list []*Object
	for key, o := range b.objects {
		if strings.HasPrefix(key, prefix) {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b *Object) int { return strings.Compare(a.Key, b.Key) })
	return list
}
