package value

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// TestValueStaysInRegisters: the compiler keeps structs of up to four fields in registers. A fifth field of Value, of one byte, made
// $.a.b.c cost 74 ns where it costs 20.
func TestValueStaysInRegisters(t *testing.T) {
	if n := reflect.TypeFor[Value]().NumField(); n > 4 {
		t.Errorf("Value has %d fields", n)
	}
}

func TestParseAndPrint(t *testing.T) {
	for _, test := range []struct{ in, out string }{
		{`null`, `null`}, {` true `, `true`}, {`false`, `false`},
		{`0`, `0`}, {`-0`, `0`}, {`-0.0`, `-0.0`}, {`1.0`, `1.0`}, {`1e3`, `1e3`}, {`12345678901234567890`, `12345678901234567890`},
		{`0.1`, `0.1`}, {`1e-7`, `1e-7`}, {`1e21`, `1e21`},
		{`"aé\u0001\n\/"`, `"aé\u0001\n/"`}, {`"\ud83d\ude00"`, `"😀"`}, {`"퟿\uD83Dx\udc00"`, `"퟿\ud83dx\udc00"`},
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

func TestParseDepth(t *testing.T) {
	if _, err := Parse(strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)); err != nil {
		t.Errorf("%d arrays deep: %v", MaxDepth, err)
	}
	if _, err := Parse(strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1)); err == nil {
		t.Errorf("%d arrays deep is no error", MaxDepth+1)
	}
}

func TestLargeObjectsKeepOrderAndLastValue(t *testing.T) {
	var text strings.Builder
	for i := range 100 {
		text.WriteString(`"n` + strconv.Itoa(i%50) + `":` + strconv.Itoa(i) + `,`)
	}
	v, err := Parse(`{` + strings.TrimSuffix(text.String(), ",") + `}`)
	if err != nil {
		t.Fatal(err)
	}
	if x, ok := v.Get("n7"); v.Len() != 50 || v.Members()[7].Name != "n7" || !ok || x.Float() != 57 {
		t.Errorf("member n7 of %s is %s", v, x)
	}
}

// FuzzParse: what encoding/json takes, Parse takes (but for depth), and the other way round; printing is a fixed point, has the size
// that Size says, and keeps the value.
func FuzzParse(f *testing.F) {
	f.Add(`{"a":[1,1.0,"\u00e9",null,true,{}]}`)
	f.Add(`[0,-0,-0.0,10,0.5,-1.25,1e3,1.5E-7,123456789012345,1234567890123456,0.1000,12345678901234567890]`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if valid := json.Valid([]byte(text)); valid != (err == nil) && strings.Count(text, "[")+strings.Count(text, "{") <= MaxDepth {
			t.Fatalf("Parse(%q): %v; encoding/json says %t", text, err, valid)
		}
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
		if again.String() != printed || !Equal(v, again) || Hash(v) != Hash(again) {
			t.Errorf("printing is no fixed point: %s, then %s", printed, again)
		}
		if v.Kind() == Number {
			checkNumber(t, strings.Trim(text, " \t\r\n"), v)
		}
	})
}

// checkNumber: the double is strconv's, the text what was written, but for the integer -0.
func checkNumber(t *testing.T, text string, v Value) {
	want, _ := strconv.ParseFloat(text, 64)
	if v.Float() != want || v.NumberText() != text && text != "-0" {
		t.Errorf("%s reads as %v, prints as %s", text, v.Float(), v.NumberText())
	}
}
