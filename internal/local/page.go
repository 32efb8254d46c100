package local

import (
	"encoding/base64"
	"hash/fnv"
	"strconv"
	"strings"
)

// Page is what callers of lists say about the part that they want.
type Page struct {
	MaxResults int     `json:"maxResults"` // 0: defaultPage
	NextToken  *string `json:"nextToken"`
}

// AWS: PageSize 0 to 1000, 0 is 100; PageToken up to 1024 characters, of ListExecutions 3096.
const (
	defaultPage        = 100
	maxPage            = 1000
	longestToken       = 1024
	longestTokenOfList = 3096
)

func (p Page) size() int {
	if p.MaxResults == 0 {
		return defaultPage
	}
	return p.MaxResults
}

// A token is a position in a list, sealed with what was listed, so that another list does not take it.
func sealToken(list string, position int64) *string {
	h := fnv.New32a()
	h.Write([]byte(list))
	token := base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatUint(uint64(h.Sum32()), 36) + "." + strconv.FormatInt(position, 36)))
	return &token
}

// openToken is the position that the page starts at, first where it has no token.
func (p Page) openToken(list string, first int64) (int64, error) {
	if p.NextToken == nil {
		return first, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(*p.NextToken)
	if err != nil {
		return 0, invalidToken()
	}
	_, digits, ok := strings.Cut(string(text), ".")
	position, err := strconv.ParseInt(digits, 36, 64)
	if !ok || err != nil || *sealToken(list, position) != *p.NextToken {
		return 0, invalidToken()
	}
	return position, nil
}

// pageOf cuts the part of a short list that p asks for.
func pageOf[T any](list string, items []T, p Page) ([]T, *string, error) {
	from, err := p.openToken(list, 0)
	if err != nil || from > int64(len(items)) || from < 0 {
		return nil, nil, invalidToken()
	}
	to := min(int(from)+p.size(), len(items))
	if to == len(items) {
		return items[from:to], nil, nil
	}
	return items[from:to], sealToken(list, int64(to)), nil
}
