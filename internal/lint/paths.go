package lint

import (
	"strings"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/jsonpath"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/value"
)

// AWS's words about paths.
const (
	notAPath      = "Value must be a valid JSONPath."
	notAReference = "Value is not a Reference Path"
	noDollarSign  = notAReference + ": Reference path didn't start with '$'"
)

// isPath wants a path that begins with '$'.
func (v *validator) isPath(pointer string, x value.Value) bool {
	_, err := jsonpath.Compile(x.Str())
	ok := err == nil && strings.HasPrefix(x.Str(), "$")
	if !ok {
		v.schema(pointer, notAPath)
	}
	return ok
}

// nullablePath is InputPath and OutputPath.
func nullablePath(v *validator, pointer string, x value.Value) {
	if x.Kind() != value.Null {
		v.isPath(pointer, x)
	}
}

// resultPath is null or a reference path into the input: neither into the context object nor into a variable.
func resultPath(v *validator, pointer string, x value.Value) {
	if x.Kind() == value.Null || !v.isPath(pointer, x) {
		return
	}
	if r, err := jsonpath.CompileReference(x.Str()); err != nil || r.Context() || r.Variable() != "" {
		v.schema(pointer, notAReference)
	}
}

// referencePath is a reference path, also one into the context object or a variable.
func referencePath(v *validator, pointer string, x value.Value) {
	if !v.isPath(pointer, x) {
		return
	}
	if _, err := jsonpath.CompileReference(x.Str()); err != nil {
		v.schema(pointer, notAReference)
	}
}

// comparedPath is a rule's Variable, or the operand of a comparison with a path. AWS documents a reference path; deployed
// definitions have [(@.length-1)] there.
func comparedPath(v *validator, pointer string, x value.Value) {
	switch _, err := jsonpath.Compile(x.Str()); {
	case v.placeholder(x):
	case !strings.HasPrefix(x.Str(), "$"):
		v.schema(pointer, noDollarSign)
	case err != nil:
		v.schema(pointer, notAReference)
	}
}

// stringFunctions are the intrinsics that ErrorPath and CausePath take. AWS developer guide, "Fail workflow state".
var stringFunctions = map[string]bool{
	"States.Format": true, "States.JsonToString": true, "States.ArrayGetItem": true, "States.Base64Encode": true,
	"States.Base64Decode": true, "States.Hash": true, "States.UUID": true,
}

func stringPath(v *validator, pointer string, x value.Value) {
	e, err := jsonpath.CompileExpr(x.Str())
	call, isCall := e.(*jsonpath.Intrinsic)
	if err != nil || isCall && !stringFunctions[call.Name()] {
		v.schema(pointer, "The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call that returns a string", lastPart(pointer))
	}
}

func lastPart(pointer string) string { return pointer[strings.LastIndexByte(pointer, '/')+1:] }

// template is a payload template: in every object inside it, the value of a field whose name ends in ".$" is a path or a call.
func template(v *validator, pointer string, x value.Value) {
	for i, one := range x.Items() {
		template(v, item(pointer, i), one)
	}
	for _, m := range x.Members() {
		name, dynamic := strings.CutSuffix(m.Name, ".$")
		switch {
		case !dynamic:
			template(v, child(pointer, m.Name), m.Value)
			continue
		case has(x, name):
			v.schema(pointer, "The field '%s' stands there twice, with and without '.$'", name)
		}
		if _, err := jsonpath.CompileExpr(m.Value.Str()); err != nil && !v.placeholder(m.Value) {
			v.schema(pointer, "The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call", m.Name)
		}
	}
}

// selector is a template of either language.
func selector(v *validator, pointer string, x value.Value) {
	if v.language == asl.JSONata {
		anyTemplate(v, pointer, x)
		return
	}
	template(v, pointer, x)
}

// anyTemplate is any JSON with expressions in its strings.
func anyTemplate(v *validator, pointer string, x value.Value) {
	if x.Kind() == value.String {
		v.maybeExpression(pointer, x)
	}
	for i, one := range x.Items() {
		anyTemplate(v, item(pointer, i), one)
	}
	for _, m := range x.Members() {
		anyTemplate(v, child(pointer, m.Name), m.Value)
	}
}

