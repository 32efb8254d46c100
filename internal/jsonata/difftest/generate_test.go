package difftest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// tree is generated text with its structure, so that a difference can be made smaller: pieces are strings and trees.
type tree struct {
	pieces   []any
	expr     bool // an expression: another one may stand in its place
	optional bool // may be left out
}

func (t *tree) String() string {
	var b strings.Builder
	t.write(&b)
	return b.String()
}

func (t *tree) write(b *strings.Builder) {
	for _, piece := range t.pieces {
		switch piece := piece.(type) {
		case string:
			b.WriteString(piece)
		case *tree:
			piece.write(b)
		}
	}
}

func expr(pieces ...any) *tree     { return &tree{pieces: pieces, expr: true} }
func part(pieces ...any) *tree     { return &tree{pieces: pieces} }
func optional(pieces ...any) *tree { return &tree{pieces: pieces, optional: true} }

// sort says what an expression should give. One in twelve gives something else, to meet the errors.
type sort int

const (
	anything sort = iota
	number
	text
	boolean
	array
	object
	function
	sorts
)

// generator makes expressions and inputs that depend on nothing but its random source.
type generator struct {
	*rand.Rand
	depth int
	vars  []variable
	ctx   int // how many steps of a path are around: from two on, % makes sense
}

type variable struct {
	name string
	sort sort
}

const deepest = 5

func newGenerator(seed, i uint64) *generator { return &generator{Rand: rand.New(rand.NewPCG(seed, i))} }

func (g *generator) one(in int) bool { return g.IntN(in) == 0 }

func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

// weighted picks one of choices, which have a weight each.
func (g *generator) weighted(choices ...choice) *tree {
	total := 0
	for _, c := range choices {
		total += c.weight
	}
	n := g.IntN(total)
	for _, c := range choices {
		if n -= c.weight; n < 0 {
			return c.make()
		}
	}
	panic("unreachable")
}

type choice struct {
	weight int
	make   func() *tree
}

var (
	fields = []string{"a", "b", "a", "b", "items", "items", "name", "price", "tags", "é", "`odd key`"}
	keys   = []string{"a", "b", "items", "name", "price", "tags", "é", "odd key"}
	texts  = []string{"", "a", "b", "abc", "Hello World", "x,y,,z", " padded  text ", "10", "3.14", "-5", "1e3", "0x1F", "true", "null", "é", "日本語",
		"😀", "a😀b", "ÅSA", "2017-10-30T16:25:32.935Z", "2018-02-30", "aaa", "ab12cd345", "line\\nbreak", "q\\\"uote", "back\\\\slash", "tab\\t", "\\u0041", "ZZ",
		"%E3%81%82", "a b&c=d/é", "aGVsbG8=", "item", "Item", "12th", "MCMXCIX", "one hundred and two"}
	numbers = []string{"0", "1", "2", "3", "-1", "5", "10", "0.5", "1.5", "2.5", "-2.5", "3.14159", "100", "255", "1e3", "1.005", "12345.678", "1e-7", "1e21",
		"9007199254740993", "0.1", "1521801216617", "7", "-0", "1e308", "123456789012345678"}
)

// expression is one that should give a value of the sort.
func (g *generator) expression(s sort) *tree {
	if g.one(12) {
		s = sort(g.IntN(int(sorts)))
	}
	if g.depth >= deepest {
		return g.leaf(s)
	}
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > 1 && g.one(3) {
		return g.leaf(s)
	}
	if g.one(4) {
		return g.anyShape(s)
	}
	switch s {
	case number:
		return g.numberExpr()
	case text:
		return g.textExpr()
	case boolean:
		return g.booleanExpr()
	case array:
		return g.arrayExpr()
	case object:
		return g.objectExpr()
	case function:
		return g.functionExpr()
	}
	return g.expression(sort(1 + g.IntN(int(object))))
}

