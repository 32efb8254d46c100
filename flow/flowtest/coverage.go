package flowtest

import "github.com/stride-aws/stride/internal/machine"

func (x *Test) visitor(c *compiled) func(machine.Visit) { return nil }
