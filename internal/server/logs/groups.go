package logs

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/server/wire"
)

// New answers the API of CloudWatch Logs from a store.
func New(s *Store) wire.Service {
	return wire.JSON{
		"CreateLogGroup":        wire.Op(s.createLogGroup),
		"CreateLogStream":       wire.Op(s.createLogStream),
		"DeleteLogGroup":        wire.Op(s.deleteLogGroup),
		"DeleteLogStream":       wire.Op(s.deleteLogStream),
		"DeleteRetentionPolicy": wire.Op(s.deleteRetentionPolicy),
		"DescribeLogGroups":     wire.Op(s.describeLogGroups),
		"DescribeLogStreams":    wire.Op(s.describeLogStreams),
		"FilterLogEvents":       wire.Op(s.filterLogEvents),
		"GetLogEvents":          wire.Op(s.getLogEvents),
		"ListTagsForResource":   wire.Op(s.listTagsForResource),
		"ListTagsLogGroup":      wire.Op(s.listTagsForResource),
		"PutLogEvents":          wire.Op(s.putLogEvents),
		"PutRetentionPolicy":    wire.Op(s.putRetentionPolicy),
		"StartLiveTail":         wire.Op(s.startLiveTail),
		"TagLogGroup":           wire.Op(s.tagResource),
		"TagResource":           wire.Op(s.tagResource),
		"UntagLogGroup":         wire.Op(s.untagResource),
		"UntagResource":         wire.Op(s.untagResource),
		"DescribeResourcePolicies": wire.Op(func(*wire.Call, *struct{}) (any, error) {
			return map[string]any{"resourcePolicies": []any{}}, nil
		}),
		"PutResourcePolicy": wire.Op(func(_ *wire.Call, in *policyInput) (any, error) {
			return map[string]any{"resourcePolicy": in}, nil
		}),
	}
}

// policyInput is a resource policy: taken, since CDK and consoles put one, and of no effect on one's own machine.
type policyInput struct {
	PolicyName     string `json:"policyName"`
	PolicyDocument string `json:"policyDocument"`
}

// AWS's texts.
func noGroup() error {
	return wire.Errorf("ResourceNotFoundException", "The specified log group does not exist.")
}
func noStream() error {
	return wire.Errorf("ResourceNotFoundException", "The specified log stream does not exist.")
}
func invalid(format string, args ...any) error {
	return wire.Errorf("InvalidParameterException", format, args...)
}

type groupInput struct {
	LogGroupName       string   `json:"logGroupName"`
	LogGroupIdentifier string   `json:"logGroupIdentifier"`
	LogStreamName      string   `json:"logStreamName"`
	ResourceArn        string   `json:"resourceArn"`
	RetentionInDays    int      `json:"retentionInDays"`
	Tags               any      `json:"tags"`
	TagKeys            []string `json:"tagKeys"`
}

// group finds the group that a call names by name, ARN or identifier.
func (s *Store) group(c *wire.Call, names ...string) (*group, error) {
	for _, name := range names {
		if name == "" {
			continue
		}
		if g := s.find(c.Account, c.Region, groupName(name)); g != nil {
			return g, nil
		}
		return nil, noGroup()
	}
	return nil, invalid("1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: Member must not be null")
}

// groupName is the name in "arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*", or the name itself.
func groupName(s string) string {
	if p := strings.SplitN(s, ":", 7); len(p) == 7 && p[0] == "arn" {
		s = p[6]
	}
	return strings.TrimSuffix(s, ":*")
}

// AWS: LogGroupName, 1 to 512 characters.
var groupNames = lazyregexp.New(`^[.\-_/#A-Za-z0-9]{1,512}$`)

func (s *Store) createLogGroup(c *wire.Call, in *groupInput) (any, error) {
	if !groupNames.MatchString(in.LogGroupName) {
		return nil, invalid(`1 validation error detected: Value '%s' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+`, in.LogGroupName)
	}
	g, created := s.create(c.Account, c.Region, in.LogGroupName)
	if !created {
		return nil, wire.Errorf("ResourceAlreadyExistsException", "The specified log group already exists")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.setTags(in.Tags)
	s.keep(g)
	return nil, nil
}

func (g *group) setTags(tags any) {
	pairs, _ := tags.(map[string]any)
	for k, v := range pairs {
		g.tags[k], _ = v.(string)
	}
}

func (s *Store) deleteLogGroup(c *wire.Call, in *groupInput) (any, error) {
	g, err := s.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.groups[scope{c.Account, c.Region}], g.name)
	g.mu.Lock()
	defer g.mu.Unlock()
	s.groupGone(g)
	return nil, nil
}

