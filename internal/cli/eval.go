package cli

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stride-aws/stride/internal/jsonata"
	"github.com/stride-aws/stride/internal/jsonpath"
	"github.com/stride-aws/stride/internal/value"
)

// evalCommand lets cases from outside run through the expression engines: each line of stdin is a case, each line of stdout its
// answer, in the same order. It is for judges, not for users, and stands in no help.
func evalCommand(a *app) *cli.Command {
	engine := func(name, usage string, answer func(value.Value) value.Value) *cli.Command {
		return &cli.Command{Name: name, Usage: usage, Hidden: true, Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0); err != nil {
				return err
			}
			return evalLines(a.Stdin, a.Stdout, answer)
		}}
	}
	return &cli.Command{
		Name: "eval", Category: groupMore, Usage: "evaluate one case a line", Hidden: true,
		Subcommands: []*cli.Command{
			engine("jsonata", `{"expr":…,"input":…,"bindings":…,"timelimit":ms,"depth":…} a line`, evalJSONata),
			engine("jsonpath", `{"path":…,"document":…} a line; path may be an intrinsic function`, evalJSONPath),
		},
	}
}

// evalLines answers each line as it comes.
func evalLines(in io.Reader, out io.Writer, answer func(value.Value) value.Value) error {
	lines, answers := bufio.NewReaderSize(in, 1<<16), bufio.NewWriter(out)
	for {
		line, err := lines.ReadString('\n')
		if line = strings.TrimSpace(line); line != "" {
			answers.Write(append(answerLine(line, answer).AppendJSON(nil), '\n'))
		}
		if err == nil && lines.Buffered() > 0 {
			continue
		}
		if flushed := answers.Flush(); flushed != nil {
			return flushed
		}
		if err != nil {
			return endOfInput(err)
		}
	}
}

func endOfInput(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

func answerLine(line string, answer func(value.Value) value.Value) value.Value {
	question, err := value.Parse(line)
	if err != nil {
		return failure(member("message", "the line is not JSON: "+err.Error()))
	}
	return answer(question)
}

func member(name, text string) value.Member {
	return value.Member{Name: name, Value: value.OfString(text)}
}

// failure is {"error":{…}}.
func failure(members ...value.Member) value.Value {
	return value.OfObject([]value.Member{{Name: "error", Value: value.OfObject(members)}})
}

func success(v value.Value) value.Value {
	return value.OfObject([]value.Member{{Name: "result", Value: v}})
}

func evalJSONPath(question value.Value) value.Value {
	path, _ := question.Get("path")
	doc, _ := question.Get("document")
	v, err := func() (value.Value, error) {
		if strings.HasPrefix(path.Str(), "States.") {
			in, err := jsonpath.CompileIntrinsic(path.Str())
			if err != nil {
				return value.Value{}, err
			}
			return in.Eval(jsonpath.Scope{Input: doc})
		}
		p, err := jsonpath.Compile(path.Str())
		if err != nil {
			return value.Value{}, err
		}
		return p.Eval(jsonpath.Scope{Input: doc})
	}()
	if err != nil {
		return failure(member("message", err.Error()))
	}
	return success(v)
}

func evalJSONata(question value.Value) value.Value {
	source, _ := question.Get("expr")
	input, _ := question.Get("input")
	bindings, _ := question.Get("bindings")
	expr, err := jsonata.Compile(source.Str())
	var v value.Value
	if err == nil {
		v, err = expr.Eval(jsonata.Input{Data: input, Lookup: bindings.Get, Limits: limits(question), NestedFunctions: true})
	}
	switch mistake := (*jsonata.Error)(nil); {
	case errors.As(err, &mistake):
		return failure(member("code", mistake.Code), member("message", mistake.Message))
	case err != nil:
		return failure(member("message", err.Error()))
	}
	if v = withoutFunctions(v); !v.Defined() {
		return value.OfObject([]value.Member{{Name: "undefined", Value: value.True}})
	}
	return success(v)
}

func limits(question value.Value) jsonata.Limits {
	timelimit, _ := question.Get("timelimit")
	depth, _ := question.Get("depth")
	return jsonata.Limits{Time: time.Duration(timelimit.Float()) * time.Millisecond, Depth: int(depth.Float())}
}

// withoutFunctions is v as JSON can hold it, by the rules of JavaScript's JSON.stringify: a function is nothing, null in an array.
func withoutFunctions(v value.Value) value.Value {
	switch v.Kind() {
	case value.Func:
		return value.Value{}
	case value.Array:
		items := make([]value.Value, v.Len())
		for i, item := range v.Items() {
			if items[i] = withoutFunctions(item); !items[i].Defined() {
				items[i] = value.NullValue
			}
		}
		return value.OfArray(items)
	case value.Object:
		var members []value.Member
		for _, m := range v.Members() {
			if x := withoutFunctions(m.Value); x.Defined() {
				members = append(members, value.Member{Name: m.Name, Value: x})
			}
		}
		return value.OfObject(members)
	}
	return v
}
