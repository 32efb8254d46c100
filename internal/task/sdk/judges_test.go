package sdk_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stride-aws/stride/internal/judges"
	"github.com/stride-aws/stride/internal/task/sdk"
)

// TestRealDefinitions knows every aws-sdk integration that real definitions use.
func TestRealDefinitions(t *testing.T) {
	integration := regexp.MustCompile(`:aws-sdk:([A-Za-z0-9]+):([A-Za-z0-9]+)`)
	seen := map[string]bool{}
	for _, file := range judges.Files(t, "suites", "asl", "valid", "*.json") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range integration.FindAllStringSubmatch(string(text), -1) {
			if seen[m[0]] = true; !sdk.Knows(m[1], m[2]) {
				t.Errorf("%s: %s is not known", file, m[0])
			}
		}
	}
	if len(seen) < 50 {
		t.Errorf("only %d integrations are used", len(seen))
	}
	for _, none := range [][2]string{{"events", "putEvents"}, {"dynamodb", "fooBar"}, {"nothing", "getItem"}} {
		if sdk.Knows(none[0], none[1]) {
			t.Errorf("%q is known", none)
		}
	}
}