// leaf is a literal, a variable or a short path.
func (g *generator) leaf(s sort) *tree {
	if v := g.variable(s); v != "" && g.one(2) {
		return expr("$", v)
	}
	if s != function && g.one(3) {
		return g.shortPath()
	}
	switch s {
	case number:
		return expr(pick(g, numbers...))
	case text:
		return expr(`"`, pick(g, texts...), `"`)
	case boolean:
		return expr(pick(g, "true", "false", "null"))
	case array:
		return expr(pick(g, "[]", "[1,2,3]", `["b","a","c"]`, "[1]", "[[1,2],[3]]", `[1,"a",null,true]`, "[3,1,2,2]", "[1..4]", `[{"a":1},{"a":2,"b":[1,2]}]`))
	case object:
		return expr(pick(g, "{}", `{"a":1}`, `{"a":1,"b":"x"}`, `{"a":[1,2,3],"name":"n"}`, "$"))
	case function:
		return expr(pick(g, "$string", "$sum", "$uppercase", "$not", "$count", "$exists", "$length", "$number", "$keys", "$boolean", "$abs", "$substring"))
	}
	return g.leaf(sort(1 + g.IntN(int(object))))
}

func (g *generator) variable(s sort) string {
	var fit []string
	for _, v := range g.vars {
		if v.sort == s || s == anything || v.sort == anything {
			fit = append(fit, v.name)
		}
	}
	if len(fit) == 0 {
		return ""
	}
	return pick(g, fit...)
}

func (g *generator) shortPath() *tree {
	t := expr(pick(g, fields...))
	for g.one(2) {
		t.pieces = append(t.pieces, optional(".", pick(g, fields...)))
	}
	return t
}

// anyShape is an expression that gives what is inside it.
func (g *generator) anyShape(s sort) *tree {
	return g.weighted(
		choice{3, func() *tree {
			return expr("(", g.expression(boolean), " ? ", g.expression(s), " : ", g.expression(s), ")")
		}},
		choice{1, func() *tree { return expr("(", g.expression(boolean), " ? ", g.expression(s), ")") }},
		choice{4, func() *tree { return g.block(s) }},
		choice{2, func() *tree { return expr("(", g.expression(s), ")") }},
		choice{3, func() *tree { return g.call(s) }},
		choice{2, func() *tree { return expr(g.expression(array), "[", g.expression(number), "]") }},
		choice{6, func() *tree { return g.path() }},
		choice{1, func() *tree { return expr("$lookup(", g.expression(object), ", ", g.key(), ")") }},
		choice{1, func() *tree { return expr(g.expression(anything), " ~> ", g.expression(function)) }},
	)
}

func (g *generator) key() *tree {
	if g.one(4) {
		return g.expression(text)
	}
	return expr(`"`, pick(g, keys...), `"`)
}

// block binds variables and gives its last expression.
func (g *generator) block(s sort) *tree {
	outer := len(g.vars)
	t := expr("(")
	for range 1 + g.IntN(2) {
		name, of := g.fresh(), sort(1+g.IntN(int(function)))
		t.pieces = append(t.pieces, "$", name, " := ", g.expression(of), "; ")
		g.vars = append(g.vars, variable{name, of})
	}
	t.pieces = append(t.pieces, g.expression(s), ")")
	g.vars = g.vars[:outer]
	return t
}

func (g *generator) fresh() string {
	return pick(g, "x", "y", "z", "v", "w", "f") + pick(g, "", "1", "_")
}

// call calls a lambda or a variable that may be a function.
func (g *generator) call(s sort) *tree {
	outer := len(g.vars)
	var params []string
	n := g.IntN(3)
	t := expr()
	for range n {
		name := g.fresh()
		params = append(params, "$"+name)
		g.vars = append(g.vars, variable{name, anything})
	}
	body := g.expression(s)
	g.vars = g.vars[:outer]
	t.pieces = append(t.pieces, pick(g, "function", "λ"), "(", strings.Join(params, ", "), ")", g.signature(n), "{", body, "}(")
	for i := range max(n+g.IntN(3)-1, 0) {
		if i > 0 {
			t.pieces = append(t.pieces, ", ")
		}
		t.pieces = append(t.pieces, g.expression(anything))
	}
	t.pieces = append(t.pieces, ")")
	return t
}

