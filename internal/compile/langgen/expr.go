package langgen

import "fmt"

// expr is a random expression of type t, at most depth deep.
func (g *generator) expr(t typ, depth int) string {
	if depth <= 0 || g.one(4) {
		return g.leaf(t)
	}
	if g.one(8) {
		return g.searchExpr(t, depth-1)
	}
	if t == tMap || t == tTime || t == tDeep || t != tThing && t != tRef && t != tInts && t != tFloat && t != tParts && g.one(4) {
		return g.sharedExpr(t, depth-1)
	}
	switch t {
	case tInt:
		return g.intExpr(depth - 1)
	case tFloat:
		return g.floatExpr(depth - 1)
	case tString:
		return g.stringExpr(depth - 1)
	case tBool:
		return g.boolExpr(depth - 1)
	case tPart:
		return fmt.Sprintf("lang.Part{ID: %s, Count: %s}", g.expr(tString, depth-1), g.expr(tInt, depth-1))
	case tThing:
		return g.thingExpr(depth - 1)
	case tRef:
		return g.leaf(t)
	}
	if g.one(4) {
		return g.cut(t)
	}
	if g.one(3) {
		// Two appends to one slice may share memory in Go, and never do in JSON.
		return fmt.Sprintf("append(slices.Clip(%s), %s)", g.leaf(t), g.expr(t[2:], depth-1))
	}
	return g.sliceLit(t, depth-1)
}

func (g *generator) thingExpr(depth int) string {
	return fmt.Sprintf("lang.Thing{Name: %s, N: %s, OK: %s, Tags: %s, Parts: %s, Note: %s, Part: %s, Ref: %s}",
		g.expr(tString, depth), g.expr(tInt, depth), g.expr(tBool, depth), g.expr(tStrings, depth), g.expr(tParts, depth),
		g.expr(tString, depth), g.expr(tPart, depth), g.leaf(tRef))
}

func (g *generator) sliceLit(t typ, depth int) string {
	items := ""
	for range g.IntN(4) {
		items += g.expr(t[2:], depth) + ", "
	}
	return fmt.Sprintf("%s{%s}", t, items)
}

// leaf is a variable, a field of one, or a constant.
func (g *generator) leaf(t typ) string {
	var of []string
	use := map[string]*variable{}
	add := func(v *variable, text string) {
		of = append(of, text)
		use[text] = v
	}
	for _, v := range g.vars {
		if v.t == t && v.written {
			add(v, either(v.t == tMap, "maps", "slices")+".Clone("+v.name+")")
		} else if v.t == t {
			add(v, v.name)
		}
		for _, f := range fields[v.t] {
			if f.t == t {
				add(v, v.name+"."+f.name)
			}
		}
	}
	if len(of) == 0 || g.one(3) {
		return g.constant(t)
	}
	text := of[g.IntN(len(of))]
	use[text].used = true
	return text
}

type fieldOf struct {
	name string
	t    typ
}

var fields = map[typ][]fieldOf{
	tPart: {{"ID", tString}, {"Count", tInt}},
	tThing: {{"Name", tString}, {"N", tInt}, {"F", tFloat}, {"OK", tBool}, {"Tags", tStrings}, {"Parts", tParts}, {"Note", tString},
		{"Part", tPart}, {"Part.ID", tString}, {"Part.Count", tInt}, {"Ref", tRef}, {"When", tTime}, {"Attrs", tMap}},
	tDeep: {{"ID", tString}, {"Base.Tag", tString}, {"Inner", tPart}, {"Inner.ID", tString}, {"Opt", tRef}, {"Attrs", tMap}},
}

func (g *generator) constant(t typ) string {
	switch t {
	case tInt:
		return pick(g, "0", "1", "2", "-3", "7", "10")
	case tFloat:
		return pick(g, "0.0", "1.5", "-2.25", "10.0")
	case tString:
		return pick(g, `""`, `"a"`, `"one"`, `"two words"`, `"é"`)
	case tBool:
		return pick(g, "true", "false")
	case tRef:
		return pick(g, "nil", `&lang.Part{ID: "ref", Count: 3}`)
	case tMap:
		return pick(g, "map[string]string(nil)", "in.Attrs", `map[string]string{"k": "const"}`)
	case tTime:
		return "in.When"
	case tDeep:
		return pick(g, `Deep{Two: [2]int{1, 2}}`, `Deep{Base: Base{ID: "id"}, Attrs: in.Attrs}`)
	}
	if t[0] == '[' {
		return string(t) + "(nil)"
	}
	return g.zero(t)
}

