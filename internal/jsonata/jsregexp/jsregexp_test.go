package jsregexp

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

const plenty = 10_000_000

// spans prints a match as JavaScript's indices: "1-3 1-2 -", the last group having taken no part.
func spans(s string, match []int) string {
	var out []string
	for i := 0; i < len(match); i += 2 {
		if match[i] < 0 {
			out = append(out, "-")
		} else {
			out = append(out, fmt.Sprintf("%d-%d", Units(s, 0, match[i]), Units(s, 0, match[i+1])))
		}
	}
	return strings.Join(out, " ")
}

// The wanted places are those of RegExp.prototype.exec with the d flag in Node 20.
var matches = []struct{ pattern, flags, text, want string }{
	{`ab`, "", "xxab", "2-4"},
	{`a|ab`, "", "ab", "0-1"},
	{`(a+)(b?)`, "", "caab", "1-4 1-3 3-4"},
	{`a{2,3}?`, "", "aaaa", "0-2"},
	{`(?:ab){2}`, "", "ababab", "0-4"},
	{`x*`, "", "aaa", "0-0"},
	{`(z)((a+)?(b+)?(c))*`, "", "zaacbbbcac", "0-10 0-1 8-10 8-9 - 9-10"}, // each iteration forgets its groups
	{`(?:(a)|b)*`, "", "ab", "0-2 -"},
	{`(a*)*`, "", "b", "0-0 -"}, // an iteration that matches nothing is none
	{`(?:a?)*?b`, "", "aab", "0-3"},
	{`(?:a*?)*b`, "", "aab", "0-3"},
	{`(?=(a+))a*b\1`, "", "baaabac", "3-6 3-4"},
	{`(.*?)a(?!(a+)b\2c)\2(.*)`, "", "baaabaac", "0-8 0-2 - 3-8"},
	{`(?<=\$)\d+`, "", "cost $42", "6-8"},
	{`(?<!\$)\b\d+`, "", "$42 17", "4-6"},
	{`(?<=(\d+)(\d+))$`, "", "1053", "4-4 0-1 1-4"}, // lookbehind matches from right to left
	{`(?<year>\d{4})-\k<year>`, "", "x2024-2024", "1-10 1-5"},
	{`\1(a)`, "", "aa", "0-1 0-1"},
	{`(a)\1`, "i", "aA", "0-2 0-1"},
	{`^b`, "m", "a\nb", "2-3"},
	{`^b`, "", "a\nb", ""},
	{`a$`, "m", "a\r\nb", "0-1"},
	{`a$`, "", "a\n", ""}, // $ is the end, never before a last line feed
	{`.+`, "", "a\u2028b", "0-1"},
	{`[^]+`, "", "a\nb", "0-3"},
	{`[]`, "", "a", ""},
	{`\s+`, "", "a\u00a0\ufeff b", "1-4"},
	{`\w+`, "", "é_a1", "1-4"},
	{`\bé`, "", "aé", "1-2"},
	{`[\w-.]+`, "", "a-.!", "0-3"},
	{`[a\]]+`, "", "]a", "0-2"},
	{`\u{2}`, "", "uu", "0-2"},
	{`\u0061\x62`, "", "ab", "0-2"},
	{`\101\8`, "", "A8", "0-2"},
	{`\cJ\c!`, "", "\n\\c!", "0-4"},
	{`a{,5}`, "", "a{,5}", "0-5"},
	{`x{2,1`, "", "x{2,1", "0-5"},
	{`}]`, "", "}]", "0-2"},
	{`\k<a`, "", "k<a", "0-3"},
	{`STRASSE`, "i", "straße strasse", "7-14"},
	{`ſ|\u212A`, "i", "skſ", "2-3"}, // ſ and the Kelvin sign fold to ASCII only with the u flag
	{`é`, "i", "É", "0-1"},
	{`[^x]`, "i", "Xy", "1-2"},
	{`.`, "", "😀", "0-1"}, // a character of four bytes is two units
	{`^..$`, "", "😀", "0-2"},
	{`😀+`, "", "😀😀", "0-2"},
	{`[😀]`, "", "x😀", "1-2"},
	{`\uDE00`, "", "😀", "1-2"},
	{`\uD83D\uDE00b`, "", "a😀b", "1-4"},
	{`(?<=\uD83D)b`, "", "\xED\xA0\xBDb", "1-2"}, // a half alone
	{`^.b`, "", "\xED\xA0\xBDb", "0-2"},
}

func TestFind(t *testing.T) {
	for _, c := range matches {
		re, err := Compile(c.pattern, c.flags)
		if err != nil {
			t.Errorf("/%s/%s: %v", c.pattern, c.flags, err)
			continue
		}
		for _, patience := range []int{0, plenty} {
			if got := spans(c.text, find(re, c.text, 0, patience)); got != c.want {
				t.Errorf("/%s/%s on %q (patience %d): %q, want %q", c.pattern, c.flags, c.text, patience, got, c.want)
			}
		}
	}
}

// find is Find with failures remembered after patience steps.
func find(re *Regexp, s string, from, patience int) []int {
	m := re.machine(s, plenty)
	m.patience = patience
	if !m.search(from) {
		return nil
	}
	return m.slots
}

