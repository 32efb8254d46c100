package local

import "fmt"

// mostTags is how many tags a resource may have. AWS: quotas for tagging.
const mostTags = 50

// Tag is a tag of a state machine or activity.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// tagSet is a resource's tags in the order in which they were first set.
type tagSet []Tag

func (t *tagSet) set(tags []Tag) {
next:
	for _, tag := range tags {
		for i := range *t {
			if (*t)[i].Key == tag.Key {
				(*t)[i].Value = tag.Value
				continue next
			}
		}
		*t = append(*t, tag)
	}
}

func (t *tagSet) remove(keys []string) {
	kept := tagSet{}
next:
	for _, tag := range *t {
		for _, key := range keys {
			if tag.Key == key {
				continue next
			}
		}
		kept = append(kept, tag)
	}
	*t = kept
}

// AWS: TagKey 1 to 128 characters, TagValue up to 256.
func checkTags(tags []Tag) error {
	var v violations
	for i, tag := range tags {
		member := fmt.Sprintf("tags.%d.member.", i+1)
		v.text(member+"key", tag.Key, 128)
		v.optional(member+"value", tag.Value, 256)
	}
	return v.err()
}

// TagsInput are the parameters of TagResource, UntagResource and ListTagsForResource.
type TagsInput struct {
	ResourceArn string   `json:"resourceArn"`
	Tags        []Tag    `json:"tags"`
	TagKeys     []string `json:"tagKeys"`
}

// ListTagsForResourceOutput is the answer of ListTagsForResource.
type ListTagsForResourceOutput struct {
	Tags []Tag `json:"tags"`
}

// changeTags is withTags for an f that changes them.
func (s *Service) changeTags(text string, f func(*tagSet) error) error {
	return s.withTags(text, func(t *tagSet, keep func()) error {
		defer keep()
		return f(t)
	})
}

// withTags calls f with the tags of the machine or activity that an ARN names, locked, and with what files a change of them.
// Versions and aliases have none.
func (s *Service) withTags(text string, f func(t *tagSet, keep func()) error) error {
	var v violations
	v.text("resourceArn", text, longestARN)
	if err := v.err(); err != nil {
		return err
	}
	a, err := arnOf(text, "stateMachine", "activity")
	if err != nil {
		return err
	}
	s.mu.RLock()
	m := s.machines.byName[a.name]
	act := s.activities.byName[a.name]
	s.mu.RUnlock()
	switch {
	case !s.here(a) || a.rest != "" || a.label != "":
	case a.kind == "stateMachine" && m != nil:
		m.mu.Lock()
		defer m.mu.Unlock()
		return f(&m.tags, func() { s.cloud.keep.machine(m) })
	case a.kind == "activity" && act != nil:
		act.mu.Lock()
		defer act.mu.Unlock()
		return f(&act.tags, func() { s.cloud.keep.activity(s, act) })
	}
	return noResource(text)
}

// TagResource sets tags.
func (s *Service) TagResource(in *TagsInput) (*Empty, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return &Empty{}, s.changeTags(in.ResourceArn, func(t *tagSet) error {
		grown := append(tagSet{}, *t...)
		if grown.set(in.Tags); len(grown) > mostTags {
			return errorf("TooManyTags", "Too many tags: '%s'", in.ResourceArn)
		}
		*t = grown
		return nil
	})
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(in *TagsInput) (*Empty, error) {
	return &Empty{}, s.changeTags(in.ResourceArn, func(t *tagSet) error {
		t.remove(in.TagKeys)
		return nil
	})
}

// ListTagsForResource lists tags.
func (s *Service) ListTagsForResource(in *TagsInput) (*ListTagsForResourceOutput, error) {
	out := &ListTagsForResourceOutput{Tags: []Tag{}}
	return out, s.withTags(in.ResourceArn, func(t *tagSet, _ func()) error {
		out.Tags = append(out.Tags, *t...)
		return nil
	})
}