func (g *generator) intExpr(depth int) string {
	a := func() string { return g.expr(tInt, depth) }
	switch g.IntN(10) {
	case 0:
		return fmt.Sprintf("(%s + %s)", a(), a())
	case 1:
		return fmt.Sprintf("(%s - %s)", a(), a())
	case 2:
		return fmt.Sprintf("((%s %% 100) * (%s %% 100))", a(), a())
	case 3:
		return fmt.Sprintf("(%s / %s)", a(), pick(g, "2", "3", "-4"))
	case 4:
		return fmt.Sprintf("(%s %% %s)", a(), pick(g, "2", "5", "-3"))
	case 5:
		return "len(" + g.expr(pick(g, tParts, tStrings, tInts), depth) + ")"
	case 6:
		return fmt.Sprintf("%s(%s, %s)", pick(g, "min", "max"), a(), a())
	case 7:
		return "abs(" + a() + ")"
	case 8:
		return fmt.Sprintf("int(%s)", g.floatVar(depth))
	}
	return "-(" + a() + ")"
}

// floatVar is a float that is no constant: Go refuses to cut those.
func (g *generator) floatVar(depth int) string { return "(in.F + " + g.expr(tFloat, depth) + ")" }

func (g *generator) floatExpr(depth int) string {
	a := func() string { return g.expr(tFloat, depth) }
	switch g.IntN(5) {
	case 0:
		return fmt.Sprintf("(%s + %s)", a(), a())
	case 1:
		return fmt.Sprintf("(%s - %s)", a(), a())
	case 2:
		return fmt.Sprintf("(%s * %s)", a(), pick(g, "0.5", "2.0", "-1.5"))
	case 3:
		return fmt.Sprintf("(%s / %s)", a(), pick(g, "2.0", "4.0", "-8.0"))
	}
	return fmt.Sprintf("float64(%s)", g.expr(tInt, depth))
}

func (g *generator) stringExpr(depth int) string {
	a := func() string { return g.expr(tString, depth) }
	switch g.IntN(14) {
	case 12:
		return g.calledExpr(depth)
	case 13:
		return fmt.Sprintf("counted(nameAndCount(%s))", g.expr(tPart, depth))
	case 9:
		return g.formatExpr(depth)
	case 10, 11:
		return g.textExpr(depth)
	case 0, 1:
		return fmt.Sprintf("(%s + %s)", a(), a())
	case 2:
		return "strconv.Itoa(" + g.expr(tInt, depth) + ")"
	case 3:
		return fmt.Sprintf("strings.%s(%s)", pick(g, "ToUpper", "ToLower", "TrimSpace"), a())
	case 4:
		return fmt.Sprintf(`strings.Join(%s, %s)`, g.expr(tStrings, depth), pick(g, `","`, `""`))
	case 5:
		return fmt.Sprintf(`fmt.Sprintf("%%s-%%d", %s, %s)`, a(), g.expr(tInt, depth))
	case 6:
		return fmt.Sprintf(`strings.ReplaceAll(%s, "o", "00")`, a())
	case 7:
		return fmt.Sprintf(`strings.TrimPrefix(%s, "o")`, a())
	}
	return fmt.Sprintf(`fmt.Sprintf("%%t %%v", %s, %s)`, g.expr(tBool, depth), g.expr(tInt, depth))
}

func (g *generator) boolExpr(depth int) string {
	switch g.IntN(9) {
	case 0, 1:
		return fmt.Sprintf("%s %s %s", g.expr(tInt, depth), pick(g, "<", "<=", ">", ">=", "==", "!="), g.expr(tInt, depth))
	case 2:
		return fmt.Sprintf("%s %s %s", g.expr(tString, depth), pick(g, "==", "!=", "<"), g.expr(tString, depth))
	case 3:
		return fmt.Sprintf("(%s && %s)", g.expr(tBool, depth), g.expr(tBool, depth))
	case 4:
		return fmt.Sprintf("(%s || %s)", g.expr(tBool, depth), g.expr(tBool, depth))
	case 5:
		return "!(" + g.expr(tBool, depth) + ")"
	case 6:
		return fmt.Sprintf("strings.%s(%s, %s)", pick(g, "Contains", "HasPrefix", "HasSuffix"), g.expr(tString, depth), pick(g, `"o"`, `"on"`, `"e"`))
	case 7:
		if r := g.leaf(tRef); r != "nil" && r[0] != '&' {
			return fmt.Sprintf("(%s != nil && %s.Count > %s)", r, r, g.expr(tInt, depth))
		}
		return fmt.Sprintf("slices.Contains(%s, %s)", g.expr(tStrings, depth), g.expr(tString, depth))
	}
	return fmt.Sprintf("%s %s %s", g.expr(tFloat, depth), pick(g, "<", ">="), g.expr(tFloat, depth))
}