// signature is one for n parameters, or mostly none.
func (g *generator) signature(n int) string {
	if !g.one(5) {
		return ""
	}
	var b strings.Builder
	b.WriteByte('<')
	for range n {
		b.WriteString(pick(g, "n", "s", "b", "a", "o", "x", "j", "l", "f", "(ns)", "a<n>", "a<s>", "(oa)", "u"))
		b.WriteString(pick(g, "", "", "", "?", "-", "+"))
	}
	return b.String() + pick(g, "", ":n", ":s", ":x") + ">"
}

func (g *generator) numberExpr() *tree {
	return g.weighted(
		choice{6, func() *tree {
			return expr(g.operand(number), " ", pick(g, "+", "-", "*", "/", "%"), " ", g.operand(number))
		}},
		choice{1, func() *tree { return expr("-", g.operand(number)) }},
		choice{8, func() *tree { return g.builtin(number) }},
	)
}

// operand is an expression that an operator may have beside it.
func (g *generator) operand(s sort) *tree {
	t := g.expression(s)
	if g.one(6) {
		return t
	}
	return expr("(", t, ")")
}

func (g *generator) textExpr() *tree {
	return g.weighted(
		choice{3, func() *tree { return expr(g.operand(text), " & ", g.operand(anything)) }},
		choice{8, func() *tree { return g.builtin(text) }},
	)
}

func (g *generator) booleanExpr() *tree {
	return g.weighted(
		choice{3, func() *tree {
			s := pick(g, number, text)
			return expr(g.operand(s), " ", pick(g, "<", "<=", ">", ">="), " ", g.operand(s))
		}},
		choice{3, func() *tree { return expr(g.operand(anything), " ", pick(g, "=", "!="), " ", g.operand(anything)) }},
		choice{3, func() *tree { return expr(g.operand(boolean), " ", pick(g, "and", "or"), " ", g.operand(boolean)) }},
		choice{2, func() *tree { return expr(g.operand(anything), " in ", g.operand(array)) }},
		choice{4, func() *tree { return g.builtin(boolean) }},
	)
}

func (g *generator) arrayExpr() *tree {
	return g.weighted(
		choice{4, func() *tree { return g.arrayConstructor() }},
		choice{1, func() *tree { return expr("[", pick(g, "0", "1", "-2", "3"), "..", g.operand(number), " % 20]") }},
		choice{8, func() *tree { return g.builtin(array) }},
		choice{6, func() *tree { return g.path() }},
	)
}

func (g *generator) arrayConstructor() *tree {
	t := expr("[")
	for i := range g.IntN(4) {
		comma := ""
		if i > 0 {
			comma = ", "
		}
		t.pieces = append(t.pieces, comma, g.expression(anything))
	}
	t.pieces = append(t.pieces, "]")
	return t
}

func (g *generator) objectExpr() *tree {
	return g.weighted(
		choice{4, func() *tree { return expr(g.group()) }},
		choice{5, func() *tree { return g.builtin(object) }},
		choice{2, func() *tree { return g.transform() }},
		choice{2, func() *tree { return expr(g.path(), g.group()) }},
	)
}

// group is an object constructor; behind a path it groups.
func (g *generator) group() *tree {
	t := part("{")
	for i := range g.IntN(3) + g.IntN(2) {
		comma := ""
		if i > 0 {
			comma = ", "
		}
		key := g.key()
		if g.one(3) {
			key = g.expression(text)
		}
		t.pieces = append(t.pieces, comma, key, ": ", g.expression(anything))
	}
	t.pieces = append(t.pieces, "}")
	return t
}

