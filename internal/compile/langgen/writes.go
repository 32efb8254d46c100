package langgen

import (
	"fmt"
	"strings"
)

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

// writers are helpers that write through what they are given.
const writers = `
func raise(p *lang.Part, by int) {
	if by < 0 {
		return
	}
	p.Count += by % 10
	p.ID += "!"
}

func (d *Deep) mark(tag string, list []lang.Part) bool {
	d.Tag = tag
	for _, p := range list {
		raise(&d.Inner, p.Count)
	}
	return tag == ""
}

func noted(c flow.Context, p *lang.Part, m map[string]int, text string) error {
	said, err := flow.Call(c, lang.Log, text)
	if err != nil {
		return err
	}
	raise(p, 1)
	p.ID += said
	m[said]++
	return nil
}

func made(id string, n int) *lang.Part {
	p := new(lang.Part)
	p.ID = id
	raise(p, n)
	return p
}

func setEach[S ~[]E, E any](list S, to E) {
	for i := range list {
		if i%2 == 0 {
			list[i] = to
		}
	}
}
`

// pointerWrites builds a value through a pointer, or through the address of a variable.
func (g *generator) pointerWrites() {
	p := g.name("p")
	address := p
	switch g.IntN(4) {
	case 0:
		g.line("%s := &lang.Part{ID: %s}", p, g.expr(tString, 2))
	case 1:
		g.line("%s := made(%s, %s)", p, g.expr(tString, 2), g.expr(tInt, 2))
	case 2:
		g.line("%s := new(lang.Part)", p)
	case 3:
		g.line("%s := %s", p, g.expr(tPart, 1))
		address = "&" + p
	}
	mark := len(g.vars)
	for range 1 + g.IntN(3) {
		g.pointerWrite(p, address)
		g.vars = g.vars[:mark]
	}
	v := g.declared(tPart)
	if address == p {
		g.line("%s := *%s", v.name, p)
	} else {
		g.line("%s := %s", v.name, p)
	}
	g.vars = append(g.vars, v)
	if d := g.assignable(tDeep); d != nil {
		ok := g.declared(tBool)
		g.line("%s := %s.mark(%s, %s)", ok.name, d.name, g.expr(tString, 2), g.leaf(tParts))
		g.vars = append(g.vars, ok)
	}
}

func (g *generator) pointerWrite(p, address string) {
	switch g.IntN(5) {
	case 0:
		g.line("%s.Count += %s", p, g.expr(tInt, 2))
	case 1:
		g.line("if (%s) {", g.expr(tBool, 2))
		g.line("\t%s.ID = %s", p, g.expr(tString, 2))
		g.line("}")
	case 2:
		g.line("raise(%s, %s)", address, g.expr(tInt, 2))
	case 3:
		it := &variable{name: g.name("it"), t: tString, used: true}
		g.line("for _, %s := range %s {", it.name, g.shortSlice(tStrings))
		g.vars = append(g.vars, it)
		g.line("\t%s.ID += %s", p, g.expr(tString, 1))
		g.line("\traise(%s, %s)", address, g.expr(tInt, 1))
		g.line("\t_ = %s", it.name)
		g.line("}")
	case 4:
		m := g.name("m")
		g.line("%s := map[string]int{}", m)
		g.line("for range %d {", 1+g.IntN(2))
		g.line("\tif err := noted(c, %s, %s, %s); err != nil {", address, m, g.expr(tString, 1))
		g.indented(func() { g.failWith("err") })
		g.line("\t}")
		g.line("}")
		g.line("%s.Count += len(%s)", p, m)
	}
}

// parallelFields sets fields of one variable in two branches.
func (g *generator) parallelFields() {
	v, err := g.declared(tDeep), g.name("err")
	g.line("var %s Deep = %s", v.name, g.expr(tDeep, 1))
	g.line("%s := flow.Parallel(c,", err)
	g.indented(func() {
		g.line("func(c flow.Context) (err error) {")
		g.line("\t%s.Inner.ID, err = flow.Call(c, lang.Log, %s)", v.name, g.expr(tString, 2))
		if g.one(2) {
			g.line("\t%s.Tag += %s", v.name, g.expr(tString, 1))
		}
		g.line("\treturn err")
		g.line("},")
		g.line("func(c flow.Context) error {")
		g.line("\tif (%s) {", g.expr(tBool, 2))
		g.line("\t\t%s.Inner.Count += %s", v.name, g.expr(tInt, 2))
		g.line("\t}")
		g.line("\tgot, err := flow.Call(c, lang.Double, %s%%100)", g.expr(tInt, 1))
		g.line("\t%s.Two = [2]int{got, %s}", v.name, g.expr(tInt, 1))
		g.line("\treturn err")
		g.line("},")
	})
	g.line(")")
	g.line("if %s != nil {", err)
	g.failWith(err)
	g.line("}")
	g.vars = append(g.vars, v)
}

