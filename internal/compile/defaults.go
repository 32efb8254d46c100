package compile

import (
	"slices"

	"github.com/stride-aws/stride/internal/asl"
)

// DefaultRetry says whether r is the rule that Call and Await have by default: the workflow says nothing of it.
func DefaultRetry(r *asl.Retrier) bool { return slices.Equal(r.ErrorEquals, transient) }
