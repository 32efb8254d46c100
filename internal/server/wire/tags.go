package wire

import (
	"maps"
	"slices"
)

// Tags are those of a resource of a REST service. They are replaced, never changed: an answer may be written from them at any time.
type Tags map[string]string

// With is t with more tags, which win.
func (t Tags) With(more Tags) Tags {
	merged := Tags{}
	maps.Copy(merged, t)
	maps.Copy(merged, more)
	return merged
}

// Without is t without the tags that UntagResource names.
func (t Tags) Without(c *Call) Tags {
	left := t.With(nil)
	for _, key := range c.HTTP.URL.Query()["tagKeys"] {
		delete(left, key)
	}
	return left
}

// Tag is one of a TagList.
type Tag struct{ Key, Value string }

// TagList are the tags of a resource of a service that lists them. They are replaced, never changed.
type TagList []Tag

// With is t with more tags, which win. It is never nil: JSON of no tags is a list.
func (t TagList) With(more TagList) TagList {
	list := TagList{}
	for _, tag := range slices.Concat(t, more) {
		list = append(slices.DeleteFunc(list, func(old Tag) bool { return old.Key == tag.Key }), tag)
	}
	return list
}
