package langgen

import "fmt"

// parse reads a number or a truth in a text, and does something about what is none.
func (g *generator) parse() {
	v, err := g.declared(tInt), g.name("err")
	if g.one(9) {
		v.t = tTime
		g.parsed(v, err, g.parseTime())
		return
	}
	text := g.oneOf(func() string { return g.expr(tString, 1) }, func() string { return fmt.Sprintf("strconv.Itoa(%s)", g.expr(tInt, 1)) })
	call := "strconv.Atoi(" + text + ")"
	switch g.IntN(8) {
	case 0, 1:
		v.t, call = tBool, "strconv.ParseBool("+text+")"
	case 2:
		long := g.name("long")
		g.line("%s, %s := strconv.ParseInt(%s, 10, 64)", long, err, text)
		call = "int(" + long + ")"
	case 3, 4:
		v.t, call = tFloat, "strconv.ParseFloat("+text+", 64)"
	}
	g.parsed(v, err, call)
}

// parseTime is a call that reads a time in a text.
func (g *generator) parseTime() string {
	return fmt.Sprintf("time.Parse(%s, %s)", pick(g, "time.DateOnly", "time.RFC3339", `"15:04 2006/01/02"`), g.oneOf(
		func() string { // texts in an error are quoted as Go does for ASCII alone
			return pick(g, `"2024-02-30"`, `"12:61 2024/01/02"`, `"2024-01-02T03:04:05+01:00"`, `"2024-01-02 "`, `""`, "in.Name")
		},
		func() string {
			return fmt.Sprintf(`fmt.Sprintf("2024-0%%d-%%02d", %s, %s)`, g.expr(tInt, 1), g.expr(tInt, 1))
		},
		func() string { return g.leaf(tTime) + ".UTC().Format(time.RFC3339)" },
	))
}

// parsed declares v and err to be what call gives, and does something about the error.
func (g *generator) parsed(v *variable, err, call string) {
	g.line("%s := %s", either(call[0] == 'i', v.name, v.name+", "+err), call)
	switch g.IntN(4) {
	case 0:
		g.line("_ = %s", err)
	case 1:
		g.line("if %s != nil {", err)
		g.indent++
		g.line("%s = %s", v.name, g.expr(v.t, 1))
		g.indent--
		g.line("}")
	case 2:
		g.line("if %s == nil && (%s) {", err, g.expr(tBool, 1))
		g.nested(1)
		g.line("}")
	case 3:
		if g.pure {
			g.line("_ = %s", err)
			break
		}
		g.line("if %s != nil {", err)
		g.failWith(pick(g, err, `flow.Fail("NoNumber", `+err+`.Error())`))
		g.line("}")
	}
	g.vars = append(g.vars, v)
}

// cuts divides a text.
func (g *generator) cuts() {
	a, ok := g.declared(tString), g.declared(tBool)
	if g.one(2) {
		b := g.declared(tString)
		g.line("%s, %s, %s := strings.Cut(%s, %s)", a.name, b.name, ok.name, g.expr(tString, 2), pick(g, `"o"`, `" "`, `"-"`))
		g.vars = append(g.vars, b)
	} else {
		g.line("%s, %s := strings.%s(%s, %s)", a.name, ok.name, pick(g, "CutPrefix", "CutSuffix"), g.expr(tString, 2), pick(g, `"o"`, `"e"`, `"two"`))
	}
	g.vars = append(g.vars, a, ok)
}

// deletions takes entries out of a map that nothing else holds.
func (g *generator) deletions() {
	m := &variable{name: g.name("m"), t: tMap, written: true, used: true}
	g.line("%s := maps.Clone(%s)", m.name, g.leaf(tMap))
	if g.one(2) {
		g.line("delete(%s, %s)", m.name, pick(g, `"k"`, `"none"`, "in.Name"))
	} else {
		g.line("for _, tag := range %s {", g.shortSlice(tStrings))
		g.line("\tdelete(%s, tag)", m.name)
		g.line("}")
	}
	if g.one(4) {
		g.line("clear(%s)", m.name)
	}
	n := g.declared(tInt)
	g.line("%s := len(%s)", n.name, m.name)
	g.vars = append(g.vars, m, n)
}

