package logs

import "testing"

func TestPatterns(t *testing.T) {
	const failed = `{"type":"ExecutionFailed","id":"7","n":3.5,"details":{"error":"Boom","list":["a","b"],"gone":null,"ok":true}}`
	for _, test := range []struct {
		pattern, message string
		want             bool
	}{
		{"", "anything", true},
		{"ERROR", "an ERROR here", true}, {"ERROR", "an error here", false},
		{"ERROR disk", "disk ERROR", true}, {"ERROR disk", "ERROR", false},
		{`"two words"`, "the two words", true}, {`"two words"`, "two  words", false},
		{"?ERROR ?WARN", "a WARN", true}, {"?ERROR ?WARN", "INFO", false},
		{"ERROR -retry", "ERROR fatal", true}, {"ERROR -retry", "ERROR retry", false},
		{"%ERR[0-9]+%", "ERR42", true}, {"%ERR[0-9]+%", "ERR", false},
		{`{ $.type = "ExecutionFailed" }`, failed, true}, {`{$.type="Execution*"}`, failed, true}, {`{ $.type = "Task*" }`, failed, false},
		{`{ $.type != "TaskFailed" }`, failed, true}, {`{ $.nothing != "x" }`, failed, false},
		{`{ $.n > 3 && $.n <= 3.5 }`, failed, true}, {`{ $.n < 3 || $.id = "7" }`, failed, true},
		{`{ ($.n < 3 || $.id = "7") && $.type = "x" }`, failed, false},
		{`{ $.details.list[1] = "b" }`, failed, true}, {`{ $.details.error = %^B% }`, failed, true},
		{`{ $.details.gone IS NULL }`, failed, true}, {`{ $.details.ok IS TRUE }`, failed, true}, {`{ $.missing NOT EXISTS }`, failed, true},
		{`{ $.type = "ExecutionFailed" }`, "no JSON", false},
	} {
		match, err := compilePattern(test.pattern)
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		if got := match(test.message); got != test.want {
			t.Errorf("%s on %s: %v", test.pattern, test.message, got)
		}
	}
}

func TestPatternsRefused(t *testing.T) {
	for _, pattern := range []string{`"open`, "%open", "%[%", "-", "{ $.a = 1", "{ a = 1 }", "{ $.a }", "{ $.a ~ 1 }", "{ $.a > x }", "{ $.a = 1 ) }", "{ ($.a = 1 }", "[ip, user]"} {
		if _, err := compilePattern(pattern); err == nil {
			t.Errorf("%s is taken", pattern)
		}
	}
}

// FuzzPattern: no pattern panics, and one that compiles matches without a panic.
func FuzzPattern(f *testing.F) {
	f.Add(`{ $.type = "x*" && ($.n > 3 || $.l[0] NOT EXISTS) }`, `{"type":"xy","n":4}`)
	f.Add(`?a -b "c d" %e+%`, "a")
	f.Fuzz(func(t *testing.T, pattern, message string) {
		if match, err := compilePattern(pattern); err == nil {
			match(message)
		}
	})
}
