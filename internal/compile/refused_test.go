package compile_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/diag"
)

const refusedFile = "testdata/refused/refused.go"

var (
	wantComment  = regexp.MustCompile(`// want (".*")$`)
	workflowLine = regexp.MustCompile(`^func ([A-Z]\w*)\(c flow\.Context, `)
)

// TestRefused compiles each function of the file and compares the findings with the comments beside their causes.
func TestRefused(t *testing.T) {
	const pkg = "github.com/stride-aws/stride/internal/compile/testdata/refused"
	wanted, functions := readRefused(t)
	handlers := []compile.Handler{{Package: pkg, Func: "Handle"}, {Package: pkg, Func: "Opaque"}}
	source, err := compile.Load(".", []compile.Workflow{{Package: pkg, Functions: handlers}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range functions {
		_, err := source.Compile(compile.Workflow{Name: name, Package: pkg, Func: name, Functions: handlers})
		var found diag.List
		if !errors.As(err, &found) {
			t.Errorf("%s was not refused: %v", name, err)
			continue
		}
		for _, d := range found {
			text := d.Message + "; " + d.Hint
			if !take(wanted, d.Place.Line, text) {
				t.Errorf("unexpected: %v", d)
			}
		}
	}
	for line, patterns := range wanted {
		for _, p := range patterns {
			t.Errorf("%s:%d: no finding matches %q", refusedFile, line, p)
		}
	}
}

// take removes the first expectation of a line that text matches.
func take(wanted map[int][]string, line int, text string) bool {
	for i, p := range wanted[line] {
		if regexp.MustCompile(p).MatchString(text) {
			wanted[line] = append(wanted[line][:i:i], wanted[line][i+1:]...)
			return true
		}
	}
	return false
}

func readRefused(t *testing.T) (wanted map[int][]string, functions []string) {
	t.Helper()
	f, err := os.Open(refusedFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	wanted = map[int][]string{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if m := workflowLine.FindStringSubmatch(lines.Text()); m != nil {
			functions = append(functions, m[1])
		}
		if m := wantComment.FindStringSubmatch(lines.Text()); m != nil {
			wanted[n] = unquoteAll(t, m[1])
		}
	}
	if len(functions) == 0 {
		t.Fatal("no functions in " + refusedFile)
	}
	return wanted, functions
}

func unquoteAll(t *testing.T, text string) []string {
	t.Helper()
	var out []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			t.Fatal(fmt.Errorf("%s: %w", text, err))
		}
		s, _ := strconv.Unquote(quoted)
		out = append(out, s)
		text = text[len(quoted):]
	}
	return out
}
