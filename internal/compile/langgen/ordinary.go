package langgen

import "fmt"

// exec calls a handler that gives nothing back but an error.
func (g *generator) exec() {
	call := fmt.Sprintf("flow.Exec(c, lang.Tell, lang.Thing{Name: %s, Note: %s})", pick(g, `"broken"`, `"busy"`, `"fine"`, "in.Name"), g.expr(tString, 1))
	if g.one(3) {
		g.line("_ = %s", call)
		return
	}
	err := g.name("err")
	g.line("if %s := %s; %s != nil {", err, call, err)
	if g.one(2) {
		g.nested(1)
	}
	g.failWith(pick(g, err, fmt.Sprintf(`fmt.Errorf("telling: %%w", %s)`, err), `flow.Fail("Mute", "")`))
	g.line("}")
}

// unnamed makes an error on the spot.
func (g *generator) unnamed() {
	made := fmt.Sprintf(pick(g, `errors.New("made " + %s)`, `fmt.Errorf("made %%v", %s)`), g.expr(tString, 1))
	if g.one(2) {
		g.line("if (%s) {", g.expr(tBool, 2))
		g.failWith(made)
		g.line("}")
		return
	}
	err := g.name("err")
	g.line("var %s error", err)
	g.line("if (%s) {", g.expr(tBool, 2))
	g.line("\t%s = %s", err, made)
	g.line("}")
	if g.one(2) {
		g.line("_, _ = flow.Call(c, lang.Log, %s)", g.expr(tString, 1))
	}
	g.line("_ = %s", err)
	g.lookIntoBy(err, pick(g, 0, 2, 3, 4, 5, 6)) // it is no state's failure, which is asked for otherwise
}

// riskyCall is a call that may fail.
func (g *generator) riskyCall() string {
	return fmt.Sprintf("flow.Call(c, lang.Risky, lang.Thing{Name: %s, N: %s, Note: %s})",
		pick(g, `"broken"`, `"busy"`, `"plain"`, `"wrapped"`, `"pointed"`, `"namesake"`, "in.Name", `"fine"`), g.expr(tInt, 1), g.expr(tString, 1))
}

// lookInto does something about an error, of which nobody knows whether it is one.
func (g *generator) lookInto(err string) {
	g.line("_ = %s", err)
	g.lookIntoBy(err, g.IntN(7))
}

func (g *generator) lookIntoBy(err string, way int) {
	switch way {
	case 0:
		g.line("if %s != nil {", err)
		g.failWith(fmt.Sprintf(`fmt.Errorf("kept %%s: %%w", %s, %s)`, g.expr(tString, 1), err))
		g.line("}")
	case 1:
		text := g.declared(tString)
		test := pick(g, "errors.As(%s, new(lang.Broken))", "errors.As(%s, new(*lang.Busy))", "errors.Is(%s, flow.ErrTaskFailed)", "errors.Is(%s, flow.ErrTimeout)")
		g.line("%s := fmt.Sprint(%s, \"|\", "+test+")", text.name, err, err)
		g.vars = append(g.vars, text)
	case 2:
		g.line("switch {")
		g.line("case %s == nil:", err)
		g.nested(1)
		g.line("case errors.As(%s, new(lang.Broken)):", err)
		g.failWith(fmt.Sprintf(`fmt.Errorf("broken: %%w", %s)`, err))
		g.line("case !errors.Is(%s, flow.ErrTimeout) && %s.Error() != \"\":", err, err)
		g.failWith(err)
		g.line("}")
	case 3:
		g.line("if %s == nil {", err)
		g.nested(1)
		g.line("} else {")
		g.failWith(err)
		g.line("}")
	case 4:
		g.line("if (%s) {", g.expr(tBool, 1))
		g.failWith(err)
		g.line("}")
	case 5:
		g.line("if %s != nil || (%s) {", err, g.expr(tBool, 1))
		g.failWith(g.joined(err, fmt.Sprintf(`errors.Join(%s, fmt.Errorf("more: %%w", %s))`, err, err)))
		g.line("}")
	case 6:
		g.line("_, _ = flow.Call(c, lang.Log, fmt.Sprint(%s))", err)
	}
}

// joined is several errors, and one where somebody will look for a name: a state machine keeps one.
func (g *generator) joined(one, several string) string { return either(g.examined, one, several) }

