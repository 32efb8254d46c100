package wire

import "github.com/stride-aws/stride/internal/uuid"

// NewRequestID is the id of an answer.
func NewRequestID() string { return uuid.New() }
