package picture

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/value"
)

// The wanted answers in this file are those of npm jsonata 2.0.6, where no other is named. "!D3081" is an error's code, "!" an
// error of JavaScript's own.

func answer(text string, err error) string {
	var e *Error
	if errors.As(err, &e) {
		return "!" + e.Code
	}
	return text
}

func numberAnswer(x float64, err error) string { return answer(numberText(x), err) }

func TestFormatNumber(t *testing.T) {
	for _, c := range []struct {
		x                      float64
		picture, options, want string
	}{
		{12345.6, "#,###.00", "", "12,345.60"},
		{12345678.9, "9,999.99", "", "12,345,678.90"},
		{123412345678.9, "#,##,##,##0.0#", "", "12341,23,45,678.9"},
		{0.14, "01%", "", "14%"},
		{0.4857, "###.###‰", "", "485.7‰"},
		{-6, "000", "", "-006"},
		{-12.5, "0.0;(0.0)", "", "(12.5)"},
		{1234.5678, "00.000e0", "", "12.346e2"},
		{0.000234, "0.0e00", "", "2.3e-04"},
		{0.234, ".00", "", ".23"},
		{0.5, "#", "", "0"},
		{2.5, "0", "", "2"},
		{1.005, "0.00", "", "1.00"},
		{1e21, "#,##0", "", "1e,+21"},
		{5, "abc0def", "", "abc5def"},
		{1, "0.0,0,0", "", "1.0,00"},
		{1234.5, "#٬##٠٫٠٠", `{"zero-digit":"٠","grouping-separator":"٬","decimal-separator":"٫"}`, "١٬٢٣٤٫٥٠"},
		{-1.5, "0,0", `{"decimal-separator":",","minus-sign":"minus "}`, "minus 1,5"},
		{0.25, "0pc", `{"percent":"pc"}`, "25pc"},
		{12000, "0E0", `{"exponent-separator":"E"}`, "1E4"},
		{0, "0.0e0", "", "0.0e0"}, // 2.2.2: the loop of 2.0.6 never ends
		{-1234.5678, "00.000e0", "", "-12.346e2"},
		{1, "", "", "!D3085"}, // 2.2.2; 2.0.6 dies
		{1, "0|1|0", `{"pattern-separator":"|"}`, "!D3080"},
		{1, "0;0;0", "", "!D3080"},
		{1, "0.0.0", "", "!D3081"},
		{1, "0%%", "", "!D3082"},
		{1, "0‰‰", "", "!D3083"},
		{1, "0%‰", "", "!D3084"},
		{1, ".e0", "", "!D3085"},
		{1, "0x0", "", "!D3086"},
		{1, "0,.0", "", "!D3087"},
		{1, "0,", "", "!D3088"},
		{1, "0,,0", "", "!D3089"},
		{1, "0#", "", "!D3090"},
		{1, ".#0", "", "!D3091"},
		{1, "0e0%", "", "!D3092"},
		{1, "0e#", "", "!D3093"},
		{1, "0", `{"zero-digit":""}`, "!"},
		{1, "0." + strings.Repeat("0", 101), "", "!"},
	} {
		options := value.Value{}
		if c.options != "" {
			options, _ = value.Parse(c.options)
		}
		if got := answer(FormatNumber(c.x, c.picture, options)); got != c.want {
			t.Errorf("FormatNumber(%v, %q, %s): %q, want %q", c.x, c.picture, c.options, got, c.want)
		}
	}
}