func (g *generator) transform() *tree {
	t := expr(g.expression(object), " ~> |", pick(g, "$", "a", "items", "*", "**", "a.b"), "|", g.group())
	if g.one(3) {
		t.pieces = append(t.pieces, optional(", ", pick(g, `"a"`, `["a","b"]`, "1", "[]")))
	}
	t.pieces = append(t.pieces, "|")
	return t
}

func (g *generator) functionExpr() *tree {
	return g.weighted(
		choice{5, func() *tree { return g.lambda(anything, 1+g.IntN(2)) }},
		choice{2, func() *tree {
			return expr(pick(g, `$substring(?, 1)`, `$substring("abcdef", ?, 2)`, "$join(?, '-')", "$map(?, $string)", "$power(?, 2)", "$split(?, ',')",
				"$append(?, [1])", "$append(0, ?)", `$formatNumber(?, "0.00")`))
		}},
		choice{2, func() *tree { return expr(g.expression(function), " ~> ", g.expression(function)) }},
		choice{1, func() *tree { return g.regex() }},
	)
}

// lambda is a function of n parameters whose body gives a value of the sort.
func (g *generator) lambda(s sort, n int, of ...sort) *tree {
	outer := len(g.vars)
	var params []string
	for i := range n {
		name := g.fresh()
		params = append(params, "$"+name)
		is := anything
		if i < len(of) {
			is = of[i]
		}
		g.vars = append(g.vars, variable{name, is})
	}
	body := g.expression(s)
	g.vars = g.vars[:outer]
	sig := ""
	if g.one(15) {
		sig = g.signature(n)
	}
	return expr(pick(g, "function", "function", "λ"), "(", strings.Join(params, ", "), ")", sig, "{", body, "}")
}

// path is a longer path, with all that may follow a step.
func (g *generator) path() *tree {
	t := expr(g.head())
	g.ctx++
	defer func() { g.ctx-- }()
	outer := len(g.vars)
	g.suffixes(t)
	for range 1 + g.IntN(3) {
		t.pieces = append(t.pieces, optional(append([]any{"."}, g.step().pieces...)...))
		g.suffixes(t)
	}
	g.vars = g.vars[:outer]
	return t
}

func (g *generator) head() *tree {
	return g.weighted(
		choice{8, func() *tree { return part(pick(g, fields...)) }},
		choice{2, func() *tree { return part(pick(g, "$", "$$")) }},
		choice{1, func() *tree { return part(pick(g, "*", "**")) }},
		choice{1, func() *tree { return part(g.arrayConstructor()) }},
		choice{1, func() *tree { return part("(", g.expression(array), ")") }},
		choice{1, func() *tree {
			if v := g.variable(anything); v != "" {
				return part("$", v)
			}
			return part("items")
		}},
	)
}

func (g *generator) step() *tree {
	return g.weighted(
		choice{12, func() *tree { return part(pick(g, fields...)) }},
		choice{1, func() *tree { return part(`"`, pick(g, keys...), `"`) }},
		choice{1, func() *tree { return part("*") }},
		choice{1, func() *tree { return part("**") }},
		choice{1, func() *tree { return part("%") }},
		choice{1, func() *tree { return part("$") }},
		choice{2, func() *tree { return part("(", g.expression(anything), ")") }},
		choice{2, func() *tree { return part(g.arrayConstructor()) }},
		choice{2, func() *tree { return part(g.group()) }},
		choice{2, func() *tree {
			return part(pick(g, "$string()", "$uppercase(name)", "$sum(price)", "$count($)", "$type($)", "$keys()", "$length()", "$number()"))
		}},
		choice{1, func() *tree {
			if v := g.variable(anything); v != "" {
				return part("$", v)
			}
			return part("name")
		}},
	)
}

func (g *generator) suffixes(t *tree) {
	for g.one(4) {
		t.pieces = append(t.pieces, g.suffix())
	}
}

