package plan

import (
	"fmt"
	"math"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/cost"
	"github.com/stride-aws/stride/internal/value"
)

// Cost is what 1,000 executions of a machine cost before and after.
type Cost struct {
	Machine string
	Before  *Price // nil of a new machine
	After   Price
}

// costAssumes says what a Cost is the cost of.
const costAssumes = "the longest way without errors, one item in each Map, functions of 100 ms; prices of " + cost.PricesFrom

// Price is what 1,000 executions use and cost.
type Price struct {
	Transitions int     `json:"transitions"` // of one execution
	Invocations int     `json:"invocations"` // of functions, in one execution
	States      float64 `json:"states"`      // Step Functions, US dollars
	Functions   float64 `json:"functions"`   // Lambda, US dollars
}

func (p Price) total() float64 { return p.States + p.Functions }

// same is whether a reader would see no difference.
func (p Price) same(other Price) bool {
	return p.Transitions == other.Transitions && p.Invocations == other.Invocations && math.Abs(p.total()-other.total()) < 0.000005
}

// cost prices want, and have where it is there already; what costs the same is not listed.
func (m *maker) cost(want *Machine, have *LiveMachine) {
	definition, _ := want.Resolve(m.desired.Place, m.plan.Pins)
	c := Cost{Machine: want.Name, After: price(definition, want.Type, func(name string) int {
		for i := range m.desired.Functions {
			if f := &m.desired.Functions[i]; f.Name == name {
				return f.Settings.Memory
			}
		}
		return 0
	})}
	if have != nil {
		before := price(have.Definition, have.Type, func(name string) int { return m.actual.Functions[name].Settings.Memory })
		c.Before = &before
	}
	if c.Before == nil || !c.Before.same(c.After) {
		m.plan.Costs = append(m.plan.Costs, c)
	}
}

func price(definition value.Value, typ string, memory func(string) int) Price {
	u := cost.LongestWay(&asl.FromValue(definition).Machine, memory)
	p := Price{Transitions: u.Transitions, Invocations: u.Invocations, States: u.Standard(1000), Functions: u.Functions(1000)}
	if typ == "EXPRESS" {
		p.States = u.Express(1000)
	}
	return p
}

// String is "$0.23 -> $0.25 per 1,000 executions (9 -> 10 transitions, 4 function calls)".
func (c Cost) String() string {
	before := c.After
	if c.Before != nil {
		before = *c.Before
	}
	return fmt.Sprintf("%s per 1,000 executions (%s, %s)", arrow(dollars(before.total()), dollars(c.After.total())),
		counted(before.Transitions, c.After.Transitions, "transition"), counted(before.Invocations, c.After.Invocations, "function call"))
}

func counted(before, after int, what string) string {
	if after != 1 {
		what += "s"
	}
	return arrow(fmt.Sprint(before), fmt.Sprint(after)) + " " + what
}

func arrow(before, after string) string {
	if before == after {
		return after
	}
	return before + " -> " + after
}

// dollars has cents, and below ten cents as many digits as say something.
func dollars(x float64) string {
	if x >= 0.1 {
		return fmt.Sprintf("$%.2f", x)
	}
	return fmt.Sprintf("$%.2g", x)
}

// costOf is the cost of a machine, where it is new or differs.
func (p *Plan) costOf(machine string) (Cost, bool) {
	for _, c := range p.Costs {
		if c.Machine == machine {
			return c, true
		}
	}
	return Cost{}, false
}
