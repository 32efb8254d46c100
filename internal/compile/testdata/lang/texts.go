package lang

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/flow"
)

// Texts are functions that make and take apart texts.
var Texts = []Case{
	Of("builder", builderCase, zero, one, many, repeated),
	Of("composites", compositesCase, zero, one, many, Thing{Attrs: map[string]string{"b": "2", "a": "", "B": "x y"}, Tags: []string{"", "a b"}}),
	Of("fields", fieldsCase, "", " ", "a", "  a b\t\nc ", "x\u00a0y\u3000z\u0085", "\ufeffa b", "a=b=c=d", "--a-b--", "[x]", "Straße", "SſsK", "k"),
	Of("fixed", fixedCase, nil, []float64{0.5}, manyFloats()),
	Of("formats", formatsCase, zero, one, many, Thing{N: -42, F: 2.5, Name: "né"}, Thing{N: 123456, F: -0.125, Name: "too long"}, Thing{N: 7, F: 1.005}, Thing{F: 0.375}, Thing{F: 1234567.891}),
}

type shelf struct {
	Part
	Rows  [][]int
	ByNum map[int]Part
	Fine  bool
}

// compositesCase writes slices, maps and structs.
func compositesCase(c flow.Context, in Thing) (string, error) {
	s := shelf{Part: in.Part, Rows: [][]int{{in.N, 2}, {}, nil}, ByNum: map[int]Part{10: in.Part, -2: {}, 9: {ID: in.Name}}, Fine: in.OK}
	if _, err := flow.Call(c, Log, fmt.Sprintf("%v|%+v|%v|%v|%v", in.Parts, in.Parts, in.Attrs, in.Tags, s.Rows)); err != nil {
		return "", err
	}
	if in.N < 0 {
		return "", fmt.Errorf("negative: %+v", in.Part)
	}
	return fmt.Sprintf("%v %+v", s, s) + fmt.Sprint(s.ByNum, [2]bool{true, in.OK}, in.Tags, map[string][]string{"k": in.Tags}), nil
}

// manyFloats are ties between two texts, their neighbours, and others.
func manyFloats() (out []float64) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 400 {
		tie := (float64(i) - 200.5) / 4
		out = append(out, 1e12+tie*1e5, tie, math.Nextafter(tie, 1000), math.Nextafter(tie, -1000), float64(i)/100+0.005, (random.Float64()-0.5)*math.Pow(10, float64(i%13)))
	}
	return out
}

// fixedCase writes prices.
func fixedCase(c flow.Context, list []float64) (out []string, err error) {
	for _, f := range list {
		out = append(out, fmt.Sprintf("%.2f %.1f %.0f", f, f, f)+strconv.FormatFloat(f, 'f', 3, 64))
	}
	_, err = flow.Call(c, Double, len(out))
	return out, err
}

// builderCase writes a report line by line.
func builderCase(c flow.Context, in Thing) (string, error) {
	echo, err := flow.Call(c, Echo, in)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s has %d parts", echo.Name, len(echo.Parts))
	for i, p := range echo.Parts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(" " + p.ID)
		addCount(&b, p.Count)
	}
	said, err := flow.Call(c, Log, b.String())
	if err != nil {
		return "", err
	}
	b.Reset()
	fmt.Fprintln(&b, said, echo.N, echo.OK)
	b.WriteRune('é')
	return b.String(), nil
}

func addCount(b *strings.Builder, n int) {
	if n != 1 {
		fmt.Fprint(b, "*", n)
	}
}

func fieldsCase(c flow.Context, s string) (out struct {
	Fields, Two, Three          []string
	Trimmed, Left, Right, Space string
	Once, Line                  string
	Folded, Any, Rune           bool
}, err error) {
	s, err = flow.Call(c, Log, s)
	out.Fields = strings.Fields(s)
	out.Two, out.Three = strings.SplitN(s, "=", 2), strings.SplitN(s, "=", 3)
	out.Trimmed, out.Left, out.Right = strings.Trim(s, "[]-"), strings.TrimLeft(s, "- "), strings.TrimRight(s, "-\n ")
	out.Space = strings.TrimSpace(s)
	out.Once, out.Line = strings.Replace(s, "=", "$&", 1), strings.Repeat("-", len(out.Fields))+strings.Repeat(s, 2)
	out.Folded, out.Any, out.Rune = strings.EqualFold(s, "SSSK") || strings.EqualFold("K", s), strings.ContainsAny(s, "=]^"), strings.ContainsRune(s, 'ß')
	return out, err
}

func formatsCase(c flow.Context, in Thing) (out []string, err error) {
	in, err = flow.Call(c, Echo, in)
	out = append(out,
		fmt.Sprintf("%5d|%-5d|%05d|%+d|%+05d|%v", in.N, in.N, in.N, in.N, in.N, in.N),
		fmt.Sprintf("%x %X %o %b %06x %4x", in.N, in.N, in.N, in.N, in.N, in.N),
		fmt.Sprintf("%8s|%-8s|%.3s|%5.1s|%q|%10q", in.Name, in.Name, in.Name, in.Name, in.Name, in.Name),
		fmt.Sprintf("%.2f|%8.2f|%-8.1f|%08.3f|%+.0f|%f|%.0f", in.F, in.F, in.F, in.F, in.F, in.F, in.F),
		fmt.Sprintf("%6t|%v|%v|%s", in.OK, in.Tags, []int{in.N, 2}, in.Tags),
		fmt.Sprintf("100%% %5.1f%% %03d", 12.25, 7),
		fmt.Sprint(in.N, in.OK, in.Name, in.N, 1, 2, "x", "y"),
		fmt.Sprintln(in.N, in.Name),
		strconv.FormatInt(int64(in.N), 36)+strconv.FormatFloat(in.F, 'f', 1, 64)+strconv.Quote(in.Name),
	)
	return out, err
}