// objectTemplate is an object, or an expression that gives one.
func objectTemplate(v *validator, pointer string, x value.Value) {
	if x.Kind() == value.String && v.maybeExpression(pointer, x) || x.Kind() == value.Object {
		anyTemplate(v, pointer, x)
		return
	}
	v.schema(pointer, "The value for the field '%s' must be an object or a valid JSONata expression", lastPart(pointer))
}

// assign is an object whose names are variables.
func assign(v *validator, pointer string, x value.Value) {
	if !v.kind(pointer, x, value.Object) {
		return
	}
	for _, m := range x.Members() {
		name := m.Name
		if v.language == asl.JSONPath {
			name = strings.TrimSuffix(name, ".$")
		}
		switch {
		case name == "states":
			v.error(ReservedVariableName, child(pointer, m.Name), "Cannot assign to reserved variable '$states'.")
		case !identifier.MatchString(name) || utf8.RuneCountInString(name) > maxName:
			v.error(InvalidVariableName, child(pointer, m.Name), "Invalid variable name '%s': the variable name contains invalid characters.", name)
		}
	}
	selector(v, pointer, x)
}

// identifier is a variable's name. AWS developer guide, "Passing data between states with variables".
var identifier = lazyregexp.New(`^[\pL\p{Nl}_][\pL\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$`)

// credentials name the role to assume. AWS: "The field 'RoleArn' is required but was missing".
func credentials(v *validator, pointer string, x value.Value) {
	if !v.kind(pointer, x, value.Object) {
		return
	}
	if !has(x, "RoleArn") && !has(x, "RoleArn.$") {
		v.schema(pointer, "The field 'RoleArn' is required but was missing")
	}
	selector(v, pointer, x)
}

// suspicious gives AWS's warnings: texts that look like paths where AWS takes them literally.
func (v *validator) suspicious(pointer string, x value.Value) {
	if v.language != asl.JSONPath {
		return
	}
	for _, name := range []string{"Parameters", "ItemSelector", "ResultSelector", "Assign"} {
		part, _ := x.Get(name)
		v.noDollar(child(pointer, name), part)
	}
	for _, name := range []string{"Error", "Cause", "Timestamp"} {
		if text, _ := x.Get(name); looksLikePath(text) {
			v.warn(NoPath, child(pointer, name), "The value of '%s' looks like a path, but the name of the field does not end with 'Path'", name)
		}
	}
}

func (v *validator) noDollar(pointer string, x value.Value) {
	for i, one := range x.Items() {
		v.noDollar(item(pointer, i), one)
	}
	for _, m := range x.Members() {
		if looksLikePath(m.Value) && !strings.HasSuffix(m.Name, ".$") {
			v.warn(NoDollar, child(pointer, m.Name), "The name of the field '%s' does not end with '.$', but its value looks like a JSONPath or intrinsic function", m.Name)
		}
		v.noDollar(child(pointer, m.Name), m.Value)
	}
}

// static warns of a path in a Pass state's Result, which is always literal.
func (v *validator) static(pointer string, x value.Value) {
	result, ok := x.Get("Result")
	if ok && pathInside(result) {
		v.warn(PassResultIsStatic, child(pointer, "Result"), "A path in the Result of a Pass state is not evaluated")
	}
}

func pathInside(x value.Value) bool {
	for _, m := range x.Members() {
		if strings.HasSuffix(m.Name, ".$") && looksLikePath(m.Value) || pathInside(m.Value) {
			return true
		}
	}
	for _, one := range x.Items() {
		if pathInside(one) {
			return true
		}
	}
	return looksLikePath(x)
}

func looksLikePath(x value.Value) bool {
	text := x.Str()
	return strings.HasPrefix(text, "$.") || strings.HasPrefix(text, "$$.") || strings.HasPrefix(text, "States.") && strings.HasSuffix(text, ")")
}
