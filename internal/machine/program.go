package machine

import "github.com/stride-aws/stride/internal/asl"

// A Program is a compiled definition.
type Program struct {
	def *asl.Definition
}

// Definition is what the program was compiled from.
func (p *Program) Definition() *asl.Definition { return p.def }
