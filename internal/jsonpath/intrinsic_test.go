package jsonpath

import (
	"errors"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/value"
)

// intrinsicInput is what the calls below read.
const intrinsicInput = `{
	"name": "Arnav", "template": "Hi {}, {}", "escaped": "\\{\\} {}", "obj": {"Arg1": 1, "Arg2": []}, "deep": {"b": {"x": 1.0}, "c": 3, "a": 1},
	"list": [1, 2, 3, 4, 5, 6, 7, 8, 9], "same": [1, 2, 3, 3, 3, 1.0, {"a": 1, "b": 2}, {"b": 2, "a": 1}, [1], [1]], "empty": [], "null": null,
	"text": "{\"foo\": \"bar\"}", "csv": "This.is+a,test=string", "n": 2, "big": 10000000.0, "key with, comma": "x)"
}`

func intrinsicScope(t testing.TB) Scope {
	input, err := value.Parse(intrinsicInput)
	if err != nil {
		t.Fatal(err)
	}
	context, err := value.Parse(`{"StateMachine":{"Id":"arn:x","Name":"m-1"},"Execution":{"Input":{"a":"1,2"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	return Scope{
		Input: input, Context: context,
		Lookup: func(name string) (value.Value, bool) { return value.OfString("v:" + name), name == "stock" },
		Random: func() float64 { return 0.999 },
		UUID:   func() string { return "ca4c1140-dcc1-40cd-ad05-7b4aa23df4a8" },
	}
}

func TestIntrinsics(t *testing.T) {
	for _, test := range []struct{ call, want string }{
		{`States.Format('Hello, my name is {}.', $.name)`, `"Hello, my name is Arnav."`},
		{`States.Format($.template, $.name, 2.50)`, `"Hi Arnav, 2.5"`},
		{`States.Format($.escaped, 1)`, `"{} 1"`},
		{`States.Format('{} {} {} {} {}', null, true, 1.1, $.big, $.null)`, `"null true 1.1 1.0E7 null"`},
		{`States.Format('fst={} and snd={}.', $.obj, $$.StateMachine)`, `"fst={Arg1=1, Arg2=[]} and snd={Id=arn:x, Name=m-1}."`},
		{`States.Format('\{\} \\ \' {} }{', 'x')`, `"{} \\ ' x }{"`},
		{`States.Format('')`, `""`},
		{`States.Format( 'a{}' ,$stock ) `, `"av:stock"`},
		{"States.Format('line\nend')", `"line\nend"`},
		{`States.StringToJson($.text)`, `{"foo":"bar"}`},
		{`States.StringToJson(' ')`, `null`}, {`States.StringToJson('')`, `null`}, {`States.StringToJson('-0')`, `0`},
		{`States.StringToJson('{"a": "b"}')`, `{"a":"b"}`},
		{`States.JsonToString($.obj)`, `"{\"Arg1\":1,\"Arg2\":[]}"`}, {`States.JsonToString($.name)`, `"\"Arnav\""`}, {`States.JsonToString(null)`, `"null"`},
		{`States.Array()`, `[]`}, {`States.Array('Foo', 2.30, $.empty, null, false)`, `["Foo",2.30,[],null,false]`},
		{`States.ArrayPartition($.list, 4)`, `[[1,2,3,4],[5,6,7,8],[9]]`}, {`States.ArrayPartition($.empty, 1)`, `[]`}, {`States.ArrayPartition($.list, 4.4)`, `[[1,2,3,4],[5,6,7,8],[9]]`},
		{`States.ArrayContains($.list, 5)`, `true`}, {`States.ArrayContains($.list, '5')`, `false`}, {`States.ArrayContains($.same, States.Array(1))`, `true`},
		{`States.ArrayRange(1, 9, 2)`, `[1,3,5,7,9]`}, {`States.ArrayRange(0, 10, 3)`, `[0,3,6,9]`}, {`States.ArrayRange(1, 9, 9)`, `[1]`}, {`States.ArrayRange(3, 1, 1)`, `[]`},
		{`States.ArrayRange(3, 1, -1)`, `[3,2,1]`}, {`States.ArrayRange(9223372036854775806, 9223372036854775807, 5)`, `[9223372036854775806]`},
		{`States.ArrayLength(States.ArrayRange(1, 1000, 1))`, `1000`},
		{`States.ArrayGetItem($.list, 5)`, `6`}, {`States.ArrayGetItem(States.StringSplit($$.StateMachine.Name, '-'), States.MathAdd(2, -1))`, `"1"`},
		{`States.ArrayLength($.list)`, `9`}, {`States.ArrayLength($.list[?(@ > 7)])`, `2`},
		{`States.ArrayUnique($.same)`, `[1,2,3,{"a":1,"b":2},[1]]`},
		{`States.Base64Encode('Data to encode')`, `"RGF0YSB0byBlbmNvZGU="`}, {`States.Base64Decode('RGF0YSB0 byBlbmNvZGU=')`, `"Data to encode"`}, {`States.Base64Decode('')`, `""`},
		{`States.Hash('input data', 'SHA-1')`, `"aaff4a450a104cd177d28d18d74485e8cae074b7"`}, {`States.Hash('input data', 'MD5')`, `"812f45842bc6d66ee14572ce20db8e86"`},
		{`States.JsonMerge($.deep, States.StringToJson('{"b":{"y":2},"d":4}'), false)`, `{"b":{"y":2},"c":3,"a":1,"d":4}`},
		{`States.MathRandom(1, 10)`, `9`}, {`States.MathRandom(12.5, 44.51)`, `44`}, {`States.MathRandom(5, 5)`, `5`},
		{`States.MathAdd(111, -1)`, `110`}, {`States.MathAdd(1.49, 1.5)`, `3`}, {`States.MathAdd(-1.49, -1.5)`, `-2`}, {`States.MathAdd(-1.5, -1.51)`, `-3`},
		{`States.MathAdd(-0.5, 0.5)`, `1`}, {`States.MathAdd(2.5, 0)`, `3`}, {`States.MathAdd(-2.5, 0)`, `-2`}, {`States.MathAdd(-0.5, 0)`, `0`},
		{`States.MathAdd(9007199254740993, 1)`, `9007199254740994`},
		{`States.StringSplit($.csv, '.+,=')`, `["This","is","a","test","string"]`}, {`States.StringSplit(',,,,', ',')`, `[]`}, {`States.StringSplit(', , ,', ',')`, `[" "," "]`},
		{`States.StringSplit($$.Execution.Input.a, ',')`, `["1","2"]`}, {"States.StringSplit('Hello\nWorld', '\n')", `["Hello","World"]`},
		{`States.UUID()`, `"ca4c1140-dcc1-40cd-ad05-7b4aa23df4a8"`},
		{`States.Array($.['key with, comma'], $.list[(@.length-1)], $.list[0,1])`, `["x)",9,[1,2]]`},
	} {
		in, err := CompileIntrinsic(test.call)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		got, err := in.Eval(intrinsicScope(t))
		if err != nil || got.String() != test.want {
			t.Errorf("%s = %s, %v; want %s", test.call, got, err, test.want)
		}
	}
}

func TestIntrinsicsFail(t *testing.T) {
	long := strings.Repeat("x", maxCharacters+1)
	for _, test := range []struct{ call, reason string }{
		{`States.Format('{} to {}', $.from, $.name)`, `The JsonPath argument for the field '$.from' could not be found in the input '{"name":"Arnav"`},
		{`States.Format('{}')`, `the template has 1 occurrences of {}, but there are 0 values`},
		{`States.Format($.n)`, `the first argument of States.Format must be a string, but was: 2`},
		{`States.StringToJson('{')`, `no valid JSON`}, {`States.StringToJson($.obj)`, `must be a string`},
		{`States.ArrayPartition($.list, 0)`, `must be a positive integer, but was: 0`}, {`States.ArrayPartition($.obj, 1)`, `must be an array`},
		{`States.ArrayRange(1, 2, 0)`, `must be other than zero`}, {`States.ArrayRange(1, 1001, 1)`, `more than 1000 items`}, {`States.ArrayRange(-9223372036854775808, 9223372036854775807, 1)`, `more than 1000 items`},
		{`States.ArrayGetItem($.list, 9)`, `the index 9 is out of bounds of an array of 9 items`}, {`States.ArrayGetItem($.list, -1)`, `out of bounds`},
		{`States.ArrayLength($.text)`, `must be an array`}, {`States.ArrayUnique($.obj)`, `must be an array`}, {`States.ArrayContains($.name, 1)`, `must be an array`},
		{`States.Base64Encode('` + long + `')`, `must not be longer than 10000 characters`}, {`States.Base64Decode('` + long + `')`, `must not be longer`}, {`States.Base64Decode('A')`, `Base64`},
		{`States.Hash('x', 'sha-1')`, `must be MD5, SHA-1`}, {`States.Hash($.obj, 'MD5')`, `must be a string`}, {`States.Hash('` + long + `', 'MD5')`, `must not be longer`},
		{`States.JsonMerge($.deep, $.obj, true)`, `must be false`}, {`States.JsonMerge($.list, $.obj, false)`, `must be an object`},
		{`States.MathRandom(2, 1)`, `no number from 2 to 1`}, {`States.MathAdd($.name, 1)`, `must be a number`}, {`States.MathAdd(9223372036854775807, 1)`, `64 bits`},
		{`States.StringSplit($.list, ',')`, `must be a string`},
		{`States.Array(States.ArrayGetItem($.empty, 0))`, `out of bounds`},
		{`States.Array($.list['x'])`, `could not be found`}, {`States.Array($.obj[0])`, `can only be applied to arrays`},
	} {
		in, err := CompileIntrinsic(test.call)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		got, err := in.Eval(intrinsicScope(t))
		var failed *IntrinsicError
		if !errors.As(err, &failed) || !strings.Contains(failed.Reason, test.reason) || !strings.Contains(test.call, failed.Call) {
			t.Errorf("%s = %s, %v; want the reason %s", test.call, got, err, test.reason)
		}
	}
}