// sorts sorts a copy of a slice, or makes a sorted one.
func (g *generator) sorts() {
	v := g.declared(tParts)
	v.written = true
	compare := g.oneOf(
		func() string { return "a.Count - b.Count" },
		func() string { return "cmp.Compare(b.Count, a.Count)" },
		func() string { return "cmp.Or(cmp.Compare(a.Count, b.Count), -strings.Compare(a.ID, b.ID))" },
		func() string { return "-cmp.Or(strings.Compare(a.ID, b.ID), b.Count - a.Count)" },
		func() string { return "cmp.Compare(a.Count%3, b.Count%3)" },
	)
	switch g.IntN(4) {
	case 0:
		g.line("%s := slices.Clone(%s)", v.name, g.expr(tParts, 2))
		g.line("slices.SortStableFunc(%s, func(a, b lang.Part) int { return %s })", v.name, compare)
	case 1:
		g.line("%s := slices.SortedStableFunc(slices.Values(%s), func(a, b lang.Part) int { return %s })", v.name, g.expr(tParts, 2), compare)
	case 2:
		g.line("%s := append([]lang.Part{}, %s...)", v.name, g.expr(tParts, 2))
		g.line("sort.SliceStable(%s, func(i, j int) bool {", v.name)
		g.line("\tif %s[i].ID != %s[j].ID {", v.name, v.name)
		g.line("\t\treturn %s[i].ID %s %s[j].ID", v.name, pick(g, "<", ">"), v.name)
		g.line("\t}")
		g.line("\treturn %s[j].Count < %s[i].Count", v.name, v.name)
		g.line("})")
	case 3:
		g.line("%s := []lang.Part{{ID: %s}}", v.name, g.expr(tString, 1))
		g.line("%s = append(%s, %s...)", v.name, v.name, g.expr(tParts, 2))
		g.line("%s = []lang.Part{slices.%s(%s, func(a, b lang.Part) int { return %s })}", v.name, pick(g, "MaxFunc", "MinFunc"), v.name, compare)
	}
	g.vars = append(g.vars, v)
	w := g.declared(pick(g, tStrings, tInts))
	w.written = true
	g.line("%s := slices.Clone(%s)", w.name, g.expr(w.t, 2))
	switch g.IntN(3) {
	case 0:
		g.line("slices.SortFunc(%s, func(a, b %s) int { return -cmp.Compare(a, b) })", w.name, w.t[2:])
	case 1:
		g.line("slices.Sort(%s)", w.name)
	case 2:
		g.line("slices.Reverse(%s)", w.name)
	}
	g.vars = append(g.vars, w)
}

// itemWrites sets items of a slice that nothing else holds, at indices that are in range.
func (g *generator) itemWrites() {
	of := pick(g, tParts, tStrings, tInts, tParts)
	xs, i := g.declared(of), &variable{name: g.name("i"), t: tInt, used: true, counter: true}
	xs.written, xs.used = true, true
	switch g.IntN(4) {
	case 0:
		g.line("%s := slices.Clone(%s)", xs.name, g.expr(of, 2))
	case 1:
		g.line("%s := append(%s{}, %s...)", xs.name, of, g.expr(of, 2))
	case 2:
		g.line("var %s %s", xs.name, of)
		g.line("%s = append(%s, %s...)", xs.name, xs.name, g.expr(of, 2))
	case 3:
		g.line("%s := make(%s, len(%s))", xs.name, of, g.shortSlice(pick(g, tParts, tStrings)))
	}
	mark := len(g.vars)
	for range 1 + g.IntN(2) {
		g.vars = append(g.vars, i)
		switch g.IntN(6) {
		case 0:
			g.line("for %s := range %s {", i.name, xs.name)
			g.indented(func() { g.itemWrite(xs, i.name) })
			g.line("}")
		case 1:
			it := &variable{name: g.name("it"), t: of[2:], used: true}
			g.line("for %s, %s := range %s {", i.name, it.name, xs.name)
			g.vars = append(g.vars, it)
			g.indented(func() {
				g.line("_ = %s", it.name)
				g.itemWrite(xs, i.name)
			})
			g.line("}")
		case 2:
			g.line("for %s := %d; %s < len(%s); %s++ {", i.name, g.IntN(2), i.name, xs.name, i.name)
			g.indented(func() {
				g.itemWrite(xs, i.name)
				g.line("if %s > 0 {", i.name)
				g.line("\t%s[%s], %s[%s-1] = %s[%s-1], %s[%s]", xs.name, i.name, xs.name, i.name, xs.name, i.name, xs.name, i.name)
				g.line("}")
			})
			g.line("}")
		case 3:
			g.vars = g.vars[:mark]
			g.line("if len(%s) > 1 {", xs.name)
			g.indented(func() {
				g.itemWrite(xs, "1")
				g.itemWrite(xs, "len("+xs.name+")-1")
			})
			g.line("}")
		case 4:
			n := &variable{name: g.name("n"), t: tInt, used: true}
			g.line("for %s := range %s {", i.name, xs.name)
			g.vars = append(g.vars, n)
			g.indented(func() {
				if !g.pure {
					g.line("%s, _ := flow.Call(c, lang.Double, %s)", n.name, i.name)
				} else {
					g.line("%s := %s", n.name, i.name)
				}
				g.line("_ = %s", n.name)
				g.itemWrite(xs, i.name)
			})
			g.line("}")
		case 5:
			g.vars = g.vars[:mark]
			g.line("setEach(%s, %s)", xs.name, g.expr(of[2:], 1))
		}
		g.vars = g.vars[:mark]
	}
	g.vars = append(g.vars, xs)
}