func (s *Store) createLogStream(c *wire.Call, in *groupInput) (any, error) {
	g, err := s.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if in.LogStreamName == "" || strings.ContainsAny(in.LogStreamName, ":*") {
		return nil, invalid("1 validation error detected: Value '%s' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*", in.LogStreamName)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.streams[in.LogStreamName] != nil {
		return nil, wire.Errorf("ResourceAlreadyExistsException", "The specified log stream already exists")
	}
	s.keepStream(g, g.stream(in.LogStreamName, s.now()))
	return nil, nil
}

func (s *Store) deleteLogStream(c *wire.Call, in *groupInput) (any, error) {
	g, err := s.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	st := g.streams[in.LogStreamName]
	if st == nil {
		return nil, noStream()
	}
	s.streamGone(st)
	delete(g.streams, in.LogStreamName)
	return nil, nil
}

// retentions are the days that AWS takes.
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func (s *Store) putRetentionPolicy(c *wire.Call, in *groupInput) (any, error) {
	g, err := s.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(retentions, in.RetentionInDays) {
		return nil, invalid("1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: %v", in.RetentionInDays, retentions)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.retention = in.RetentionInDays
	s.keep(g)
	return nil, nil
}

func (s *Store) deleteRetentionPolicy(c *wire.Call, in *groupInput) (any, error) {
	g, err := s.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.retention = 0
	s.keep(g)
	return nil, nil
}

func (s *Store) tagResource(c *wire.Call, in *groupInput) (any, error) {
	g, err := s.group(c, in.ResourceArn, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.setTags(in.Tags)
	s.keep(g)
	return nil, nil
}

func (s *Store) untagResource(c *wire.Call, in *groupInput) (any, error) {
	g, err := s.group(c, in.ResourceArn, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	old, _ := in.Tags.([]any) // of UntagLogGroup
	for _, k := range old {
		name, _ := k.(string)
		delete(g.tags, name)
	}
	for _, k := range in.TagKeys {
		delete(g.tags, k)
	}
	s.keep(g)
	return nil, nil
}

func (s *Store) listTagsForResource(c *wire.Call, in *groupInput) (any, error) {
	g, err := s.group(c, in.ResourceArn, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	tags := map[string]string{}
	for k, v := range g.tags {
		tags[k] = v
	}
	return map[string]any{"tags": tags}, nil
}

type describeGroupsInput struct {
	LogGroupNamePrefix  string  `json:"logGroupNamePrefix"`
	LogGroupNamePattern string  `json:"logGroupNamePattern"`
	Limit               int     `json:"limit"`
	NextToken           *string `json:"nextToken"`
}

type groupOutput struct {
	LogGroupName      string `json:"logGroupName"`
	CreationTime      int64  `json:"creationTime"`
	RetentionInDays   int    `json:"retentionInDays,omitempty"`
	MetricFilterCount int    `json:"metricFilterCount"`
	Arn               string `json:"arn"`
	StoredBytes       int64  `json:"storedBytes"`
	LogGroupClass     string `json:"logGroupClass"`
	LogGroupArn       string `json:"logGroupArn"`
}

func (s *Store) describeLogGroups(c *wire.Call, in *describeGroupsInput) (any, error) {
	s.mu.RLock()
	var all []*group
	for name, g := range s.groups[scope{c.Account, c.Region}] {
		if strings.HasPrefix(name, in.LogGroupNamePrefix) && strings.Contains(strings.ToLower(name), strings.ToLower(in.LogGroupNamePattern)) {
			all = append(all, g)
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(all, func(a, b *group) int { return cmp.Compare(a.name, b.name) })
	part, next, err := page(all, in.Limit, in.NextToken)
	if err != nil {
		return nil, err
	}
	list := make([]groupOutput, len(part))
	for i, g := range part {
		g.mu.RLock()
		list[i] = groupOutput{LogGroupName: g.name, CreationTime: g.created.UnixMilli(), RetentionInDays: g.retention, Arn: g.arn, StoredBytes: g.bytes,
			LogGroupClass: "STANDARD", LogGroupArn: strings.TrimSuffix(g.arn, ":*")}
		g.mu.RUnlock()
	}
	return withToken(map[string]any{"logGroups": list}, next), nil
}

func withToken(answer map[string]any, next *string) map[string]any {
	if next != nil {
		answer["nextToken"] = *next
	}
	return answer
}

// mostDescribed is the largest page of groups and streams, and its default. AWS: DescribeLimit.
const mostDescribed = 50

func page[T any](all []T, limit int, token *string) ([]T, *string, error) {
	if limit == 0 {
		limit = mostDescribed
	}
	if limit < 0 || limit > mostDescribed {
		return nil, nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50", limit)
	}
	from := 0
	if token != nil {
		n, err := openToken(*token)
		if err != nil || n > int64(len(all)) {
			return nil, nil, invalid("The specified nextToken is invalid.")
		}
		from = int(n)
	}
	to := min(from+limit, len(all))
	if to == len(all) {
		return all[from:to], nil, nil
	}
	next := sealToken(int64(to))
	return all[from:to], &next, nil
}

func sealToken(n int64) string {
	return base64.RawURLEncoding.EncodeToString(strconv.AppendInt(nil, n, 10))
}

func openToken(token string) (int64, error) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(text), 10, 64)
}

type describeStreamsInput struct {
	LogGroupName        string  `json:"logGroupName"`
	LogGroupIdentifier  string  `json:"logGroupIdentifier"`
	LogStreamNamePrefix string  `json:"logStreamNamePrefix"`
	OrderBy             string  `json:"orderBy"`
	Descending          bool    `json:"descending"`
	Limit               int     `json:"limit"`
	NextToken           *string `json:"nextToken"`
}

type streamOutput struct {
	LogStreamName       string `json:"logStreamName"`
	CreationTime        int64  `json:"creationTime"`
	FirstEventTimestamp *int64 `json:"firstEventTimestamp,omitempty"`
	LastEventTimestamp  *int64 `json:"lastEventTimestamp,omitempty"`
	LastIngestionTime   *int64 `json:"lastIngestionTime,omitempty"`
	UploadSequenceToken string `json:"uploadSequenceToken"`
	Arn                 string `json:"arn"`
	StoredBytes         int64  `json:"storedBytes"`
}

func (s *Store) describeLogStreams(c *wire.Call, in *describeStreamsInput) (any, error) {
	g, err := s.group(c, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if in.OrderBy == "LastEventTime" && in.LogStreamNamePrefix != "" {
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	var all []*stream
	for _, st := range g.sorted() {
		if strings.HasPrefix(st.name, in.LogStreamNamePrefix) {
			all = append(all, st)
		}
	}
	if in.OrderBy == "LastEventTime" {
		slices.SortStableFunc(all, func(a, b *stream) int { return cmp.Compare(a.last(), b.last()) })
	}
	if in.Descending {
		slices.Reverse(all)
	}
	part, next, err := page(all, in.Limit, in.NextToken)
	if err != nil {
		return nil, err
	}
	list := make([]streamOutput, len(part))
	for i, st := range part {
		list[i] = st.output(g)
	}
	return withToken(map[string]any{"logStreams": list}, next), nil
}

func (st *stream) last() int64 {
	st.load()
	if len(st.events) == 0 {
		return 0
	}
	return st.events[len(st.events)-1].time
}

func (st *stream) output(g *group) streamOutput {
	st.load()
	out := streamOutput{LogStreamName: st.name, CreationTime: st.created.UnixMilli(), UploadSequenceToken: strconv.FormatInt(st.nextID, 10),
		Arn: strings.TrimSuffix(g.arn, "*") + "log-stream:" + st.name}
	if n := len(st.events); n > 0 {
		ingested := st.ingested.UnixMilli()
		out.FirstEventTimestamp, out.LastEventTimestamp, out.LastIngestionTime = &st.events[0].time, &st.events[n-1].time, &ingested
	}
	return out
}
