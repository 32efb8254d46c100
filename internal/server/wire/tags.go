package wire

import "maps"

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
