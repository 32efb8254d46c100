package compile

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	lang "github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/value"
)

// File reads the definition of a workflow that flow.FromFile made, relative to dir, and puts placeholders where its Tasks name what
// flow.Bind binds to handlers. What is wrong is a diag.List.
func File(dir string, w lang.Workflow) (*asl.Definition, error) {
	place := diag.Place{File: w.File()}
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(w.File())))
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, diag.List{{Place: place, Message: "the definition of " + w.Name() + ": " + err.Error()}}
	}
	d, err := asl.Parse(string(text), w.File())
	if err != nil {
		var bad *diag.Diagnostic
		if errors.As(err, &bad) {
			return nil, diag.List{bad}
		}
		return nil, diag.List{{Place: place, Message: err.Error()}}
	}
	return bind(d, w)
}

// bind fills the bindings of w into its definition.
func bind(d *asl.Definition, w lang.Workflow) (*asl.Definition, error) {
	b := binder{to: map[string]string{}, used: map[string]bool{}}
	var wanted []string
	for _, f := range w.Functions() {
		for _, r := range f.Bound {
			b.to[r] = Placeholder(Function, Ref{Package: f.Func.Package, Func: f.Func.Name}.String())
			wanted = append(wanted, r)
		}
	}
	if len(wanted) == 0 {
		return d, nil
	}
	asl.Walk(&d.Machine, func(_ *asl.Machine, s *asl.State) { b.state(s) })
	var unused diag.List
	for _, r := range wanted {
		if !b.used[r] {
			unused = append(unused, &diag.Diagnostic{Place: diag.Place{File: w.File()}, Message: "flow.Bind: no Task calls " + r,
				Hint: "its Tasks call " + strings.Join(b.seen, ", ")})
		}
	}
	d.Tree = asl.ToValue(&d.Machine)
	return d, unused.Err()
}

type binder struct {
	to   map[string]string // what the file names -> the placeholder of its handler
	used map[string]bool
	seen []string // functions that the Tasks call
}

func (b *binder) state(s *asl.State) {
	if s.Type != asl.Task {
		return
	}
	if fn, ok := b.bound(s.Resource); ok {
		s.Resource = fn
		return
	}
	if strings.HasPrefix(s.Resource, "arn:aws:states:::lambda:invoke") {
		s.Arguments, s.Parameters = b.arguments(s.Arguments), b.arguments(s.Parameters)
	}
}

// arguments binds the FunctionName of lambda:invoke.
func (b *binder) arguments(v value.Value) value.Value {
	members := slices.Clone(v.Members())
	for i, m := range members {
		if m.Name == "FunctionName" {
			if fn, ok := b.bound(m.Value.Str()); ok {
				members[i].Value = value.OfString(fn)
				return value.OfObject(members)
			}
		}
	}
	return v
}

// bound is the placeholder for a function that a Task names: as it stands there, as ${NAME}, or by the name in its ARN.
func (b *binder) bound(text string) (string, bool) {
	_, name, isARN := strings.Cut(text, ":function:")
	name, _, _ = strings.Cut(name, ":")
	substitution, isOne := strings.CutPrefix(strings.TrimSuffix(text, "}"), "${")
	for _, key := range []string{text, name, substitution} {
		if fn, ok := b.to[key]; ok && key != "" {
			b.used[key] = true
			return fn, true
		}
	}
	if isARN || isOne {
		b.seen = append(b.seen, text)
	}
	return "", false
}
