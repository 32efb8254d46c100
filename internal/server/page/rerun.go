package page

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// rerunSuffix ends the name of the machine that runs parts of another again, rerunTag marks it as made for that.
const (
	rerunSuffix = "-rerun"
	rerunTag    = "stride:rerun"
)

// longestName is that of a machine and of a state. AWS: CreateStateMachine, name <= 80 characters; a state's, too.
const longestName = 80

// rerun starts an execution that begins at a state in the middle, with an input and variables of its own. Step Functions has no
// such call: a machine beside the execution's, with the suffix "-rerun", gets the definition with one more state in front, which
// gives the input and the variables. It answers with the executionArn.
func (p *Page) rerun(r *http.Request, body []byte) (any, error) {
	request, err := value.Parse(string(body))
	if err != nil {
		return nil, &failure{http.StatusBadRequest, err.Error()}
	}
	get := func(name string) value.Value { v, _ := request.Get(name); return v }
	execution := get("execution").Str()
	m, err := p.describe(r.Context(), "", execution)
	if err != nil {
		return nil, err
	}
	definition, err := beginAt(m.Definition, get("state").Str(), get("input"), get("variables"))
	if err != nil {
		return nil, err
	}
	machine, err := p.rerunMachine(r.Context(), m, definition)
	if err != nil {
		return nil, err
	}
	var began struct{ Input *string }
	if err := p.call(r.Context(), execution, "DescribeExecution", map[string]string{"executionArn": execution}, &began); err != nil {
		return nil, err
	}
	in := map[string]any{"stateMachineArn": machine}
	if began.Input != nil {
		in["input"] = *began.Input
	}
	var started struct {
		ExecutionArn string `json:"executionArn"`
	}
	err = p.call(r.Context(), machine, "StartExecution", in, &started)
	return started, err
}

// rerunMachine is the version of the machine beside m that has the definition.
func (p *Page) rerunMachine(ctx context.Context, m *described, definition string) (string, error) {
	name := cut(strings.TrimSuffix(m.Name, rerunSuffix), longestName-len(rerunSuffix)) + rerunSuffix
	arn := m.StateMachineArn[:strings.Index(m.StateMachineArn, ":stateMachine:")] + ":stateMachine:" + name
	in := map[string]any{"definition": definition, "roleArn": m.RoleArn, "publish": true}
	if len(m.LoggingConfiguration) > 0 {
		in["loggingConfiguration"] = m.LoggingConfiguration
	}
	var out struct{ StateMachineVersionArn string }
	var tags struct{ Tags []struct{ Key string } }
	if err := p.call(ctx, arn, "ListTagsForResource", map[string]string{"resourceArn": arn}, &tags); err != nil { // it is not there
		in["name"], in["tags"] = name, []map[string]string{{"key": rerunTag, "value": m.Name}}
		err := p.call(ctx, arn, "CreateStateMachine", in, &out)
		return out.StateMachineVersionArn, err
	}
	if !slices.ContainsFunc(tags.Tags, func(t struct{ Key string }) bool { return t.Key == rerunTag }) {
		return "", &failure{http.StatusConflict, "there is a state machine " + name + " that was not made for this; rename it"}
	}
	in["stateMachineArn"] = arn
	err := p.call(ctx, arn, "UpdateStateMachine", in, &out)
	return out.StateMachineVersionArn, err
}

// beginAt is a definition that gives input and variables to one of its states and goes on there. What is put in front is a Choice
// that never goes the old way: Step Functions takes no state that cannot be reached.
func beginAt(definition, state string, input, variables value.Value) (string, error) {
	d, err := value.Parse(definition)
	if err != nil {
		return "", err
	}
	start, states := withoutBegin(d)
	if _, ok := states.Get(state); !ok {
		return "", &failure{http.StatusBadRequest, strconv.Quote(state) + " is no state of the top level"}
	}
	begin := cut("Run from "+state, longestName)
	for _, taken := states.Get(begin); taken; _, taken = states.Get(begin) {
		begin = cut(begin, longestName-1) + "'"
	}
	never := value.OfObject([]value.Member{{Name: "Condition", Value: value.OfString("{% false %}")}, {Name: "Next", Value: start}})
	members := []value.Member{
		{Name: "Type", Value: value.OfString("Choice")}, {Name: "QueryLanguage", Value: value.OfString("JSONata")},
		{Name: "Comment", Value: value.OfString(beginComment)},
		{Name: "Choices", Value: value.OfArray([]value.Value{never})},
		{Name: "Output", Value: literal(input)},
	}
	if variables.Len() > 0 {
		members = append(members, value.Member{Name: "Assign", Value: literal(variables)})
	}
	members = append(members, value.Member{Name: "Default", Value: value.OfString(state)})
	return d.With("StartAt", value.OfString(begin)).With("States", states.With(begin, value.OfObject(members))).String(), nil
}

// beginComment tells the state that beginAt puts in front.
const beginComment = "put here by stride, to begin in the middle"

// withoutBegin are where a definition starts and its states, less the one that beginAt put in front of it.
func withoutBegin(d value.Value) (start, states value.Value) {
	start, _ = d.Get("StartAt")
	states, _ = d.Get("States")
	begin, _ := states.Get(start.Str())
	if comment, _ := begin.Get("Comment"); comment.Str() != beginComment {
		return start, states
	}
	choices, _ := begin.Get("Choices")
	if choices.Len() == 0 {
		return start, states
	}
	first, _ := choices.At(0).Get("Next")
	rest := slices.DeleteFunc(slices.Clone(states.Members()), func(m value.Member) bool { return m.Name == start.Str() })
	return first, value.OfObject(rest)
}

// literal is v as a JSONata state's template that means v: a text that would be an expression becomes one that is this text.
func literal(v value.Value) value.Value {
	switch v.Kind() {
	case value.String:
		if strings.HasPrefix(v.Str(), "{%") {
			return value.OfString("{% " + v.String() + " %}")
		}
	case value.Array:
		items := slices.Clone(v.Items())
		for i := range items {
			items[i] = literal(items[i])
		}
		return value.OfArray(items)
	case value.Object:
		members := slices.Clone(v.Members())
		for i := range members {
			members[i].Value = literal(members[i].Value)
		}
		return value.OfObject(members)
	}
	return v
}

func cut(s string, characters int) string {
	if r := []rune(s); len(r) > characters {
		return string(r[:characters])
	}
	return s
}