// formatExpr is a text that package fmt or strconv makes.
func (g *generator) formatExpr(depth int) string {
	n, f, s := func() string { return g.expr(tInt, depth) }, func() string { return g.floatVar(depth) }, func() string { return g.expr(tString, depth) }
	switch g.IntN(7) {
	case 6:
		t := g.leaf(tTime) + ".UTC()"
		if g.one(3) {
			t += fmt.Sprintf(".AddDate(%s, (%s)%%100, %s)", pick(g, "30", "100"), n(), pick(g, "0", "1", "-31"))
		} else if g.one(2) {
			t += ".Truncate(" + pick(g, "time.Hour", "24*time.Hour", "time.Second") + ")"
		}
		return t + ".Format(" + pick(g, "time.RFC3339", "time.DateOnly", `"Mon Jan _2 15:04:05.000 06"`, `"3:04PM -0700"`) + ")"
	case 0:
		return fmt.Sprintf("fmt.Sprintf(%q, %s)", pick(g, "%5d", "%-4d|", "%05d", "%+d", "%x", "%04X", "%b"), n())
	case 1:
		return fmt.Sprintf("fmt.Sprintf(%q, %s)", pick(g, "%.2f", "%8.1f", "%-6.0f|", "%07.2f", "%f"), f())
	case 2:
		return fmt.Sprintf("fmt.Sprintf(%q, %s)", pick(g, "%6s", "%-6s|", "%.2s", "%q", "%8q"), s())
	case 3:
		return fmt.Sprintf("fmt.Sprint(%s, %s, %s, %s)", n(), g.expr(tBool, depth), s(), n())
	case 4:
		of := func() string { return g.expr(pick(g, tStrings, tInts, tPart, tParts, tMap), depth) }
		return fmt.Sprintf("fmt.Sprintf(%q, %s, %s)", "%v %+v", of(), of())
	}
	return fmt.Sprintf("strconv.FormatInt(int64(%s), %s)", n(), pick(g, "10", "2", "36"))
}

// textExpr is a text that package strings makes.
func (g *generator) textExpr(depth int) string {
	s := func() string { return g.expr(tString, depth) }
	switch g.IntN(6) {
	case 0:
		return fmt.Sprintf("strings.%s(%s, %s)", pick(g, "Trim", "TrimLeft", "TrimRight"), s(), pick(g, `"on"`, `" e"`, `"-]^"`))
	case 1:
		return fmt.Sprintf(`strings.Join(strings.Fields(%s), "_")`, s())
	case 2:
		return fmt.Sprintf(`strings.Join(strings.SplitN(%s, %s, %s), "/")`, s(), pick(g, `"o"`, `" "`), pick(g, "-1", "1", "2", "3"))
	case 3:
		return fmt.Sprintf("strings.Repeat(%s, %s)", g.leaf(tString), pick(g, "0", "1", "3"))
	case 4:
		return fmt.Sprintf(`strings.Replace(%s, "o", "$1", %s)`, s(), pick(g, "0", "1", "-1"))
	}
	return fmt.Sprintf("fmt.Sprint(strings.EqualFold(%s, %s), strings.ContainsAny(%s, %s))", s(), pick(g, `"ONE"`, `"mis"`, `""`), s(), pick(g, `"ox"`, `"é"`))
}

// calledExpr is a call of a function of any number of arguments, or of a method that was kept with its receiver.
func (g *generator) calledExpr(depth int) string {
	a := func() string { return g.expr(tString, depth) }
	if g.one(3) {
		return fmt.Sprintf("func() string { mark := (%s).marked; return mark(%s) + mark(%s) }()", g.expr(tDeep, depth), a(), a())
	}
	all := a()
	if g.one(3) {
		return fmt.Sprintf("gathered(%s, %s...)", all, g.expr(tStrings, depth))
	}
	for range g.IntN(3) {
		all += ", " + a()
	}
	return "gathered(" + all + ")"
}
