package lint

import (
	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/diag"
)

type regret struct {
	def  *asl.Definition
	opts Options
	list diag.List
}

func (r *regret) check() {}
