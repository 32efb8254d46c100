package flow

import "github.com/stride-aws/stride/flow/payload"

// Ref is a value that may be too large for a state machine, which then has only its place in S3. A workflow passes a Ref on; handlers
// make one with payload.Of and read it with Get. See package payload.
type Ref[T any] = payload.Ref[T]
