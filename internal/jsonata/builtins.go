package jsonata

import (
	"sync"

	"github.com/stride-aws/stride/internal/value"
)

// builtin is a function of the language.
type builtin struct {
	signature *signature
	arity     int // of the reference's implementation: how many arguments $map and the like pass to it
	impl      func(r *run, args []value.Value) (value.Value, error)
}

type definition struct {
	name, signature string
	arity           int
	impl            func(r *run, args []value.Value) (value.Value, error)
}

func mustSignature(text string) *signature {
	s, err := parseSignature(text)
	if err != nil {
		panic(err)
	}
	return s
}

// fits reports whether the arguments are right as they are, one for each parameter but optional ones at the end.
func (s *signature) fits(args []value.Value) bool {
	if len(args) > len(s.params) {
		return false
	}
	for i := len(args); i < len(s.params); i++ {
		if p := &s.params[i]; !p.optional || p.context {
			return false
		}
	}
	for i := range args {
		p := &s.params[i]
		if p.repeated || p.takes&typeOf(args[i]) == 0 {
			return false
		}
		if p.kind == 'a' && args[i].Defined() && (args[i].Kind() != value.Array || p.subtype != "" && !p.holds(args[i], arrayType, 1)) {
			return false
		}
	}
	return true
}

var (
	countBuiltin = newBuiltin(definition{"count", "<a:n>", 1, count})
	cloneBuiltin = newBuiltin(definition{"clone", "<(oa)-:o>", 1, clone})
)

func newBuiltin(d definition) *builtin { return &builtin{mustSignature(d.signature), d.arity, d.impl} }

var builtins = sync.OnceValue(func() map[string]value.Value {
	all := map[string]value.Value{
		"count": (&function{builtin: countBuiltin}).value(),
		"clone": (&function{builtin: cloneBuiltin}).value(),
	}
	for _, list := range [][]definition{stringFunctions, numberFunctions, arrayFunctions, objectFunctions, timeFunctions, awsFunctions} {
		for _, d := range list {
			all[d.name] = (&function{builtin: newBuiltin(d)}).value()
		}
	}
	return all
})

// builtinValue is the function called name, or Undefined.
func builtinValue(name string) value.Value { return builtins()[name] }