func TestCompileIntrinsicRefuses(t *testing.T) {
	deep := strings.Repeat("States.Array(", maxNesting) + "1" + strings.Repeat(")", maxNesting)
	if _, err := CompileIntrinsic(deep); err != nil {
		t.Errorf("%d nested calls: %v", maxNesting, err)
	}
	for _, call := range []string{
		``, ` States.UUID()`, `States`, `States.Format`, `States.format('x')`, `States.Format ('x')`, `States.Format('x'`, `States.Format('x`, `States.Format('x',)`, `States.Format('x') y`,
		`States.Format("x")`, `States.Format('\"')`, `States.Format('\n')`, `States.Format('\')`, `States.UUID(1)`, `States.MathAdd(1)`, `States.MathRandom(1, 2, 3, 4)`, `States.Nope()`,
		`States.Array({})`, `States.MathAdd(1,'-1')`, `States.Format(1)`, `States.ArrayLength('x')`, `States.JsonMerge($, $, 1)`, `States.Array([])`, `States.Array(nul)`, `States.Array($.a[)`, `States.Array("States.UUID()")`, `States.Array(01)`, `Format('x')`, "States.Array(" + deep + ")",
		`States.StringToJson('{"text":"An \"escaped double quote\" here"}')`,
	} {
		if in, err := CompileIntrinsic(call); err == nil {
			t.Errorf("%s compiles to %+v", call, in)
		} else if !errors.As(err, new(*SyntaxError)) {
			t.Errorf("%s: %T", call, err)
		}
	}
}

func TestExprs(t *testing.T) {
	for text, want := range map[string]struct {
		variables string
		context   bool
	}{
		`$.a`: {}, `$$.a`: {context: true}, `$a.b`: {variables: "a"}, `States.Format('{}{}{}', $a, $b, States.Array($a, $$.x))`: {variables: "a b", context: true},
	} {
		e, err := CompileExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(e.Variables(), " "); got != want.variables || e.Context() != want.context || e.String() != text {
			t.Errorf("%s: variables %q, context %t", e, got, e.Context())
		}
	}
	for _, text := range []string{``, `a`, `$.`, `States.Nope()`} {
		if e, err := CompileExpr(text); err == nil {
			t.Errorf("%q compiles to %v", text, e)
		}
	}
}
