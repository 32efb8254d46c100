package sdk

import (
	"strings"
	"sync"

	"github.com/stride-aws/stride/internal/lazyregexp"
)

// Step Functions names services' fields and errors as the AWS SDK for Java 2 does: CodegenNamingUtils.splitOnWordBoundaries,
// whose steps these are.
var wordSteps = []struct {
	find *lazyregexp.Regexp
	put  string
}{
	{lazyregexp.New(`[^A-Za-z0-9]+`), " "},
	{lazyregexp.New(`([^a-z]{2,})v([0-9]+)`), "$1 v$2 "},
	{lazyregexp.New(`([^A-Z]{2,})V([0-9]+)`), "$1 V$2 "},
	{lazyregexp.New(`([a-z])([A-Z][a-zA-Z0-9])`), "$1 $2"},
	{lazyregexp.New(`([A-Z]+)([A-Z][a-z])`), "$1 $2"},
	{lazyregexp.New(`([0-9])([a-zA-Z])`), "$1 $2"},
}

var javaNames sync.Map // name -> javaName(name)

// javaName is a name as Java's SDK has it: "DynamoDB" is "DynamoDb", "ChecksumCRC32" is "ChecksumCrc32", "ETag" stays.
func javaName(name string) string {
	if java, ok := javaNames.Load(name); ok {
		return java.(string)
	}
	s := name
	for _, step := range wordSteps {
		s = step.find.ReplaceAllString(s, step.put)
	}
	var b strings.Builder
	for _, word := range strings.Fields(s) {
		b.WriteString(strings.ToUpper(word[:1]) + strings.ToLower(word[1:]))
	}
	javaNames.Store(name, b.String())
	return b.String()
}

// JavaName is the name of the service that its errors begin with in aws-sdk integrations: "DynamoDb", "SecretsManager".
func (s *Service) JavaName() string { return javaName(s.ID) }