func TestFormatInteger(t *testing.T) {
	for _, c := range []struct {
		x             float64
		picture, want string
	}{
		{123, "Ww", "One Hundred and Twenty-Three"},
		{1234567, "w", "one million, two hundred and thirty-four thousand, five hundred and sixty-seven"},
		{1e15 + 1, "W", "ONE THOUSAND TRILLION AND ONE"},
		{21, "w;o", "twenty-first"}, {30, "Ww;o", "Thirtieth"}, {1000, "w;o", "one thousandth"}, {0, "Ww", "Zero"},
		{-3, "I", "-III"}, {1999, "i", "mcmxcix"}, {0, "I", ""},
		{27, "A", "AA"}, {702, "a", "zz"}, {0, "a", ""},
		{11, "1;o", "11th"}, {112, "0;o", "112th"}, {23, "0;o", "23rd"}, {1, "0;c", "1"},
		{1234567, "#,##0", "1,234,567"}, {1234567, "#:##,##0", "12:34,567"}, {5, "#,#:0", ",:5"}, {1, "0,", "1,"},
		{12, "٠٠٠", "٠١٢"}, {-1.5, "0", "-2"}, {1e21, "#,##0", "1e,+21"},
		{1, "#", "!D3130"}, {1, "", "!D3130"}, {1, "0٠", "!D3131"}, {1e9, "I", "!"}, {math.Inf(1), "A", "!"}, {math.Inf(-1), "w", "!"}, {math.Inf(1), "0", "Infinity"},
	} {
		if got := answer(FormatInteger(c.x, c.picture)); got != c.want {
			t.Errorf("FormatInteger(%v, %q): %q, want %q", c.x, c.picture, got, c.want)
		}
	}
}

func TestParseInteger(t *testing.T) {
	for _, c := range []struct{ text, picture, want string }{
		{"one hundred and twenty-three", "w", "123"}, {"Twelve hundred", "w", "1200"}, {"zero", "w", "0"},
		{"Two Million, Three Thousand and Fifth", "Ww;o", "2003005"}, {"three thousand thousand", "w", "3000000"},
		{"xyz", "w", "NaN"}, {"", "w", "NaN"},
		{"MCMXCIX", "I", "1999"}, {"mcmxcix", "i", "1999"}, {"mcm", "I", "NaN"}, {"IIX", "I", "8"}, {"", "I", "0"},
		{"aa", "a", "27"}, {"AZ", "A", "52"},
		{"12th", "0;o", "12"}, {"1,234,567", "#,##0", "1234567"}, {"1.234.567", "#.##0", "1"}, {"1:23,4", "#:##,##0", "1234"},
		{"١٢٣", "٠", "123"}, {"123", "٠", "!"}, {"", "0", "NaN"}, {"-5", "0", "-5"}, {" 0x1f", "0", "31"}, {"xyz", "0", "NaN"},
		{"1", "#", "!D3130"}, {"1", "0٠", "!D3131"},
	} {
		if got := numberAnswer(ParseInteger(c.text, c.picture)); got != c.want {
			t.Errorf("ParseInteger(%q, %q): %s, want %s", c.text, c.picture, got, c.want)
		}
	}
}

func TestFormatBase(t *testing.T) {
	for _, c := range []struct {
		x, base float64
		want    string
	}{
		{255, 16, "ff"}, {-255.5, 2, "-100000000"}, {1e21, 36, "5v1j4f4ds7c000"}, {1e21, 10, "1e+21"}, {7, 2.5, "111"},
		{100, 37, "!D3100"}, {100, 1, "!D3100"}, {100, math.NaN(), "!"},
	} {
		if got := answer(FormatBase(c.x, c.base)); got != c.want {
			t.Errorf("FormatBase(%v, %v): %q, want %q", c.x, c.base, got, c.want)
		}
	}
}

