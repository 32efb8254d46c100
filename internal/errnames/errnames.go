// Package errnames names the errors of handlers that run in this process as their Lambda functions report them. There a generated
// main compares an error with the variables that the workflow matches; here only their names are known, and what the source says
// of how they are made. Where that leaves a doubt, the caller is told, so that no run goes another way than on AWS unseen.
// flowtest and the command run call it.
package errnames

import (
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"

	"github.com/stride-aws/stride/internal/compile"
	"github.com/stride-aws/stride/internal/lambdamain"
)

// Finder knows the errors that a workflow matches.
type Finder struct {
	Matched []compile.ErrorMatch
	// Known are variables that somebody has named, by their names: they are compared themselves.
	Known map[string]error
	// Doubt is told why it cannot be said whether an error is variable, "inventory.ErrSold", which the workflow matches.
	Doubt func(variable string, why error)
}

// Names is what the handlers report their errors under.
func (f *Finder) Names() lambdamain.Names {
	types := map[string]string{}
	for _, m := range f.Matched {
		if m.Type && !m.Service {
			types[lambdamain.TypeKey(m.Package, m.Ident, m.Pointer)] = m.Name
		}
	}
	return lambdamain.Names{Types: types, Value: f.variable}
}

var (
	plain    = reflect.TypeOf(errors.New(""))
	wrapping = reflect.TypeOf(fmt.Errorf("%w", io.EOF))
)

// variable is the name of the variable that err is.
func (f *Finder) variable(err error) string {
	var doubtful *compile.ErrorMatch
	for i := range f.Matched {
		m := &f.Matched[i]
		known := f.Known[m.Ident]
		switch {
		case m.Type || known != nil && known != err || known == nil && !like(m.Variable, err):
		case known != nil || m.Variable.Doubt == "":
			return m.Name
		case doubtful == nil || m.Variable.Text != "":
			doubtful = m
		}
	}
	if doubtful != nil {
		name := path.Base(doubtful.Package) + "." + doubtful.Ident
		f.Doubt(name, fmt.Errorf("the workflow matches %s, and only its Lambda function can say whether the error %q is that variable: %s",
			name, err, doubtful.Variable.Doubt))
	}
	return ""
}

// like says whether err is made as v is; where nothing is known of v, any error may be.
func like(v compile.Variable, err error) bool {
	t := reflect.TypeOf(err)
	switch {
	case v.Zero != "":
		return t.PkgPath()+"."+t.Name() == v.Zero && reflect.Zero(t).Interface() == any(err)
	case v.Text == "":
		return true
	case v.Wraps:
		return t == wrapping && err.Error() == v.Text
	}
	return t == plain && err.Error() == v.Text
}
