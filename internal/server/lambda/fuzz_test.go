package lambda

import (
	"strings"
	"testing"
)

// FuzzResolve: what resolve accepts, its ARN names again.
func FuzzResolve(f *testing.F) {
	for _, seed := range []string{"f", "f:1", "f:$LATEST", "function:f", "123456789012:function:f:live", "arn:aws:lambda:eu-west-1:123456789012:function:f:live", "us-gov-west-1:123456789012:function:f", "a b", ":", ""} {
		f.Add(seed, "")
	}
	f.Add("f", "live")
	f.Fuzz(func(t *testing.T, name, qualifier string) {
		if strings.ContainsAny(qualifier, ": ") || qualifier != "" && !aliasName.MatchString(qualifier) {
			return
		}
		one, err := resolve(place{"000000000000", "us-east-1"}, name, qualifier)
		if err != nil {
			return
		}
		two, err := resolve(place{"111111111111", "eu-west-1"}, one.arn(), "")
		if err != nil || one != two {
			t.Errorf("%q %q is %+v, whose ARN is %+v, %v", name, qualifier, one, two, err)
		}
	})
}
