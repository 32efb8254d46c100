package cli

// The rules of everything that stride prints:
//
//   - Data, what a command was asked for, goes to stdout; talk (progress, questions, errors, hints) goes to stderr.
//   - -o json prints one JSON document, or one a line where things arrive over time; nothing else goes to stdout then.
//   - Lower case, no period. An error says what, where and what to do; below it stands at most one hint that can be pasted.
//   - Colour and redrawn lines only on a terminal, never with NO_COLOR, TERM=dumb or --no-color. Meaning is never in colour alone.
//   - Questions only on a terminal and not in CI; -y answers them. Where nobody can answer, the command stops and names the flag.
//   - An id is printed as soon as it is known, with the next command to type.

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/stride-aws/stride/internal/observe"
)

// printer prints by the rules above.
type printer struct {
	in       io.Reader
	out, err io.Writer
	paintOut bool // colours on stdout
	paintErr bool // colours on stderr
	yes      bool
}

func newPrinter(in io.Reader, out, err io.Writer) *printer {
	plain := os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb"
	return &printer{in: in, out: out, err: err, paintOut: !plain && isTerminal(out), paintErr: !plain && isTerminal(err)}
}

func (p *printer) configure(g globals) {
	if g.NoColor {
		p.paintOut, p.paintErr = false, false
	}
	p.yes = g.Yes
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull) // a character device too
	return err != nil || !os.SameFile(info, null)
}

// inCI is true where no person is watching, by the variable that every CI system sets.
func inCI() bool { v := os.Getenv("CI"); return v != "" && v != "false" && v != "0" }

// print writes data.
func (p *printer) print(format string, args ...any) { fmt.Fprintf(p.out, format, args...) }

// printJSON writes v as one indented JSON document.
func (p *printer) printJSON(v any) error { return p.encode(v, "  ") }

// printLine writes v as JSON in one line, where things arrive over time.
func (p *printer) printLine(v any) error { return p.encode(v, "") }

func (p *printer) encode(v any, indent string) error {
	text, err := encodeJSON(v, indent)
	if err != nil {
		return err
	}
	_, err = p.out.Write(text)
	return err
}

// encodeJSON is v as JSON, with a line end. What a terminal would obey is escaped: machines read the same, and people are safe.
func encodeJSON(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	err := enc.Encode(v)
	return observe.CleanJSON(b.Bytes()), err
}

// talk writes to the person: progress, errors.
func (p *printer) talk(format string, args ...any) { fmt.Fprintf(p.err, format, args...) }

// hint writes the next thing to type.
func (p *printer) hint(text string) { p.talk("%s %s\n", p.faint("next:"), text) }

func (p *printer) red(s string) string   { return paint(p.paintErr, "31", s) }
func (p *printer) faint(s string) string { return paint(p.paintErr, "2", s) }

func paint(on bool, code, s string) string {
	if !on {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// confirm asks a yes-or-no question, which --yes has answered.
func (p *printer) confirm(question string) (bool, error) {
	if p.yes {
		return true, nil
	}
	return p.ask(question, "--yes")
}

// ask asks a yes-or-no question. Where nobody can answer it is an error that names the flag.
func (p *printer) ask(question, flag string) (bool, error) {
	if inCI() || !isTerminal(p.in) {
		return false, fmt.Errorf("%s: nobody here to answer; add %s to go ahead", question, flag)
	}
	p.talk("%s [y/N] ", question)
	line, err := bufio.NewReader(p.in).ReadString('\n')
	if err != nil && line == "" {
		return false, err
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}
