package langgen

import "fmt"

// named computes with types of its own names, and with generic ones.
func (g *generator) named() {
	switch g.IntN(5) {
	case 0:
		v := g.declared(tInt)
		g.line("%s := int(Qty(%s).Twice() + %s)", v.name, g.expr(tInt, 2), pick(g, "1", "Qty(in.N)"))
		g.vars = append(g.vars, v)
	case 1:
		v := g.declared(tString)
		g.line("%s := \"\"", v.name)
		g.line("switch Qty(%s).Size() {", g.expr(tInt, 2))
		g.line("case Small:")
		g.line("\t%s = %s", v.name, g.expr(tString, 1))
		g.line("case Large:")
		g.line("\t%s = Names{Label(%s), \"l\"}.Joined()", v.name, g.expr(tString, 1))
		g.line("}")
		g.vars = append(g.vars, v)
	case 2:
		a, b := g.declared(tString), g.declared(tInt)
		p := g.name("p")
		g.line("%s := pair(%s, %s)", p, g.expr(tInt, 1), g.expr(tString, 1))
		g.line("%s, %s := %s.Swapped().First, %s.First", a.name, b.name, p, p)
		g.vars = append(g.vars, a, b)
	case 3:
		v := g.declared(tStrings)
		g.line("%s := mapped(%s, func(p lang.Part) string { return p.ID + %s })", v.name, g.shortSlice(tParts), g.expr(tString, 1))
		g.vars = append(g.vars, v)
	case 4:
		v := g.declared(tBool)
		g.line("%s := Label(%s).Long() || Qty(%s).Over(%s)", v.name, g.expr(tString, 1), g.expr(tInt, 1), g.expr(tInt, 1))
		g.vars = append(g.vars, v)
	}
}

// rows makes slices of slices, and reads them.
func (g *generator) rows() {
	of := pick(g, tInts, tStrings)
	grid, row := g.name("rows"), g.name("row")
	if g.one(2) {
		g.line("%s := []%s{%s, %s}", grid, of, g.expr(of, 1), g.expr(of, 1))
	} else {
		g.line("var %s []%s", grid, of)
	}
	switch g.IntN(3) {
	case 0:
		g.line("%s = append(slices.Clip(%s), %s)", grid, grid, g.expr(of, 2))
	case 1:
		it := &variable{name: g.name("it"), t: tPart, used: true}
		g.line("for _, %s := range %s {", it.name, g.shortSlice(tParts))
		mark := len(g.vars)
		g.vars = append(g.vars, it)
		g.line("\t_ = %s", it.name)
		g.line("\t%s = append(%s, %s)", grid, grid, g.sliceLit(of, 1))
		g.vars = g.vars[:mark]
		g.line("}")
	}
	if !g.pure && g.one(2) {
		g.line("_, _ = flow.Call(c, lang.Double, len(%s))", grid)
	}
	n, one := g.declared(tInt), g.declared(of)
	g.line("%s := 0", n.name)
	g.line("for _, %s := range %s {", row, grid)
	g.line("\tif len(%s) > %d {", row, g.IntN(3))
	g.line("\t\t%s", pick(g, "break", "continue", n.name+" += 100"))
	g.line("\t}")
	g.line("\t%s += len(%s) + 1", n.name, row)
	g.line("}")
	g.line("%s := at(%s, %d)", one.name, grid, g.IntN(3))
	g.vars = append(g.vars, n, one)
}

// entries is a map of structs.
func (g *generator) entries() {
	m := g.name("m")
	v, ok := g.declared(tPart), g.declared(tBool)
	g.line("%s := map[string]lang.Part{%q: %s, %q: %s}", m, "a", g.expr(tPart, 1), pick(g, "one", "k"), g.expr(tPart, 1))
	g.line("%s, %s := %s[%s]", v.name, ok.name, m, g.expr(tString, 1))
	g.vars = append(g.vars, v, ok)
}

// child runs another workflow.
func (g *generator) child() {
	result := tString
	v, err := g.declared(result), g.name("err")
	g.line("%s, %s := flow.Run(c, lang.Describe, lang.Thing{Name: %s, N: %s, Parts: %s})", v.name, err, pick(g, `"broken"`, "in.Name", `"fine"`), g.expr(tInt, 1), g.leaf(tParts))
	switch g.IntN(3) {
	case 0:
		g.line("_ = %s", err)
	case 1:
		g.line("if %s != nil {", err)
		g.nested(1)
		g.failWith(pick(g, err, fmt.Sprintf("fmt.Errorf(\"child: %%w\", %s)", err)))
		g.line("}")
	case 2:
		g.line("if errors.Is(%s, flow.ErrTaskFailed) {", err)
		g.nested(1)
		g.line("}")
	}
	g.vars = append(g.vars, v)
}

// elsewhere uses helpers of another package, which take functions.
func (g *generator) elsewhere() {
	switch g.IntN(3) {
	case 0:
		v := g.declared(tParts)
		g.line("%s := parts.Filter(%s, func(p lang.Part) bool { return p.Count > %s })", v.name, g.shortSlice(tParts), g.expr(tInt, 1))
		g.vars = append(g.vars, v)
	case 1:
		v := g.declared(tString)
		g.line("%s := parts.Fold(%s, %s, func(all string, n int) string { return all + parts.Grade(n) + %s })", v.name, g.shortSlice(tInts), g.expr(tString, 1), g.expr(tString, 1))
		g.vars = append(g.vars, v)
	case 2:
		if g.pure {
			g.declare()
			return
		}
		g.declareCall(fmt.Sprintf("parts.Each(c, %s, func(c flow.Context, p lang.Part) (string, error) { return flow.Call(c, lang.Log, p.ID+%s) })",
			g.shortSlice(tParts), g.expr(tString, 1)), tStrings)
	}
}
