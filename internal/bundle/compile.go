package bundle

import (
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/lazyregexp"
)

// CompileError is the go command's word on handlers that it cannot build.
type CompileError struct {
	Handlers []string  // "payments.Charge"
	Findings diag.List // with places relative to the project; never empty
}

func (e *CompileError) Error() string {
	verb := " does not compile:\n"
	if len(e.Handlers) > 1 {
		verb = " do not compile:\n"
	}
	return strings.Join(e.Handlers, ", ") + verb + e.Findings.Error()
}

var goPlace = lazyregexp.New(`^(?:vet: )?(\S+?\.go):(\d+)(?::(\d+))?: (.*)$`)

// compileError reads the go command's output: "# package" lines, then "file:line:column: message" with indented lines after it.
func (t *tool) compileError(text string, units []*unit) error {
	e := &CompileError{}
	broken := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		m := goPlace.FindStringSubmatch(line)
		last := len(e.Findings) - 1
		switch {
		case strings.HasPrefix(line, "# "): // "# example.com/shop [example.com/shop.test]"
			name, _, _ := strings.Cut(line[2:], " ")
			broken[name] = true
		case m != nil:
			e.Findings = append(e.Findings, finding(m))
		case line == "" || strings.HasPrefix(line, "too many errors"):
		case last >= 0 && (line[0] == '\t' || line[0] == ' '):
			e.Findings[last].Message += "; " + strings.TrimSpace(line)
		default:
			e.Findings = append(e.Findings, &diag.Diagnostic{Code: "GO", Message: line})
		}
	}
	if len(e.Findings) == 0 {
		e.Findings = diag.List{{Code: "GO", Message: "the go command fails and does not say why: " + strconv.Quote(text)}}
	}
	e.Handlers = namesOf(units, broken)
	return e
}

func finding(m []string) *diag.Diagnostic {
	line, _ := strconv.Atoi(m[2])
	column, _ := strconv.Atoi(m[3])
	return &diag.Diagnostic{Code: "GO", Place: diag.Place{File: strings.TrimPrefix(m[1], "./"), Line: line, Column: column}, Message: m[4]}
}

// namesOf are the handlers that need a broken package; all where none is known to.
func namesOf(units []*unit, broken map[string]bool) []string {
	var all, hit []string
	for _, u := range units {
		all = append(all, u.Name())
		for p := range broken {
			if u.deps[p] || u.Package == p {
				hit = append(hit, u.Name())
				break
			}
		}
	}
	if len(hit) == 0 {
		return all
	}
	return hit
}
