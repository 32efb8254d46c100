package machine

import (
	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

type failSpec struct{ name, cause *valueField }

func compileFail(s *asl.State, inJSONata bool) (*failSpec, error) {
	f := &failSpec{}
	var err error
	if f.name, err = compileValueField("Error", s.Error, s.ErrorPath, inJSONata); err != nil {
		return nil, err
	}
	f.cause, err = compileValueField("Cause", s.Cause, s.CausePath, inJSONata)
	return f, err
}

// failState does what a Fail state is for: it fails.
func (s *strand) failState() error {
	a := &activation{run: s.run, strand: s, input: s.effective}
	f := &failure{}
	name, err := s.state.failure.name.text(a)
	if err != nil {
		return err
	}
	f.name = name.String()
	if f.cause, err = s.state.failure.cause.text(a); err != nil {
		return err
	}
	f.unnamed = !name.Present()
	return f
}

// text is the value of a field that takes a string; absent for an absent field.
func (f *valueField) text(a *activation) (history.Text, error) {
	if f == nil {
		return history.Text{}, nil
	}
	v, err := f.eval(a)
	if err != nil {
		return history.Text{}, err
	}
	if v.Kind() != value.String {
		if f.jsonata != nil {
			return history.Text{}, unexpectedType(f.jsonata, "string", v)
		}
		if f.path != nil {
			return history.Text{}, runtimeErrorf("The %sPath parameter does not reference a string value: %s == %s", f.name, f.path.text, v)
		}
	}
	return history.Verbatim(plainText(v)), nil
}