// itemWrite sets an item of a slice.
func (g *generator) itemWrite(xs *variable, i string) {
	item := xs.name + "[" + i + "]"
	g.line("_ = %s", i)
	switch elem := xs.t[2:]; {
	case g.one(4) && !strings.HasPrefix(i, "len"):
		g.line("if (%s) {", g.expr(tBool, 2))
		g.indented(func() { g.line("%s = %s", item, g.expr(elem, 2)) })
		g.line("}")
	case elem == tPart && g.one(2):
		g.line("%s.Count += %s", item, g.expr(tInt, 2))
	case elem == tPart && g.one(2):
		g.line("%s.ID = %s.ID + %s", item, item, g.expr(tString, 1))
	case elem == tPart && g.one(3):
		g.line("raise(&%s, %s)", item, g.expr(tInt, 1))
	case elem == tInt && g.one(2):
		g.line("%s++", item)
	case elem != tPart && g.one(2):
		g.line("%s += %s", item, g.expr(elem, 2))
	default:
		g.line("%s = %s", item, g.expr(elem, 2))
	}
}

// grids sets items of items.
func (g *generator) grids() {
	of := pick(g, tInts, tStrings)
	rows, i, j := g.name("rows"), &variable{name: g.name("i"), t: tInt, used: true, counter: true}, &variable{name: g.name("j"), t: tInt, used: true, counter: true}
	g.line("%s := []%s{%s, slices.Clone(%s), nil}", rows, of, g.sliceLit(of, 1), g.expr(of, 1))
	mark := len(g.vars)
	if g.one(2) {
		g.line("%s = append(%s, %s)", rows, rows, g.sliceLit(of, 1))
	}
	g.line("%s[%d] = %s", rows, g.IntN(3), g.sliceLit(of, 1))
	g.line("for %s := range %s {", i.name, rows)
	g.line("\tfor %s := range %s[%s] {", j.name, rows, i.name)
	g.vars = append(g.vars, i, j)
	g.line("\t\t%s[%s][%s] %s %s", rows, i.name, j.name, pick(g, "+=", "="), g.expr(of[2:], 2))
	g.vars = g.vars[:mark]
	g.line("\t}")
	g.line("}")
	v := g.declared(of)
	g.line("%s := at(%s, %d)", v.name, rows, g.IntN(4))
	g.vars = append(g.vars, v)
}

// tallied calls a function that adds to a variable around it.
func (g *generator) tallied() {
	sum, add := g.declared(tInt), g.name("add")
	g.line("var %s int = %s", sum.name, g.expr(tInt, 1))
	g.line("%s := func(c flow.Context, n int) error {", add)
	g.line("\tm, err := flow.Call(c, lang.Double, n%%100)")
	g.line("\t%s += m", sum.name)
	g.line("\treturn err")
	g.line("}")
	call := func() string {
		if g.one(2) {
			return fmt.Sprintf("%s(c, %s)", add, g.expr(tInt, 1))
		}
		return fmt.Sprintf("%s(c, %s)", add, sum.name)
	}
	switch g.IntN(4) {
	case 0:
		g.line("for range %d {", g.IntN(3))
		g.line("\tif err := %s; err != nil {", call())
		g.indent += 2
		g.returnError("err")
		g.indent -= 2
		g.line("\t}")
		g.line("}")
	case 1:
		g.line("for range %s {", g.shortSlice(tInts))
		g.line("\t_ = %s", call())
		g.line("}")
	case 2:
		g.line("if (%s) {", g.expr(tBool, 2))
		g.line("\t_ = %s", call())
		g.line("}")
		g.line("_ = %s", call())
	default:
		g.line("if err := repeated(c, %d, %s); err != nil {", g.IntN(3), add)
		g.indent++
		g.returnError("err")
		g.indent--
		g.line("}")
	}
	g.vars = append(g.vars, sum)
}