func (g *generator) suffix() *tree {
	return g.weighted(
		choice{4, func() *tree {
			return optional("[", pick(g, "0", "1", "-1", "2", "0.5", "[0,1]", "[1..2]", "true", "$"), "]")
		}},
		choice{4, func() *tree { return optional("[", g.expression(boolean), "]") }},
		choice{1, func() *tree { return optional("[", g.expression(anything), "]") }},
		choice{2, func() *tree { return optional("[]") }},
		choice{2, func() *tree { return optional("^(", pick(g, "", "<", ">"), g.expression(anything), g.moreTerms(), ")") }},
		choice{2, func() *tree {
			return optional("^(", pick(g, "price", ">price", "name", "<name", "$", ">$", "name, >price"), ")")
		}},
		choice{1, func() *tree {
			name := g.fresh()
			g.vars = append(g.vars, variable{name, number})
			return optional("#$", name)
		}},
		choice{1, func() *tree {
			name := g.fresh()
			g.vars = append(g.vars, variable{name, anything})
			return optional("@$", name)
		}},
		choice{1, func() *tree { return optional("{", g.key(), ": ", g.expression(anything), "}") }},
	)
}

func (g *generator) moreTerms() *tree {
	if g.one(4) {
		return optional(", ", pick(g, "", ">"), g.expression(anything))
	}
	return part()
}

func (g *generator) regex() *tree {
	var b strings.Builder
	for range 1 + g.IntN(3) {
		b.WriteString(pick(g, "a", "b", `\d+`, `\w`, `\s*`, "[a-z]", "[^,]", "(a|b)", "(.)", "x?", "l+", `\.`, "(?:ab)", "(?=b)", "^", "$", `(\w)\1`, "é", "[A-Z]+", ",", ".*?", `\b`))
	}
	return expr("/", b.String(), "/", pick(g, "", "", "i", "m", "im"))
}

// input is a document over the field names that expressions use.
func (g *generator) input() string {
	switch g.IntN(12) {
	case 0:
		return g.scalar()
	case 1:
		return "[" + g.list(func() string { return g.member(2) }) + "]"
	case 2:
		return ""
	}
	return g.member(3)
}

func (g *generator) list(item func() string) string {
	var items []string
	for range pick(g, 0, 1, 1, 2, 3, 4) {
		items = append(items, item())
	}
	return strings.Join(items, ",")
}

// member is an object.
func (g *generator) member(depth int) string {
	var members []string
	for _, key := range g.Perm(len(keys))[:3+g.IntN(6)] {
		members = append(members, strconv.Quote(keys[key])+":"+g.fieldValue(keys[key], depth-1))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (g *generator) fieldValue(key string, depth int) string {
	if !g.one(5) {
		switch key {
		case "price":
			return pick(g, "1", "2", "3.5", "10", "-4", "0", "99.99")
		case "name", "é":
			return pick(g, `"bob"`, `"alice"`, `"Zoë"`, `"bob"`, `""`)
		case "tags":
			return "[" + g.list(func() string { return pick(g, `"x"`, `"y"`, `"z"`) }) + "]"
		case "items":
			if depth > 0 {
				return "[" + g.list(func() string { return g.member(depth) }) + "]"
			}
		}
	}
	return g.value(depth)
}

func (g *generator) value(depth int) string {
	if depth <= 0 || g.one(2) {
		return g.scalar()
	}
	switch g.IntN(3) {
	case 0:
		return g.member(depth)
	case 1:
		return "[" + g.list(func() string { return g.value(depth - 1) }) + "]"
	}
	return "[" + g.list(func() string { return g.member(depth) }) + "]"
}

func (g *generator) scalar() string {
	return pick(g, "null", "true", "false", "0", "1", "-1", "2", "42", "3.14", "1e10", "0.1", "1e-7", `""`, `"a"`, `"abc"`, `"Hello"`, `"10"`, `"é"`, `"😀"`, `"x y"`,
		`"2017-10-30T16:25:32.935Z"`, fmt.Sprint(g.IntN(1000)), `"`+strings.Repeat("z", g.IntN(5))+`"`)
}
