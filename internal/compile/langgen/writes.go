package langgen

import "fmt"

// mapWrites fills a map under keys that are computed, in a loop with steps or without, and reads it.
func (g *generator) mapWrites() {
	elem := pick(g, tInt, tString, tPart, tInts)
	m := g.name("m")
	key := pick(g, typ("string"), "string", "int")
	g.line("%s := %s", m, g.oneOf(
		func() string { return fmt.Sprintf("map[%s]%s{}", key, elem) },
		func() string { return fmt.Sprintf("make(map[%s]%s)", key, elem) },
		func() string { return fmt.Sprintf("map[%s]%s{%s: %s}", key, elem, g.expr(key, 1), g.expr(elem, 1)) },
	))
	mark := len(g.vars)
	switch g.IntN(4) {
	case 0:
		g.mapWrite(m, key, elem)
		g.mapWrite(m, key, elem)
	case 1:
		g.line("if (%s) {", g.expr(tBool, 2))
		g.indented(func() { g.mapWrite(m, key, elem) })
		g.line("}")
	case 2:
		it := &variable{name: g.name("it"), t: pick(g, tParts, tStrings, tInts)[2:], used: true}
		g.line("for _, %s := range %s {", it.name, g.shortSlice("[]"+it.t))
		g.vars = append(g.vars, it)
		g.indented(func() {
			g.line("_ = %s", it.name)
			g.mapWrite(m, key, elem)
			if g.one(2) {
				g.mapWrite(m, key, elem)
			}
		})
		g.line("}")
	case 3:
		i := &variable{name: g.name("i"), t: tInt, used: true, counter: true}
		g.line("for %s := range %d {", i.name, g.IntN(4))
		g.vars = append(g.vars, i)
		g.indented(func() {
			n := &variable{name: g.name("v"), t: tInt, used: true}
			g.line("%s, _ := flow.Call(c, lang.Double, %s)", n.name, i.name)
			g.vars = append(g.vars, n)
			g.line("_ = %s", n.name)
			g.mapWrite(m, key, elem)
		})
		g.line("}")
	}
	g.vars = g.vars[:mark]
	v, ok, n := g.declared(elem), &variable{name: g.name("ok"), t: tBool}, &variable{name: g.name("n"), t: tInt}
	g.line("%s, %s := %s[%s]", v.name, ok.name, m, g.expr(key, 1))
	g.line("%s := len(%s)", n.name, m)
	g.vars = append(g.vars, v, ok, n)
}

// mapWrite sets an entry of a map.
func (g *generator) mapWrite(m string, key, elem typ) {
	k := g.expr(key, 2)
	switch {
	case elem == tInts:
		g.line("%s[%s] = append(slices.Clip(%s[%s]), %s)", m, k, m, k, g.expr(tInt, 2))
	case elem == tInt && g.one(2):
		g.line("%s[%s]%s", m, k, pick(g, "++", "--"))
	case (elem == tInt || elem == tString) && g.one(2):
		g.line("%s[%s] += %s", m, k, g.expr(elem, 2))
	case g.one(3):
		g.line("if _, ok := %s[%s]; !ok {", m, k)
		g.line("\t%s[%s] = %s", m, k, g.expr(elem, 2))
		g.line("}")
	default:
		g.line("%s[%s] = %s", m, k, g.expr(elem, 2))
	}
}

func (g *generator) indented(write func()) {
	g.indent++
	write()
	g.indent--
}