func TestFormatDateTime(t *testing.T) {
	const march = 1521801216617 // 2018-03-23T10:33:36.617Z, a Friday
	for _, c := range []struct {
		millis              float64
		picture, zone, want string
	}{
		{march, ISO8601, UTC, "2018-03-23T10:33:36.617Z"},
		{march, "[D1o] [MNn] [Y0001]", UTC, "23rd March 2018"},
		{march, "[FNn,3-3], [h]:[m] [PN] [z]", "-0500", "Fri, 5:33 AM GMT-05:00"},
		{march, "[Y,2-2]/[YI]/[M,*-3]/[MN,*-3]/[Dwo]/[H]", UTC, "18/MMXVIII/003/MAR/twenty-third/10"},
		{march, "[Z][Z0][Z01][Z0101][Z01:01t][z]", "+0530", "+05:30+5:30+05:30+0530+05:30GMT+05:30"},
		{march, "[Z][Z0]", "-0530", "-06:30-6:-30"}, // the reference takes the hours down and the minutes up
		{march, "[[Y]] [E] [C] [f001]", UTC, "[Y] ISO ISO 617"},
		{0, "[Z01:01t][Z0t]", UTC, "ZZ"},
		{1104537600000, "[X]-W[W01]-[F1] [w] [xNn] [d001]", UTC, "2004-W53-6 5 December 001"},
		{-62135596800001, ISO8601, UTC, "0000-12-31T23:59:59.999Z"},
		{9e15, "[Y]-[MNn]", UTC, "NaN-undefined"},
		{9e15, "[MN]", UTC, "!"},
		{0, "[Y", UTC, "!D3135"}, {0, "[]", UTC, "!D3132"}, {0, "[q]", UTC, "!D3132"}, {0, "[YN]", UTC, "!D3133"},
		{0, "[Z000000]", UTC, "!D3134"}, {0, "[Y#]", UTC, "!D3130"}, {0, "[Y0٠]", UTC, "!D3131"}, {0, "[fN]", UTC, "!"}, {0, "[Y,2000000]", UTC, "!"},
	} {
		if got := answer(FormatDateTime(c.millis, c.picture, c.zone)); got != c.want {
			t.Errorf("FormatDateTime(%v, %q, %q): %q, want %q", c.millis, c.picture, c.zone, got, c.want)
		}
	}
}

func TestParseDateTime(t *testing.T) {
	const now = 1521801216617
	for _, c := range []struct{ text, picture, want string }{
		{"2018-03-12", "[Y]-[M01]-[D01]", "1520812800000"},
		{"12th March 2018", "[D1o] [MNn] [Y]", "1520812800000"},
		{"3/12/18 5:06pm", "[M]/[D]/[Y,2-2] [h]:[m][P]", "-1634885640000"},
		{"12:05 am", "[h]:[m] [P]", "1521763500000"},
		{"2018-071", "[Y]-[d001]", "1520812800000"},
		{"MMXVIII/iii/L", "[YI]/[Mi]/[DA]", "1520812800000"},
		{"2018-3-1 2:3 GMT-05:30", "[Y]-[M]-[D] [H]:[m] [z]", "1519885980000"},
		{"20180312", "[Y0001][M01][D01]", "1520812800000"},
		{"twelfth of march", "[Dwo] of [MNn]", "1520812800000"}, // names keep their case: no month is read
		{"2018 5", "[Y] [w]", "1514764800000"},
		{"12", "[H]", "1521806400000"},
		{"x", "[Y]", ""}, {"abc", "abc", ""},
		{"1:30", "[M]:[m]", "!D3136"}, {"2018-W11-1", "[X]-W[W]-[F1]", "!D3136"},
		{"x", "[EN]", "!D3133"}, {"+5", "[Z01*01]", "!"}, {"1", "[Y#]", "!D3130"}, {"1", "[Y", "!D3135"},
	} {
		x, ok, err := ParseDateTime(c.text, c.picture, now)
		got := numberAnswer(x, err)
		if !ok && err == nil {
			got = ""
		}
		if got != c.want {
			t.Errorf("ParseDateTime(%q, %q): %s, want %s", c.text, c.picture, got, c.want)
		}
	}
}

