package difftest

// builtins are calls of the built-in functions, by what they should give. A piece of a sort stands for an expression of it.
var builtins = map[sort][][]any{
	number: {
		{"$sum(", array, ")"}, {"$count(", anything, ")"}, {"$max(", array, ")"}, {"$min(", array, ")"}, {"$average(", array, ")"},
		{"$length(", text, ")"}, {"$number(", anything, ")"}, {"$abs(", number, ")"}, {"$floor(", number, ")"}, {"$ceil(", number, ")"},
		{"$round(", number, ")"}, {"$round(", number, ", ", small, ")"}, {"$power(", number, ", ", small, ")"}, {"$sqrt(", number, ")"},
		{"$millis()"}, {"$toMillis(", dateText, ")"}, {"$toMillis(", dateText, ", ", datePicture, ")"},
		{"$parseInteger(", text, ", ", integerPicture, ")"}, {"$parseInteger($formatInteger(", number, ", ", integerPicture, "), ", integerPicture, ")"},
		{"$reduce(", array, ", ", reducer, ")"}, {"$reduce(", array, ", ", reducer, ", ", number, ")"},
		{"$sum(", array, ".", field, ")"},
	},
	text: {
		{"$string(", anything, ")"}, {"$string(", anything, ", ", boolean, ")"}, {"$substring(", text, ", ", small, ")"},
		{"$substring(", text, ", ", small, ", ", small, ")"}, {"$substringBefore(", text, ", ", text, ")"},
		{"$substringAfter(", text, ", ", text, ")"}, {"$uppercase(", text, ")"}, {"$lowercase(", text, ")"}, {"$trim(", text, ")"},
		{"$pad(", text, ", ", small, ")"}, {"$pad(", text, ", ", small, ", ", text, ")"}, {"$join(", array, ")"}, {"$join(", array, ", ", text, ")"},
		{"$replace(", text, ", ", text, ", ", text, ")"}, {"$replace(", text, ", ", regex, ", ", replacement, ")"},
		{"$replace(", text, ", ", regex, ", ", replacement, ", ", small, ")"}, {"$replace(", text, ", ", regex, ", ", matcher, ")"},
		{"$base64encode(", text, ")"}, {"$base64decode(", text, ")"}, {"$encodeUrl(", text, ")"}, {"$encodeUrlComponent(", text, ")"},
		{"$decodeUrl(", text, ")"}, {"$decodeUrlComponent(", text, ")"}, {"$type(", anything, ")"},
		{"$formatNumber(", number, ", ", numberPicture, ")"}, {"$formatNumber($abs(", number, `) + 1, "00.00e0")`}, {"$formatBase(", number, ")"}, {"$formatBase(", number, ", ", small, ")"},
		{"$formatInteger(", number, ", ", integerPicture, ")"}, {"$fromMillis(", number, ")"}, {"$fromMillis(", number, ", ", datePicture, ")"},
		{"$fromMillis(1521801216617, ", datePicture, ", ", zone, ")"}, {"$now()"}, {"$now(", datePicture, ")"},
	},
	boolean: {
		{"$boolean(", anything, ")"}, {"$not(", anything, ")"}, {"$exists(", anything, ")"}, {"$contains(", text, ", ", text, ")"},
		{"$contains(", text, ", ", regex, ")"}, {"$assert(", boolean, `, "no")`},
	},
	array: {
		{"$append(", anything, ", ", anything, ")"}, {"$reverse(", array, ")"}, {"$sort(", array, ")"}, {"$sort(", array, ", ", comparer, ")"},
		{"$distinct(", array, ")"}, {"$zip(", array, ", ", array, ")"}, {"$zip(", array, ")"}, {"$keys(", object, ")"}, {"$keys(", array, ")"},
		{"$spread(", object, ")"}, {"$spread(", array, ")"}, {"$map(", array, ", ", mapper, ")"}, {"$map(", array, ", ", function, ")"},
		{"$filter(", array, ", ", tester, ")"}, {"$single(", array, ", ", tester, ")"}, {"$each(", object, ", ", mapper, ")"},
		{"$split(", text, ", ", text, ")"}, {"$split(", text, ", ", regex, ")"}, {"$split(", text, ", ", text, ", ", small, ")"},
		{"$split(", text, ", ", regex, ", ", small, ")"}, {"$match(", text, ", ", regex, ")"}, {"$match(", text, ", ", regex, ", ", small, ")"},
		{"$lookup(", array, ", ", key, ")"}, {array, "[", tester2, "]"}, {array, " ~> $map(", mapper, ")"}, {array, " ~> $filter(", tester, ")"},
		{array, " ~> $sort() ~> $reverse()"}, {"$sift(", object, ", ", tester, ").*"},
	},
	object: {
		{"$merge(", array, ")"}, {"$merge([", object, ", ", object, "])"}, {"$sift(", object, ", ", tester, ")"},
		{"$single([", object, "])"}, {regex, "(", text, ")"}, {"$error(", text, ")"},
	},
}