// searchExpr is an expression of type t by a function of package slices, maps or strings.
func (g *generator) searchExpr(t typ, depth int) string {
	switch t {
	case tInt:
		return g.oneOf(
			func() string { return fmt.Sprintf("slices.Index(%s, %s)", g.expr(tInts, depth), g.expr(tInt, depth)) },
			func() string {
				return fmt.Sprintf("slices.Index(%s, %s)", g.expr(tStrings, depth), g.expr(tString, depth))
			},
			func() string { return fmt.Sprintf(`strings.Count(%s, "o")`, g.expr(tString, depth)) },
			func() string {
				return fmt.Sprintf("slices.Max(append(slices.Clip(%s), %s))", g.leaf(tInts), g.expr(tInt, depth))
			},
			func() string {
				return fmt.Sprintf("slices.IndexFunc(%s, func(p lang.Part) bool { return p.Count > %s })", g.expr(tParts, depth), g.expr(tInt, depth))
			},
		)
	case tString:
		return g.oneOf(
			func() string {
				return fmt.Sprintf(`strings.TrimSuffix(%s, %s)`, g.expr(tString, depth), pick(g, `"o"`, `"e"`))
			},
			func() string {
				return fmt.Sprintf("slices.Min(append(slices.Clip(%s), %s))", g.leaf(tStrings), g.expr(tString, depth))
			},
			func() string { return "strconv.FormatBool(" + g.expr(tBool, depth) + ")" },
		)
	case tBool:
		return fmt.Sprintf("slices.ContainsFunc(%s, func(p lang.Part) bool { return p.ID == %s })", g.expr(tParts, depth), g.expr(tString, depth))
	case tStrings:
		return g.oneOf(
			func() string { return fmt.Sprintf("slices.Sorted(maps.Keys(%s))", g.leaf(tMap)) },
			func() string { return fmt.Sprintf("slices.Sorted(maps.Values(%s))", g.leaf(tMap)) },
			func() string { return fmt.Sprintf("slices.Sorted(slices.Values(%s))", g.expr(tStrings, depth)) },
			func() string { return fmt.Sprintf("slices.Collect(slices.Values(%s))", g.expr(tStrings, depth)) },
		)
	case tInts:
		return fmt.Sprintf("slices.Sorted(slices.Values(%s))", g.expr(tInts, depth))
	}
	return g.leaf(t)
}

// switchPure is a switch without steps, which may be left in the middle.
func (g *generator) switchPure() {
	g.line("switch n := (%s); {", g.expr(tInt, 2))
	for range 1 + g.IntN(3) {
		g.line("case n > %d, (%s):", g.IntN(5), g.expr(tBool, 1))
		g.nested(1)
		if g.one(2) {
			g.line("\tif (%s) {", g.expr(tBool, 1))
			g.line("\t\t%s", either(g.loops > 0, pick(g, "break", "continue"), "break"))
			g.line("\t}")
			g.nested(1)
		}
	}
	if g.one(2) {
		g.line("default:")
		g.nested(1)
	}
	g.line("}")
}

// labelledPure is two loops without steps, of which the inner leaves the outer one or goes on with it.
func (g *generator) labelledPure() {
	label, pure, mark, loops, depth := g.name("L"), g.pure, len(g.vars), g.loops, g.depth
	it, i := &variable{name: g.name("it"), t: tPart, used: true}, &variable{name: g.name("i"), t: tInt, used: true, counter: true}
	g.pure, g.loops, g.depth = true, 1, 3
	g.line("%s:", label)
	g.line("for _, %s := range %s {", it.name, g.shortSlice(tParts))
	g.vars = append(g.vars, it)
	g.indent++
	if g.one(2) {
		g.line("for %s := range %d {", i.name, 1+g.IntN(3))
	} else {
		g.line("for %s := %d; %s < %d; %s++ {", i.name, g.IntN(2), i.name, g.IntN(4), i.name)
	}
	g.line("\t_ = %s", i.name)
	g.vars = append(g.vars, i)
	g.nested(1)
	g.line("\tif (%s) {", g.expr(tBool, 2))
	g.nested(1)
	g.line("\t\t%s %s", pick(g, "break", "continue"), label)
	g.line("\t}")
	g.nested(1)
	g.line("}")
	g.vars = g.vars[:mark+1]
	g.indent--
	g.line("\t_ = %s", it.name)
	g.nested(1)
	g.line("}")
	g.vars, g.pure, g.loops, g.depth = g.vars[:mark], pure, loops, depth
}

// returnPure leaves a helper without steps.
func (g *generator) returnPure() {
	g.line("if (%s) {", g.expr(tBool, 2))
	g.line("\treturn %s", g.expr(g.gives, 1))
	g.line("}")
}