// retried tries a step again by hand.
func (g *generator) retried() {
	v, err := g.declared(tPart), g.name("err")
	g.line("var %s lang.Part", v.name)
	g.line("var %s error", err)
	g.line("for range %s {", pick(g, "1", "2", "3", "abs(in.N)%3"))
	g.indent++
	g.line("%s, %s = %s", v.name, err, g.riskyCall())
	switch g.IntN(4) {
	case 0:
		g.line("if %s == nil {", err)
		g.line("\tbreak")
		g.line("}")
	case 1:
		g.line("if %s == nil || errors.As(%s, new(*lang.Busy)) {", err, err)
		g.line("\tcontinue")
		g.line("}")
	case 2:
		g.line("if %s != nil && %s.Count < 3 {", err, v.name)
		g.line("\t_, %s = flow.Call(c, lang.Log, %s.Error())", err, err)
		g.line("}")
	}
	if g.one(2) {
		g.line("flow.Sleep(c, time.Second)")
	}
	g.indent--
	g.line("}")
	g.vars = append(g.vars, v)
	g.lookInto(err)
}

// iterated goes over a slice by way of an iterator.
func (g *generator) iterated() {
	mark := len(g.vars)
	of := pick(g, tParts, tStrings, tInts)
	i, it := &variable{name: g.name("i"), t: tInt, used: true, counter: true}, &variable{name: g.name("it"), t: of[2:], used: true}
	vars := []*variable{it}
	switch g.IntN(4) {
	case 0:
		vars = append(vars, i)
		g.line("for %s, %s := range slices.%s(%s) {", i.name, it.name, pick(g, "Backward", "All"), g.shortSlice(of))
		g.line("\t_ = %s", i.name)
	case 1:
		g.line("for %s := range slices.Values(%s) {", it.name, g.shortSlice(of))
	case 2:
		it.t = of
		g.line("for %s := range slices.Chunk(%s, %d) {", it.name, g.shortSlice(of), 1+g.IntN(3))
	case 3:
		it.t = tString
		g.line("for _, %s := range slices.Sorted(maps.%s(%s)) {", it.name, pick(g, "Keys", "Values"), g.leaf(tMap))
	}
	g.line("\t_ = %s", it.name)
	g.vars = append(g.vars, vars...)
	g.loops++
	g.nested(1 + g.IntN(2))
	g.loops--
	g.line("}")
	g.vars = g.vars[:mark]
}

// collected keeps the failures of a loop.
func (g *generator) collected() {
	errs, last, it := g.name("errs"), g.name("err"), g.name("it")
	g.line("var %s []error", errs)
	g.line("var %s error", last)
	g.line("for _, %s := range %s {", it, g.shortSlice(tParts))
	g.indent++
	g.line("p, err := flow.Call(c, lang.Risky, lang.Thing{Name: %s.ID, N: %s.Count})", it, it)
	if g.one(4) {
		g.line("%s = append(%s, err)", errs, errs)
	}
	g.line("if err != nil {")
	g.line("\t%s = append(%s, %s)", errs, errs, pick(g, "err", fmt.Sprintf(`fmt.Errorf("%%s: %%w", %s.ID, err)`, it), `errors.New("mine")`))
	g.line("\t%s", pick(g, "continue", last+" = err", fmt.Sprintf("if %s == nil { %s = err }", last, last)))
	g.line("}")
	g.line("_ = %s", last)
	g.line("%s.Count = p.Count", it)
	g.line("_, %s = flow.Call(c, lang.Double, %s.Count)", last, it)
	g.indent--
	g.line("}")
	if g.one(2) {
		g.lookInto(last)
	}
	switch g.IntN(4) {
	case 0:
		g.line("if len(%s) > %d {", errs, g.IntN(2))
		g.failWith(g.joined(errs+"[0]", fmt.Sprintf("errors.Join(%s...)", errs)))
		g.line("}")
	case 1:
		n := g.declared(tInt)
		g.line("%s := len(%s)", n.name, errs)
		g.vars = append(g.vars, n)
	case 2:
		all := g.name("err")
		g.line("if %s := errors.Join(%s...); %s != nil {", all, errs, all)
		g.line("\t_, _ = flow.Call(c, lang.Log, %s.Error())", all)
		g.failWith(g.joined(`errors.New("all")`, fmt.Sprintf(`fmt.Errorf("all: %%w", %s)`, all)))
		g.line("}")
	case 3:
		e := g.name("err")
		g.line("for _, %s := range %s {", e, errs)
		g.line("\t_, _ = flow.Call(c, lang.Log, fmt.Sprint(%s))", e)
		g.line("}")
	}
}

// retriedByHelper hands a closure to a helper that tries it again.
func (g *generator) retriedByHelper() {
	result := pick(g, tInt, tString, tPart)
	v, err := g.declared(result), g.name("err")
	g.line("%s, %s := again(c, %s, func(c flow.Context, n int) (%s, error) {", v.name, err, pick(g, "1", "2", "abs(in.N)%3"), result)
	examined := g.examined
	g.examined = true
	g.inner(string(result), []*variable{{name: "n", t: tInt, used: true, outer: true}}, nil)
	g.examined = examined
	g.line("})")
	g.line("_ = %s", err)
	g.vars = append(g.vars, v)
	g.lookIntoBy(err, pick(g, 0, 3, 4, 5, 6)) // what it joins has no one name to ask for
}