func TestFindFrom(t *testing.T) {
	re, _ := Compile(`^a|\ba|a`, "")
	budget := plenty
	var got []string
	for from, s := 0, "aa 😀a"; ; {
		match, err := re.Find(s, from, &budget)
		if err != nil {
			t.Fatal(err)
		}
		if match == nil {
			break
		}
		got = append(got, spans(s, match))
		from = match[1]
	}
	if want := "0-1 1-2 5-6"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestCompileErrors(t *testing.T) {
	for pattern, want := range map[string]string{
		`(`: "unterminated group", `a)`: "unmatched ')'", `[a`: "unterminated character class", `*`: "nothing to repeat",
		`a**`: "nothing to repeat", `{1}`: "nothing to repeat", `^*`: "nothing to repeat", `(?<=a)*`: "nothing to repeat",
		`a{2,1}`: "numbers out of order in {} quantifier", `[b-a]`: "range out of order in character class",
		`(?a)`: "invalid group", `(?<1>a)`: "invalid capture group name", `(?<a>.)(?<a>.)`: "duplicate capture group name",
		`(?<a>.)\k`: "invalid named reference", `(?<a>.)\k<b>`: "invalid named capture referenced",
		`\`: `\ at end of pattern`, `(?:(?:a{99}b){999}){999}`: "regular expression too large",
		strings.Repeat("(", 10000): "regular expression too large",
	} {
		if _, err := Compile(pattern, ""); err == nil || err.Error() != want {
			t.Errorf("/%.40s/: %v, want %s", pattern, err, want)
		}
	}
}

// TestHostile gives patterns that take exponential or high polynomial time in a backtracking matcher. They must stay within
// their budget and within the documented memory; those without back references and lookarounds must not even need it.
func TestHostile(t *testing.T) {
	const budget = 50_000_000 // some 0.3 s
	text := strings.Repeat("a", 20_000)
	for _, c := range []struct {
		pattern string
		linear  bool
	}{
		{`(a*)*b`, true}, {`(a+)+$b`, true}, {`(a|a)*b`, true}, {`(a|aa)+b`, true}, {`(?:a?){50}a{50}b`, true},
		{`a*a*a*a*a*a*b`, true}, {`(.*)(.*)(.*)(.*)(.*)x`, true}, {`(?:(?:a*)*)*b`, true}, {`(.*?a){10}b`, true},
		{`^(([a-z])+.)+[A-Z]([a-z])+$`, true}, {`([a-zA-Z]+)*!`, true}, {`(?:a*?)*?b`, true},
		{`(a*)*\1b`, false}, {`(?=(a+)+b)`, false}, {`(?:a(?!c))+(?:a|a)*b`, false}, {`(?<=(a|aa)+)b`, false},
	} {
		re, err := Compile(c.pattern, "")
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		left := budget
		match, err := re.Find(text, 0, &left)
		runtime.ReadMemStats(&after)
		if match != nil || err != nil && !errors.Is(err, ErrBudget) {
			t.Errorf("/%s/: %v, %v", c.pattern, match, err)
		}
		if c.linear && err != nil {
			t.Errorf("/%s/ took all its steps", c.pattern)
		}
		if grown := (after.TotalAlloc - before.TotalAlloc) >> 20; grown > 60 {
			t.Errorf("/%s/ allocated %d MiB", c.pattern, grown)
		}
	}
}

func TestUnits(t *testing.T) {
	const high, low = "\xED\xA0\xBD", "\xED\xB8\x80" // the halves of 😀
	s := "a😀é"
	if n := Units(s, 0, len(s)); n != 4 {
		t.Errorf("Units: %d, want 4", n)
	}
	for index := range 6 {
		if got := Units(s, 0, Place(s, index)); got != min(index, 4) {
			t.Errorf("Units(Place(%d)): %d", index, got)
		}
	}
	for _, c := range []struct {
		from, to int
		want     string
	}{{0, 4, s}, {0, 2, "a" + high}, {2, 4, low + "é"}, {1, 3, "😀"}, {2, 3, low}, {2, 2, ""}} {
		if got := Slice(s, Place(s, c.from), Place(s, c.to)); got != c.want {
			t.Errorf("Slice(%d, %d): %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

// FuzzFind holds any pattern against two properties: a match lies within the text, and remembering failures changes nothing.
func FuzzFind(f *testing.F) {
	for _, c := range matches {
		f.Add(c.pattern, c.flags, c.text)
	}
	f.Fuzz(func(t *testing.T, pattern, flags, text string) {
		re, err := Compile(pattern, flags)
		if err != nil {
			return
		}
		plain, memo := re.machine(text, plenty), re.machine(text, plenty)
		plain.patience, memo.patience = plenty, 0
		found, again := plain.search(0), memo.search(0)
		if plain.spent || memo.spent {
			return
		}
		if found != again || spans(text, plain.slots) != spans(text, memo.slots) {
			t.Errorf("/%s/%s on %q: %v and %v", pattern, flags, text, plain.slots, memo.slots)
		}
		if found && (plain.slots[0] < 0 || plain.slots[1] < plain.slots[0] || plain.slots[1] > len(text)) {
			t.Errorf("/%s/%s on %q: %v", pattern, flags, text, plain.slots)
		}
	})
}
