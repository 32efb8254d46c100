// Package javaname spells names as the AWS SDK for Java 2 does, because Step Functions does: the fields that a service integration
// takes and gives, and the services in front of error names. A name of a service's model goes in, Java's comes out; the compiler
// and package sdk, which makes the calls, ask.
package javaname

import (
	"strings"
	"sync"

	"github.com/stride-aws/stride/internal/lazyregexp"
)

var camel = lazyregexp.New(`([a-z])([A-Z][a-zA-Z0-9])`)

// wordSteps are the steps of the Java SDK's CodegenNamingUtils.splitOnWordBoundaries.
var wordSteps = []struct {
	find *lazyregexp.Regexp
	put  string
}{
	{lazyregexp.New(`[^A-Za-z0-9]+`), " "},
	{lazyregexp.New(`([^a-z]{2,})v([0-9]+)`), "$1 v$2 "},
	{lazyregexp.New(`([^A-Z]{2,})V([0-9]+)`), "$1 V$2 "},
	{camel, "$1 $2"}, {camel, "$1 $2"}, // twice: a match takes the next word's second letter, which may end that word ("InUse")
	{lazyregexp.New(`([A-Z]+)([A-Z][a-z])`), "$1 $2"},
	{lazyregexp.New(`([0-9])([a-zA-Z])`), "$1 $2"},
}

var known sync.Map // name -> Of(name)

// Of is a name as Java's SDK has it: "DynamoDB" is "DynamoDb", "ChecksumCRC32" is "ChecksumCrc32", "ETag" stays.
func Of(name string) string {
	if java, ok := known.Load(name); ok {
		return java.(string)
	}
	if name == "NULL" { // of DynamoDB's values, where Java has no method null
		return "Nul"
	}
	s := name
	for _, step := range wordSteps {
		s = step.find.ReplaceAllString(s, step.put)
	}
	var b strings.Builder
	for _, word := range strings.Fields(s) {
		b.WriteString(strings.ToUpper(word[:1]) + strings.ToLower(word[1:]))
	}
	known.Store(name, b.String())
	return b.String()
}