func TestParseISO8601(t *testing.T) {
	for text, want := range map[string]string{
		"2018-03-23T10:33:36.617Z": "1521801216617", "2018": "1514764800000", "2018-02-30T10:00:00": "1519984800000",
		"2018-01-01T24:00:00Z": "1514851200000", "1999-12-31T23:59:59.123456-0130": "946690199123",
		// What Date.parse makes of text that is no ISO 8601, but passes the reference's test for it:
		"2018.5-05:30": "1525152600000", "0012Z": "1007164800000", "0050Z": "-631152000000", "2018-05-0023": "1527033600000",
		"2018-13": "NaN", "2018-01-01T10:00:00+2959": "NaN", "2018-02-30T10:00:60": "!D3110", "2018-1": "!D3110", "": "!D3110",
	} {
		if got := numberAnswer(ParseISO8601(text)); got != want {
			t.Errorf("ParseISO8601(%q): %s, want %s", text, got, want)
		}
	}
}

// FuzzInteger holds pictures against each other: what FormatInteger writes, ParseInteger reads.
func FuzzInteger(f *testing.F) {
	for _, seed := range []int64{0, 1, 9, 10, 26, 27, 99, 100, 1000, 1999, 4000, 12345, 1_000_001, 1 << 40} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed int64) {
		x := float64(seed & (1<<50 - 1))
		for _, c := range []struct {
			picture string
			most    float64
		}{
			{"w", 1e15}, {"Ww;o", 1e15}, {"W", 1e15}, {"I", 5000}, {"i", 5000}, {"A", 1e14}, {"a", 1e14}, {"0", 1e15},
			{"0;o", 1e15}, {"000", 1e15}, {"#,##0", 1e15}, {"٠", 1e15}, {"#,##0;o", 1e15},
		} {
			want := math.Mod(x, c.most)
			text, err := FormatInteger(want, c.picture)
			if err != nil {
				t.Fatalf("FormatInteger(%v, %q): %v", want, c.picture, err)
			}
			if got, err := ParseInteger(text, c.picture); got != want || err != nil {
				t.Errorf("ParseInteger(%q, %q): %v, %v, want %v", text, c.picture, got, err, want)
			}
		}
	})
}

// FuzzDate holds formatting and parsing of dates against each other, and the usual form against V8's rules.
func FuzzDate(f *testing.F) {
	f.Add(int64(0), "[Y]-[M]-[D]")
	f.Add(int64(1521801216617), "[D1o] [MNn] [Y] [h]:[m01]:[s] [P] [Z]")
	f.Add(int64(-1), "[FNn,3-3] [W] [x] [z01]")
	f.Fuzz(func(t *testing.T, seed int64, picture string) {
		const years = 9000 * 365 * dayMillis
		millis := float64(seed%years+years) - float64(years)*float64((seed>>62)&1)
		millis = math.Mod(math.Abs(millis), 250_000_000_000_000)
		iso, err := FormatDateTime(millis, ISO8601, UTC)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{iso, strings.TrimSuffix(iso, "Z") + "+0000"} {
			if got, err := ParseISO8601(text); got != millis || err != nil {
				t.Errorf("ParseISO8601(%q): %v, %v, want %v", text, got, err, millis)
			}
		}
		if got, ok, err := ParseDateTime(iso, "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001]Z", 0); got != millis || !ok || err != nil {
			t.Errorf("ParseDateTime(%q): %v, %v, %v, want %v", iso, got, ok, err, millis)
		}
		if text, err := FormatDateTime(millis, picture, "+0130"); err == nil {
			ParseDateTime(text, picture, 0)
		}
	})
}

// FuzzPictures wants no panic of any picture.
func FuzzPictures(f *testing.F) {
	f.Add(12345.678, "#,##0.00e0", "12th", "[D1o]")
	f.Add(-0.5, "0%;(#.#0)", "-0x1f", "[Y,2-2]")
	f.Fuzz(func(t *testing.T, x float64, picture, text, zone string) {
		if len(picture) > 1000 || len(text) > 1000 {
			return
		}
		FormatNumber(x, picture, value.Value{})
		FormatInteger(x, picture)
		ParseInteger(text, picture)
		FormatDateTime(x, picture, zone)
		ParseDateTime(text, picture, x)
		ParseISO8601(text)
	})
}
