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
