package lint

import (
	"errors"
	"strings"

	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/value"
)

// expressionOf is the text between "{%" and "%}". whole is false where only one of the two stands there.
func expressionOf(text string) (source string, is, whole bool) {
	opened, closed := strings.HasPrefix(text, "{%"), strings.HasSuffix(text, "%}")
	if !opened || !closed || len(text) < len("{%%}") {
		return "", opened, !opened
	}
	return strings.TrimSpace(text[2 : len(text)-2]), true, true
}

// maybeExpression checks the text if it is an expression, and says whether it is.
func (v *validator) maybeExpression(pointer string, x value.Value) bool {
	source, is, whole := expressionOf(x.Str())
	switch {
	case v.placeholder(x):
		return true
	case !whole:
		v.schema(pointer, "JSONata string must start with {%% and end with %%}")
	case is:
		v.expression(pointer, source)
	}
	return is
}

func (v *validator) expression(pointer, source string) {
	e, err := jsonata.Compile(source)
	var mistake *jsonata.Error
	if errors.As(err, &mistake) {
		v.error(InvalidJSONata, pointer, "%s", mistake.Message)
		return
	}
	seen := map[string]bool{}
	for _, r := range e.ContextReads() {
		if !seen[r.Text] {
			seen[r.Text] = true
			v.error(UnsupportedJSONata, pointer, "Reference to '%s' at the top level is not supported.", r.Text)
		}
	}
	v.errorOutput(pointer, source)
}

// errorOutput is refused outside a Catch, the only place of $states.errorOutput. AWS: "Field '$states.errorOutput' does not exist."
func (v *validator) errorOutput(pointer, source string) {
	if strings.Contains(pointer, "/Catch/") || !strings.Contains(textsAndNotes.ReplaceAllString(source, `""`), "$states.errorOutput") {
		return
	}
	v.error(UnsupportedJSONata, pointer, "Field '$states.errorOutput' does not exist.")
}
