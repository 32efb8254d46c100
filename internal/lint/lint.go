// Package lint judges definitions. A definition goes in, findings come out: Validate's are what AWS refuses when a state machine is
// created, in AWS's codes, words and places; Check adds what people regret later. compile, project and cli call Check, the local
// AWS calls Validate, `stride explain` prints Codes.
//
// Validate first holds the definition's text against a table of the fields that each kind of object has (schema.go, checked by
// shape.go and values.go, expressions by paths.go and jsonata.go); only where that finds nothing does it follow the transitions
// (graph.go), as AWS does.
package lint

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/value"
)

// Options say what the definition is for.
type Options struct {
	// Type is STANDARD (the default) or EXPRESS.
	Type string
	// Placeholders allows "${Name}", which CloudFormation and SAM substitute, wherever another value belongs.
	Placeholders bool
	// Knows says whether AWS has the operation of the service that an aws-sdk integration names ("dynamodb", "getItem"). nil: it
	// has all.
	Knows func(service, operation string) bool
}

// Check is all that there is to say about d: Validate's findings and, where d could be created, stride's own.
func Check(d *asl.Definition, o Options) diag.List {
	list := Validate(d, o)
	if len(list.Errors()) > 0 {
		return list
	}
	r := &regret{def: d, opts: o, list: list}
	r.check()
	return r.list
}

// Validate is what CreateStateMachine and ValidateStateMachineDefinition say about d: errors, for which AWS refuses it, and the
// warnings of AWS's (NO_DOLLAR, NO_PATH, PASS_RESULT_IS_STATIC).
func Validate(d *asl.Definition, o Options) diag.List {
	v := &validator{def: d, opts: o, language: asl.JSONPath}
	tree := d.Tree
	if !tree.Defined() {
		tree = asl.ToValue(&d.Machine)
	}
	v.machine(tree)
	if len(v.list.Errors()) == 0 {
		v.graph()
	}
	return v.list
}

// Location is a JSON Pointer as AWS writes places: "/States/Choose/Choices[0]/Next", and "/" for the whole definition. AWS gives none
// with MISSING_END_STATE.
func Location(pointer string) string {
	if pointer == "" {
		return "/"
	}
	var b strings.Builder
	name := false // the next part is a state's name, even if it is a number
	for _, part := range strings.Split(pointer[1:], "/") {
		if _, err := strconv.Atoi(part); err == nil && !name {
			b.WriteString("[" + part + "]")
			continue
		}
		name = part == "States" && !name
		b.WriteString("/" + pointerText.Replace(part))
	}
	return b.String()
}

var pointerText = strings.NewReplacer("~1", "/", "~0", "~")

// Refusal is the message of AWS's InvalidDefinition: all errors of the list in one line. AWS: "Invalid State Machine Definition:
// 'CODE: TEXT at /PLACE, CODE: TEXT at /PLACE'".
func Refusal(list diag.List) string {
	var parts []string
	for _, d := range list.Errors() {
		at := Location(d.Place.Pointer)
		if d.Code == MissingEndState {
			at = "null"
		}
		parts = append(parts, d.Code+": "+d.Message+" at "+at)
	}
	return "Invalid State Machine Definition: '" + strings.Join(parts, ", ") + "'"
}

// validator collects what AWS would say.
type validator struct {
	def      *asl.Definition
	opts     Options
	list     diag.List
	language string // of the state that is being looked at
	states   map[string]bool
	labels   map[string]bool
}

func (v *validator) error(code, pointer, format string, args ...any) {
	v.list = append(v.list, &diag.Diagnostic{
		Code: code, Severity: diag.Error, Place: v.def.Place(pointer), Message: fmt.Sprintf(format, args...),
	})
}

// schema is an error of the shape.
func (v *validator) schema(pointer, format string, args ...any) {
	v.error(SchemaValidationFailed, pointer, format, args...)
}

func (v *validator) warn(code, pointer, format string, args ...any) {
	v.error(code, pointer, format, args...)
	v.list[len(v.list)-1].Severity = diag.Warning
}

// placeholder says whether x stands for a value that is filled in later.
func (v *validator) placeholder(x value.Value) bool { return v.placeholderText(x.Str()) }

func (v *validator) placeholderText(text string) bool {
	start := strings.Index(text, "${")
	return v.opts.Placeholders && start >= 0 && strings.Contains(text[start:], "}")
}

func child(pointer, name string) string { return pointer + "/" + asl.EscapePointer(name) }

func item(pointer string, i int) string { return pointer + "/" + strconv.Itoa(i) }
