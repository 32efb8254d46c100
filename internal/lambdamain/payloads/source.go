package payloads

import _ "embed"

// Source is the text of payloads.go, for generated mains.
//
//go:embed payloads.go
var Source string

// Wrapper is the name of the function in Source that gives a handler's Refs their values.
const Wrapper = "withPayloads"

// What a function's role and variables must have for it.
const (
	BucketVariable = bucketVariable // the bucket's name
	AboveVariable  = aboveVariable  // bytes: a longer value's JSON goes to the bucket
	KeyPrefix      = keyPrefix      // of all objects there
)