// More pieces of builtins: arguments of a narrower kind than sorts.
const (
	small sort = sorts + 1 + iota
	dateText
	datePicture
	integerPicture
	numberPicture
	zone
	regex
	replacement
	matcher
	reducer
	mapper
	tester
	tester2
	comparer
	field
	key
)

func (g *generator) builtin(s sort) *tree {
	calls := builtins[s]
	t := expr()
	for _, piece := range calls[g.IntN(len(calls))] {
		if of, ok := piece.(sort); ok {
			piece = g.argument(of)
		}
		t.pieces = append(t.pieces, piece)
	}
	return t
}

func (g *generator) argument(s sort) *tree {
	switch {
	case s < sorts:
		return g.expression(s)
	case g.one(20):
		return g.expression(anything)
	}
	switch s {
	case regex:
		return g.regex()
	case reducer:
		return g.oneOf(expr("function($p, $q){$p + $q}"), expr("function($p, $q){$p & $q}"), g.lambda(anything, 2), g.lambda(anything, 3), expr("$append"))
	case mapper:
		return g.lambda(anything, 1+g.IntN(3))
	case tester:
		return g.lambda(boolean, 1+g.IntN(3))
	case tester2:
		return g.expression(boolean)
	case comparer:
		return g.oneOf(expr("function($p, $q){$p > $q}"), expr("function($p, $q){$p < $q}"), expr("function($p, $q){$p.price > $q.price}"), g.lambda(boolean, 2))
	case matcher:
		return g.oneOf(expr(`function($m){"<" & $m.match & ">"}`), expr("function($m){$m.groups[0]}"), g.lambda(text, 1))
	case field:
		return part(pick(g, fields...))
	case key:
		return g.key()
	}
	return expr(pick(g, argumentTexts[s]...))
}

func (g *generator) oneOf(of ...*tree) *tree { return pick(g, of...) }

var argumentTexts = map[sort][]string{
	small: {"0", "1", "2", "3", "-1", "-2", "5", "10", "16", "0.5", "-0.5", "1.5", "20"},
	dateText: {`"2017-10-30T16:25:32.935Z"`, `"2018-03-12"`, `"2018"`, `"12th March 2018"`, `"3/12/18 5:06pm"`, `"2018-071"`, `"1999-12-31T23:59:59+01:00"`,
		`"Monday, 12 March 2018"`, `"12:34"`, `"20180312"`, `"x"`, `"2018-02-30"`, `"MMXVIII-03-12"`},
	datePicture: {`"[Y]-[M01]-[D01]"`, `"[D1o] [MNn] [Y]"`, `"[M]/[D]/[Y,2-2] [h]:[m][P]"`, `"[Y]-[d001]"`, `"[FNn], [D] [MNn] [Y]"`, `"[H01]:[m01]:[s01].[f001]"`,
		`"[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"`, `"[X]-W[W01]-[F1]"`, `"[Y0001][M01][D01]"`, `"[YI]-[M01]-[D01]"`, `"[Dwo] [MN,3-3] [YWw]"`, `"[z]"`,
		`"[Z0]"`, `"[w] [xNn]"`, `"[[x]] [P] [h]"`, `"[Y"`, `"[q]"`, `"[YN]"`, `"[H]:[m]"`, `""`},
	integerPicture: {`"w"`, `"W"`, `"Ww;o"`, `"I"`, `"i"`, `"A"`, `"a"`, `"0"`, `"000"`, `"#,##0"`, `"0;o"`, `"#:##0"`, `"٠"`, `"#"`, `"0٠"`, `"#,###,##0.0"`, `""`},
	numberPicture: {`"#,##0.00"`, `"0"`, `"#0.##"`, `"0%"`, `"0‰"`, `"$#,##0.00;($#,##0.00)"`, `"#.00"`, `"000"`, `"0.0.0"`, `"0,"`, `"#0#"`, `"0;0;0"`, `"##,##,##0"`,
		`"0.000,000"`},
	zone:        {`"+0100"`, `"-0500"`, `"0000"`, `"+0530"`, `"-0330"`},
	replacement: {`"x"`, `"[$0]"`, `"$1"`, `"$$"`, `"$1$2"`, `""`, `"$9"`, `"$10"`, `"$"`, `"é$1"`},
}
