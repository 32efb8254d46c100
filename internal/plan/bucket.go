package plan

import "slices"

// Bucket is the S3 bucket that large zips take to Lambda.
type Bucket struct {
	Name   string
	Create bool  // where it is missing; then it is stride's, until destroy
	Above  int64 // zips of more bytes than this go through it
	KMSKey string
	Tags   Tags // of one that stride makes
}

// LiveBucket is a bucket as it stands.
type LiveBucket struct {
	Tags    Tags
	Private bool   // all public access is blocked
	KMSKey  string // "" where S3's own key encrypts what is in it
}

// MaxDirect is the largest zip that a request may carry, in bytes. AWS: Lambda quotas, deployment package, 50 MB zipped, direct upload.
const MaxDirect = 50 << 20

// Through is whether the code goes through the bucket, which may be nil.
func (b *Bucket) Through(c Code) bool { return b != nil && c.Size > b.Above }

func (m *maker) bucket(want *Bucket) {
	if want == nil || !want.Create {
		return
	}
	a := Action{Kind: KindBucket, Op: Create, Name: want.Name, Bucket: want}
	have, ok := m.actual.Buckets[want.Name]
	switch {
	case !ok:
		a.Calls = []Call{CreateBucket, PutPublicAccessBlock, PutBucketEncryption}
	case have.Tags[TagProject] == m.desired.Project: // else it is somebody's who lets us use it
		var d differences
		compare(&d, PutPublicAccessBlock, "public access blocked", have.Private, true)
		compare(&d, PutBucketEncryption, "KMS key", have.KMSKey, want.KMSKey)
		a.Op, a.Changes, a.Calls = Update, d.changes, d.calls
	}
	m.add(a)
}

// through lets the code of a function that is too large for a request go through the bucket, before and after which it is not there.
func (m *maker) through(a *Action) {
	at := slices.IndexFunc(a.Calls, func(c Call) bool { return c == CreateFunction || c == UpdateCode })
	if at < 0 || !m.desired.Bucket.Through(a.Function.Code) {
		return
	}
	a.Bucket = m.desired.Bucket
	a.Calls = append(slices.Insert(slices.Clone(a.Calls), at, PutObject), DeleteObject)
}
