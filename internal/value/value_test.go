package value

import "testing"

func TestParseAndPrint(t *testing.T) {
	for _, test := range []struct{ in, out string }{
		{`null`, `null`}, {` true `, `true`}, {`false`, `false`},
		{`0`, `0`}, {`-0`, `0`}, {`-0.0`, `-0.0`}, {`1.0`, `1.0`}, {`1e3`, `1e3`}, {`12345678901234567890`, `12345678901234567890`},
		{`0.1`, `0.1`}, {`1e-7`, `1e-7`}, {`1e21`, `1e21`},
		{`"aé\u0001\n\/"`, `"aé\u0001\n/"`}, {`"\ud83d\ude00"`, `"😀"`},
		{`{ "b" : [ 1 , { } , [ ] ] , "a" : "x" , "b" : 2 }`, `{"b":2,"a":"x"}`},
	} {
		v, err := Parse(test.in)
		if err != nil {
			t.Errorf("Parse(%s): %v", test.in, err)
			continue
		}
		if got := v.String(); got != test.out {
			t.Errorf("Parse(%s) prints as %s, want %s", test.in, got, test.out)
		}
		if got := v.Size(); got != len(test.out) {
			t.Errorf("Size of %s = %d, want %d", test.in, got, len(test.out))
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, in := range []string{``, ` `, `nul`, `{`, `[1,]`, `{"a"}`, `{"a":1,}`, `01`, `1.`, `-`, `+1`, `"`, "\"\n\"", `"\x"`, `1 2`, `"\u12g4"`} {
		if v, err := Parse(in); err == nil {
			t.Errorf("Parse(%q) = %s, want an error", in, v)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"a":[1,1.0,"\u00e9",null,true,{}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if err != nil {
			return
		}
		printed := v.String()
		if v.Size() != len(printed) {
			t.Errorf("Size of %s is %d, its text has %d bytes", printed, v.Size(), len(printed))
		}
		again, err := Parse(printed)
		if err != nil {
			t.Fatalf("Parse(%s), printed from %s: %v", printed, text, err)
		}
		if again.String() != printed || !Equal(v, again) {
			t.Errorf("printing is no fixed point: %s, then %s", printed, again)
		}
	})
}
