// Package epoch is time as AWS's JSON protocols write it: seconds since 1970 with milliseconds. The services without HTTP have
// it in their answers, the HTTP faces print it.
package epoch

import (
	"fmt"
	"strconv"
	"time"
)

// Time prints as 1700000000.123.
type Time struct{ time.Time }

// Of is t, less what AWS does not keep: anything under a millisecond.
func Of(t time.Time) Time { return Time{t.Truncate(time.Millisecond)} }

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) { return t.Append(nil), nil }

// Append appends t's JSON.
func (t Time) Append(dst []byte) []byte {
	ms := t.UnixMilli()
	dst = strconv.AppendInt(dst, ms/1000, 10)
	if ms %= 1000; ms != 0 {
		dst = append(dst, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	return dst
}

// UnmarshalJSON reads seconds since 1970.
func (t *Time) UnmarshalJSON(text []byte) error {
	seconds, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return fmt.Errorf("timestamp %s is not a number of seconds", text)
	}
	t.Time = time.UnixMilli(int64(seconds * 1000)).UTC()
	return nil
}
