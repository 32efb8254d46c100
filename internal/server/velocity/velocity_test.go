package velocity

import (
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/value"
)

func parse(t testing.TB, text string) value.Value {
	t.Helper()
	v, err := value.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestRun: templates, with $in, and what comes out of them, as Velocity 1.7 has it.
func TestRun(t *testing.T) {
	in := parse(t, `{"s": "it's", "n": 1.50, "b": false, "nothing": null, "o": {"k": "v", "l": [1, "x"]}, "e": []}`)
	for _, tt := range []struct{ template, want string }{
		{`plain $ # text, 5$ and #1`, `plain $ # text, 5$ and #1`},
		{`$in.s ${in.s}x $in.s. $in.n $in.b`, `it's it'sx it's. 1.5 false`},
		{`$gone $!gone ${gone} $in.nothing $!in.nothing|`, `$gone  ${gone} $in.nothing |`},
		{`$in.o.k $in.o.l[1] $in.o["k"] $in.o.get('k') $in.o.l.get(0) $in.o.l.size()`, `v x v v 1 2`},
		{`$in.o`, `{k=v, l=[1, x]}`},
		{"a ## rest\nb #* c\nd *#e", "a b e"},
		{"#set($x = \"<$in.s>\")\n#set($y = '<$in.s>')\n$x$y", `<it's><$in.s>`},
		{"#if($in.b)\n1\n#elseif($in.n == 1.5)\n2\n#else\n3\n#end\n4", "2\n4"},
		{`#if($in.b)1#{else}2#{end}3`, `23`},
		{`#if($in.s == "it's" && !$in.b || $gone)y#end`, `y`},
		{`#if($in.nothing == $gone)y#end#if($in.e)y#end#if("")y#end#if(null)n#end`, `yyy`},
		{`#if($in.n > 1 && $in.n < 2 && 2 >= 2 && -1 <= 0 && $in.s != 1)y#end`, `y`},
		{`#if($in.s > 1)n#end`, ``},
		{`#foreach($k in $in.o.keySet())$foreach.count:$k#if($foreach.hasNext),#end#end`, `1:k,2:l`},
		{`#foreach($v in [1, "b", [true]])$v#end#foreach($v in $gone)n#end`, `1b[true]`},
		{`$in.s.replaceAll("\\'","x").replaceAll("'","\'") $in.s.contains("t'") $in.s.equals('a') $in.s.length()`, `it\'s true false 4`},
		{`$in.o.l.isEmpty() $in.e.isEmpty() $in.s.startsWith('it') $in.n.toString()`, `false true true 1.5`},
	} {
		template, err := Parse(tt.template)
		if err != nil {
			t.Errorf("%s: %v", tt.template, err)
			continue
		}
		if got, err := template.Run(map[string]any{"in": in}); got != tt.want || err != nil {
			t.Errorf("%s\n  is %q, %v; want %q", tt.template, got, err, tt.want)
		}
	}
}

// TestMistakes: templates that are refused, and a part of what is said.
func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ template, want string }{
		{"\n#end", "line 2: #end without a beginning"}, {`#if($a)`, "#if without #end"}, {`#if($a)#else#else#end`, "#if without #end"}, {`#if($a)#else#elseif($b)#end`, "#if without #end"},
		{`#foreach($a in $b)`, "#foreach without #end"}, {`#foreach($a.b in $c)#end`, "no variable"}, {`#foreach($a of $b)#end`, `no "in"`}, {`#macro(x)#end`, "the directive #macro is not one"},
		{`#set($a.b() = 1)`, "which is no property"}, {`#set(a = 1)`, "no reference"}, {`#set($a = )`, "is no expression"}, {`#set($a = 1`, `")" is missing`}, {`${a`, "without }"},
		{`$a.b("c)`, "a text without end"}, {`$a.b(1 2)`, `"," is missing`}, {`#* x`, "a comment without end"}, {`#set($a = -)`, "is no number"},
		{strings.Repeat("#if($a)", 200), "nested more than"}, {"#set($a = " + strings.Repeat("!", 200) + "$a)", "nested more than"},
	} {
		if _, err := Parse(tt.template); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40s: %v; want %s", tt.template, err, tt.want)
		}
	}
	for _, tt := range []struct{ template, want string }{
		{`$in.nonsense()`, "the method nonsense is not one"}, {`$in.replaceAll("(","")`, "missing closing"}, {`$in.replaceAll("")`, "takes 2 arguments"}, {`#set($in.a = 1)`, "cannot be set"},
		{strings.Repeat(`#foreach($i in $in)`, 8) + strings.Repeat(`#end`, 8), "runs for too long"},
	} {
		template, err := Parse(tt.template)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = template.Run(map[string]any{"in": parse(t, `[1,2,3,4,5,6,7,8,9,10]`)}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40s: %v; want %s", tt.template, err, tt.want)
		}
	}
}

// FuzzParse: no template makes it panic, and one without directives and references is its own text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"#set($r = $in.path)\n#if($r.a == \"b\")\n$r.c\n#else\n{}\n#end", `#foreach($k in $in.keySet())"$k"#if($foreach.hasNext),#end#end`, `${in}[1]$!in.get('a').replaceAll("\\'","'")`} {
		f.Add(seed)
	}
	in := parse(f, `{"a": [1, {"b": "c"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		template, err := Parse(text)
		if err != nil {
			return
		}
		got, err := template.Run(map[string]any{"in": in})
		if err == nil && !strings.ContainsAny(text, "#$") && got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}