// built writes a text with a strings.Builder.
func (g *generator) built() {
	b, mark := g.name("b"), len(g.vars)
	g.line("var %s strings.Builder", b)
	for range 1 + g.IntN(3) {
		switch g.IntN(4) {
		case 0:
			g.line("%s.WriteString(%s)", b, g.expr(tString, 2))
		case 1:
			g.line("if (%s) {", g.expr(tBool, 2))
			g.line("\tfmt.Fprintf(&%s, %q, %s, %s)", b, "%s=%d,", g.expr(tString, 1), g.expr(tInt, 2))
			g.line("}")
		case 2:
			it := &variable{name: g.name("it"), t: tPart, used: true}
			g.line("for _, %s := range %s {", it.name, g.shortSlice(tParts))
			g.vars = append(g.vars, it)
			g.line("\t%s.WriteString(%s)", b, g.expr(tString, 2))
			g.line("\t_ = %s", it.name)
			g.line("}")
			g.vars = g.vars[:mark]
		case 3:
			if !g.pure {
				g.line("_, _ = flow.Call(c, lang.Log, %s.String())", b)
			}
			g.line("fmt.Fprintln(&%s, %s, %s)", b, g.expr(tInt, 1), g.expr(tBool, 1))
		}
	}
	v := g.declared(tString)
	g.line("%s := %s.String()", v.name, b)
	g.vars = append(g.vars, v)
}

// changes takes items out of a slice that nothing else holds, or puts some in, and does so with entries of a map.
func (g *generator) changes() {
	xs := g.declared(pick(g, tStrings, tInts))
	xs.written, xs.used = true, true
	g.line("%s := slices.%s", xs.name, g.oneOf(
		func() string { return fmt.Sprintf("Compact(slices.Clone(%s))", g.expr(xs.t, 2)) },
		func() string { return fmt.Sprintf("Repeat(%s, %d)", g.expr(xs.t, 1), g.IntN(3)) },
		func() string { return fmt.Sprintf("Clone(%s)", g.expr(xs.t, 2)) },
		func() string { return fmt.Sprintf("Concat(%s, %s)", g.expr(xs.t, 2), g.expr(xs.t, 1)) },
	))
	for range 1 + g.IntN(2) {
		switch g.IntN(6) {
		case 0:
			g.line("%s = slices.Insert(%s, len(%s)/2, %s, %s)", xs.name, xs.name, xs.name, g.expr(xs.t[2:], 2), g.expr(xs.t[2:], 1))
		case 1:
			g.line("%s = slices.Delete(%s, 0, len(%s)/2)", xs.name, xs.name, xs.name)
		case 2:
			g.line("%s = slices.DeleteFunc(%s, func(x %s) bool { return x == %s })", xs.name, xs.name, xs.t[2:], g.expr(xs.t[2:], 1))
		case 3:
			g.line("slices.Sort(%s)", xs.name)
			g.line("%s = slices.Compact(%s)", xs.name, xs.name)
		case 4:
			g.line("if (%s) {", g.expr(tBool, 1))
			g.line("\t%s = slices.Insert(%s, 0, %s)", xs.name, xs.name, g.expr(xs.t[2:], 2))
			g.line("}")
		case 5:
			n := g.declared(tInt)
			g.line("%s := copy(%s, %s)", n.name, xs.name, g.expr(xs.t, 2))
			g.vars = append(g.vars, n)
		}
	}
	same := g.declared(tBool)
	g.line("%s := slices.Equal(%s, %s)", same.name, xs.name, g.expr(xs.t, 1))
	m, n, equal := g.name("m"), &variable{name: g.name("n"), t: tInt}, g.declared(tBool)
	g.line("%s := %s", m, g.oneOf(
		func() string { return fmt.Sprintf("map[string]string{%q: %s}", "k", g.expr(tString, 1)) },
		func() string { return fmt.Sprintf("maps.Collect(maps.All(%s))", g.leaf(tMap)) },
	))
	g.line("maps.Copy(%s, %s)", m, g.leaf(tMap))
	g.line("maps.DeleteFunc(%s, func(k, v string) bool { return k+v == %s })", m, g.expr(tString, 1))
	g.line("%s := len(%s)", n.name, m)
	g.line("%s := maps.Equal(%s, %s)", equal.name, m, g.leaf(tMap))
	g.vars = append(g.vars, xs, same, n, equal)
}
