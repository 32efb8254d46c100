package compile

import (
	"go/ast"
	"go/types"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// flowPath is the import path of the workflow language.
const flowPath = "github.com/stride-aws/stride/flow"

const payloadPath = flowPath + "/payload" // of Ref

// callOne is a call in an expression: exactly one result.
func (x *eval) callOne(e *ast.CallExpr) sym {
	out := x.call(e)
	if len(out) != 1 {
		return sym{e: null, t: x.typeOf(e)}
	}
	return out[0]
}

// call is the results of a call that has no steps.
func (x *eval) call(e *ast.CallExpr) []sym {
	if tv := x.pkg.info.Types[e.Fun]; tv.IsType() {
		return []sym{x.convert(e, x.expr(e.Args[0]), x.typeOf(e))}
	} else if tv.IsBuiltin() {
		return []sym{x.builtin(e)}
	}
	fn := x.callee(e)
	if fn == nil {
		return x.callValue(e)
	}
	if isErrorTest(fn) {
		return []sym{{e: x.truth(e), t: x.typeOf(e)}}
	}
	if form, ok := library[fullName(fn)]; ok {
		return x.libraryCall(e, form)
	}
	if form, ok := several[fullName(fn)]; ok {
		values := form(x, e, x.exprs(e.Args))
		results := fn.Signature().Results()
		for i := range values {
			if values[i].t == nil {
				values[i].t = results.At(i).Type()
			}
		}
		return values
	}
	if fn.Pkg() != nil && fn.Pkg().Path() == payloadPath {
		return x.refCall(e, fn)
	}
	if x.hasSteps(fn) {
		return []sym{x.bad(e, fn.Name()+" has steps: it cannot stand inside an expression", "assign its result to a variable first")}
	}
	p := x.prog.packageOf(fn.Pkg())
	if p == nil || p.decl(fn) == nil {
		refused := x.bad(e, qualified(fn)+" is not known to the workflow language", wayOut(fn))
		return slices.Repeat([]sym{refused}, max(1, fn.Signature().Results().Len()))
	}
	return x.inline(e, fn)
}

// refCall refuses to look into a Ref or to make one: its value may be in S3, where no state reaches it.
func (x *eval) refCall(e *ast.CallExpr, fn *types.Func) []sym {
	why, way := "the value of a flow.Ref may be in S3, where a workflow cannot read it", "read it in a handler, and return what the workflow needs beside the Ref"
	if fn.Signature().Recv() == nil {
		why, way = "a workflow cannot make a flow.Ref: its value may have to go to S3", "make it in a handler, or declare the handler's input without a Ref"
	}
	s := []sym{x.bad(e, why, way)}
	for i := 1; i < fn.Signature().Results().Len(); i++ {
		s = append(s, zeroSym(x.subst(fn.Signature().Results().At(i).Type())))
	}
	return s
}

// qualified is a function as a reader knows it: "time.Now", "sync.Mutex.Lock".
func qualified(fn *types.Func) string {
	name := fn.Name()
	if recv := fn.Signature().Recv(); recv != nil {
		t := recv.Type()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		return typeName(t) + "." + name
	}
	if fn.Pkg() == nil {
		return name
	}
	return fn.Pkg().Name() + "." + name
}

// wayOut is what to use in place of a function that a workflow cannot call.
func wayOut(fn *types.Func) string {
	ways := map[string]string{
		"time.Now": "use flow.Now(c)", "time.Since": "use flow.Now(c).Sub", "time.Until": "use Sub(flow.Now(c))",
		"time.Sleep": "use flow.Sleep(c, d)", "time.After": "use flow.Sleep(c, d)", "os.Getenv": "use flow.Env",
		"os.LookupEnv": "use flow.Env", "strings.Builder.Len": "it counts bytes: compare String() with \"\"",
		"strings.Index": "it counts bytes: use strings.Contains or strings.Cut", "strings.LastIndex": "it counts bytes: use strings.Split or strings.CutSuffix",
		"time.ParseInLocation": "use time.Parse", "time.UnixMilli": "add to time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)", "time.Duration.String": "write its Seconds() or Minutes()",
		"math.Pow":            "its last digit is not the same everywhere: multiply in a loop",
		"math.Inf":            "JSON has no infinity: start with the first item, or with a limit",
		"slices.BinarySearch": "use slices.Index",
	}
	if way, ok := ways[qualified(fn)]; ok {
		return way
	}
	switch fn.Pkg().Path() {
	case flowPath:
		return "write it where the step is that it is for"
	case "log", "log/slog":
		return "log in a handler: an execution's own history says what it did"
	case "math/rand", "math/rand/v2", "crypto/rand":
		return "choose in a handler"
	case "net/http":
		return "call it in a handler"
	}
	return "compute it in a handler"
}

// callee is the declared function or method that e calls, nil for a function value.
func (x *eval) callee(e *ast.CallExpr) *types.Func { return x.frame.callee(e) }

func (f *frame) callee(e *ast.CallExpr) *types.Func {
	fun := ast.Unparen(e.Fun)
	switch i := fun.(type) {
	case *ast.IndexExpr:
		fun = i.X
	case *ast.IndexListExpr:
		fun = i.X
	}
	var id *ast.Ident
	switch fun := fun.(type) {
	case *ast.Ident:
		id = fun
	case *ast.SelectorExpr:
		id = fun.Sel
	default:
		return nil
	}
	fn, _ := f.pkg.info.ObjectOf(id).(*types.Func)
	return fn
}

// fullName is "strings.ToUpper", or "(time.Time).Add" for a method.
func fullName(fn *types.Func) string {
	return strings.ReplaceAll(fn.Origin().FullName(), flowPath+".", "flow.")
}

// libraryCall calls a function of the standard library or of package flow that has a form in JSONata.
func (x *eval) libraryCall(e *ast.CallExpr, form func(*eval, *ast.CallExpr, []sym) sym) []sym {
	var args []sym
	if sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok {
		if s, isMethod := x.pkg.info.Selections[sel]; isMethod && s.Kind() == types.MethodVal {
			args = append(args, x.expr(sel.X))
		}
	}
	for _, a := range e.Args {
		if isNamed(x.pkg.info.TypeOf(a), flowPath, "Context") {
			continue
		}
		if of, ok := addressed(a); ok && isBuilder(x.typeOf(of)) { // which is written to, and not kept
			args = append(args, x.expr(of))
			continue
		}
		args = append(args, x.expr(a))
	}
	if fn := x.callee(e); fn.Pkg() != nil && fn.Pkg().Path() == "slices" && fn.Name() != "Clone" && fn.Name() != "Clip" {
		for _, a := range args {
			if kindOf(a.t) == bytesKind {
				return []sym{x.bad(e, asBytes, "work with bytes in a handler")}
			}
		}
	}
	s := form(x, e, args)
	if s.t == nil {
		s.t = x.typeOf(e)
	}
	return []sym{s}
}

const asBytes = "a []byte is a text in JSON, whose bytes have no form in JSONata"

// convert is T(v).
func (x *eval) convert(at ast.Node, s sym, t types.Type) sym {
	from, to := kindOf(s.t), kindOf(t)
	switch {
	case s.t == types.Typ[types.Invalid]: // refused already
		return s
	case isNull(s.e) && (to == sliceKind || to == mapKind || to == pointerKind):
		return sym{e: null, t: t}
	case (from == intKind || from == floatKind) && (to == intKind || to == floatKind) && !holdsAll(s.t, t):
		return x.bad(at, typeName(s.t)+" may not fit into "+typeName(t)+": Go would cut it, and JSON does not", "use int or float64")
	case from == to && !sameMembers(structOf(s.t), structOf(t)):
		return x.bad(at, "the fields of a "+typeName(s.t)+" have other names in JSON than those of a "+typeName(t), "copy the fields one by one")
	case from == to && from != opaque, to == floatKind && from == intKind:
		s.t = t
		return s
	case from == floatKind && to == intKind:
		return sym{e: truncated(s.use()), t: t}
	case to == opaque && (types.IsInterface(t) || from == opaque && !marshals(t) && !marshals(s.t)):
		s.t = t
		return s
	case marshals(t):
		return x.bad(at, "the JSON of a "+typeName(t)+" is what its own method makes", "make the value in a handler, or give its type no methods for JSON")
	}
	return x.bad(at, "a "+typeName(s.t)+" cannot become a "+typeName(t)+" in JSON", "convert it in a handler")
}

// numberBits is how many bits of a whole number the basic types hold, and whether a sign is among them.
var numberBits = map[types.BasicKind]struct {
	bits   int
	signed bool
}{
	types.Int: {64, true}, types.Int8: {8, true}, types.Int16: {16, true}, types.Int32: {32, true}, types.Int64: {64, true},
	types.Uint: {64, false}, types.Uint8: {8, false}, types.Uint16: {16, false}, types.Uint32: {32, false}, types.Uint64: {64, false},
	types.Uintptr: {64, false}, types.Float64: {64, true}, types.Float32: {24, true},
	types.UntypedInt: {64, true}, types.UntypedRune: {32, true}, types.UntypedFloat: {64, true},
}

// holdsAll says whether every number of the type from is one of the type to as well; those past 2^53 are nobody's concern.
func holdsAll(from, to types.Type) bool {
	a, okA := from.Underlying().(*types.Basic)
	b, okB := to.Underlying().(*types.Basic)
	if !okA || !okB {
		return false
	}
	x, y := numberBits[a.Kind()], numberBits[b.Kind()]
	if x.signed == y.signed {
		return x.bits <= y.bits
	}
	return y.signed && (y.bits > x.bits || y.bits == 64)
}

// truncated is e without its fraction.
func truncated(e expr) expr { return binary{"-", e, binary{"%", e, num(1)}} }

// round is math.Round, which rounds halves away from zero; JSONata's $round goes to the even neighbour.
func round(_ *eval, _ *ast.CallExpr, a []sym) sym {
	n := ref{"v"}
	half := binary{">=", call{"$abs", []expr{binary{"%", n, num(1)}}}, float(0.5)}
	away := cond{half, cond{binary{"<", n, num(0)}, num(-1), num(1)}, num(0)}
	return sym{e: block{"v", a[0].use(), binary{"+", truncated(n), away}}}
}

func (x *eval) builtin(e *ast.CallExpr) sym {
	name := ast.Unparen(e.Fun).(*ast.Ident).Name
	t := x.typeOf(e)
	switch name {
	case "len":
		return x.length(e, x.expr(e.Args[0]))
	case "append":
		return x.append(e, x.exprs(e.Args), t)
	case "min", "max":
		return x.extreme(e, name, x.exprs(e.Args), t)
	case "make":
		return x.make(e, t)
	case "delete":
		x.deleteEntry(e)
		return sym{}
	case "copy":
		return x.copyItems(e)
	case "clear":
		x.clearMap(e)
		return sym{}
	case "new":
		s := zeroSym(elemOf(t))
		s.t, s.full = t, true
		return s
	}
	return x.bad(e, "the built-in "+name+" cannot run inside a workflow", "do it in a handler")
}

func (x *eval) length(e *ast.CallExpr, s sym) sym {
	t := types.Typ[types.Int]
	switch kindOf(s.t) {
	case sliceKind:
		if a, ok := s.e.(array); ok {
			return sym{e: num(int64(len(a.items))), t: t}
		}
		if s.full || s.some {
			return sym{e: call{"$count", []expr{s.e}}, t: t}
		}
		if isNull(s.e) {
			return sym{e: num(0), t: t}
		}
		return sym{e: call{"$count", []expr{s.items()}}, t: t}
	case mapKind:
		return sym{e: call{"$count", []expr{call{"$keys", []expr{s.e}}}}, t: t}
	case stringKind:
		return x.bad(e, "len counts a string's bytes, which JSONata cannot", "use utf8.RuneCountInString, or compare with \"\"")
	}
	if s.t == types.Typ[types.Invalid] { // refused already
		return s
	}
	return x.bad(e, "len of a "+typeName(s.t)+" has no form in JSONata", "")
}

func (x *eval) append(e *ast.CallExpr, args []sym, t types.Type) sym {
	if kindOf(t) == bytesKind {
		return x.bad(e, asBytes, "work with bytes in a handler")
	}
	x.refuseFork(e)
	if e.Ellipsis.IsValid() {
		if kindOf(args[1].t) != sliceKind {
			return x.bad(e, "append of a string's bytes has no form in JSONata", "use + on strings")
		}
		return x.appendAll(args[0], args[1], t)
	}
	if len(args) == 1 {
		return args[0]
	}
	items := make([]expr, len(args)-1)
	raw, packed := args[0].raw, args[0].packed
	for i, a := range args[1:] {
		a = x.as(a, elemOf(t))
		packed = packed && a.full
		if a.joined {
			x.refuse(e, severalErrors, "join them at the end")
		}
		raw = raw || a.holey()
		items[i] = a.item()
	}
	head := args[0].items()
	if a, ok := head.(array); ok {
		return sym{e: array{append(a.items[:len(a.items):len(a.items)], items...)}, t: t, full: true, raw: raw, packed: packed, some: true}
	}
	return sym{e: call{"$append", []expr{head, array{items}}}, t: t, full: true, raw: raw, packed: packed, some: true}
}

// appendAll is append(to, all...): what is nil stays nil where there is nothing to append.
func (x *eval) appendAll(to, all sym, t types.Type) sym {
	out := sym{t: t, raw: to.raw || all.raw, packed: to.packed && all.packed, some: to.some || all.some, full: to.full || to.some || all.some}
	items := all.items()
	if a, ok := items.(array); ok && len(a.items) == 0 {
		return to
	}
	switch {
	case isNull(to.e) && out.full:
		out.e = items
	case isNull(to.e):
		out.e = orNil(items, false).e
	case out.full:
		out.e = call{"$append", []expr{to.items(), items}}
	default:
		had, wrap := x.bound("had", to.use())
		v := x.names.parameter("v")
		both := call{"$append", []expr{sym{e: had, t: t}.items(), items}}
		out.e = wrap(block{v, both, cond{binary{">", call{"$count", []expr{ref{v}}}, num(0)}, ref{v}, had}})
	}
	return out
}

func (x *eval) extreme(e *ast.CallExpr, name string, args []sym, t types.Type) sym {
	if k := kindOf(t); k != stringKind && k != intKind && k != floatKind {
		return x.bad(e, "values of type "+typeName(t)+" have no order in JSON", "compare strings or numbers")
	}
	if kindOf(t) == stringKind {
		op := map[string]string{"min": "<", "max": ">"}[name]
		out := args[0].use()
		for _, a := range args[1:] {
			out = cond{binary{op, a.use(), out}, a.use(), out}
		}
		return sym{e: out, t: t}
	}
	items := make([]expr, len(args))
	for i, a := range args {
		items[i] = a.use()
	}
	return sym{e: call{"$" + name, []expr{array{items}}}, t: t}
}

func (x *eval) make(e *ast.CallExpr, t types.Type) sym {
	switch kindOf(t) {
	case mapKind:
		return sym{e: object{}, t: t, full: true}
	case sliceKind:
		return x.makeSlice(e, t)
	}
	return x.bad(e, "make of a "+typeName(t)+" cannot run inside a workflow", "do it in a handler")
}

// library has the functions that JSONata has too. Each form says what the arguments become; a type that it leaves open is the
// call's own.
var library = map[string]func(*eval, *ast.CallExpr, []sym) sym{}

func init() { // not a plain initialiser: the forms refer to eval, and eval to library
	maps.Copy(library, map[string]func(*eval, *ast.CallExpr, []sym) sym{
		"strings.ToUpper":    folded("$uppercase", strings.ToUpper),
		"strings.ToLower":    folded("$lowercase", strings.ToLower),
		"strings.Contains":   simpleCall("$contains"),
		"strings.HasPrefix":  hasPrefix,
		"strings.HasSuffix":  hasSuffix,
		"strings.TrimPrefix": trimPrefix,
		"strings.Join":       joinStrings,
		"strings.Split":      splitString,
		"strings.ReplaceAll": replaceAll,

		"strconv.Itoa":                   simpleCall("$string"),
		"strconv.FormatBool":             func(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: asText(a[0])} },
		"unicode/utf8.RuneCountInString": simpleCall("$length"),
		"math.Floor":                     simpleCall("$floor"),
		"math.Ceil":                      simpleCall("$ceil"),
		"math.Abs":                       simpleCall("$abs"),
		"math.Sqrt":                      simpleCall("$sqrt"),
		"math.Trunc":                     func(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: truncated(a[0].use())} },
		"math.Round":                     round,
		"math.Max":                       func(x *eval, e *ast.CallExpr, a []sym) sym { return x.extreme(e, "max", a, x.typeOf(e)) },
		"math.Min":                       func(x *eval, e *ast.CallExpr, a []sym) sym { return x.extreme(e, "min", a, x.typeOf(e)) },
		"slices.Clip":                    func(_ *eval, _ *ast.CallExpr, a []sym) sym { return a[0] }, // JSON's values share no memory
		"slices.Clone":                   func(_ *eval, _ *ast.CallExpr, a []sym) sym { return a[0] },
		"maps.Clone":                     func(_ *eval, _ *ast.CallExpr, a []sym) sym { return a[0] },
		"fmt.Errorf":                     errorf,
		"errors.New":                     errorsNew,
		"errors.Join":                    errorsJoin,
		"slices.Contains":                contains,
		"strings.SplitSeq":               splitString,
		"(time.Time).Add":                timeAdd,
		"(time.Time).Sub":                timeSub,
		"(time.Time).Before":             timeCompare("<"),
		"(time.Time).After":              timeCompare(">"),
		"(time.Time).Equal":              timeCompare("="),
		"(time.Time).IsZero":             timeIsZero,
		"(time.Time).UnixMilli":          func(_ *eval, _ *ast.CallExpr, a []sym) sym { return sym{e: millis(a[0])} },
		"(time.Time).UTC":                timeUTC,
		"(time.Duration).Milliseconds":   durationIn(1e6, true),
		"(time.Duration).Seconds":        durationIn(1e9, false),
		"(time.Duration).Minutes":        durationIn(60e9, false),
		"(time.Duration).Hours":          durationIn(3600e9, false),
		"(error).Error":                  errorText,
		"github.com/aws/aws-sdk-go-v2/aws.String": pointerTo, "github.com/aws/aws-sdk-go-v2/aws.Int32": pointerTo,
		"github.com/aws/aws-sdk-go-v2/aws.Int64": pointerTo, "github.com/aws/aws-sdk-go-v2/aws.Bool": pointerTo,
		"github.com/aws/aws-sdk-go-v2/aws.Float64": pointerTo, "github.com/aws/aws-sdk-go-v2/aws.Time": pointerTo, "github.com/aws/aws-sdk-go-v2/aws.ToTime": valueOf,
		"github.com/aws/aws-sdk-go-v2/aws.ToString": valueOf,
		"github.com/aws/aws-sdk-go-v2/aws.ToInt32":  valueOf, "github.com/aws/aws-sdk-go-v2/aws.ToInt64": valueOf,
		"github.com/aws/aws-sdk-go-v2/aws.ToBool": valueOf, "github.com/aws/aws-sdk-go-v2/aws.ToFloat64": valueOf,
		"strings.NewReader":  reader,
		"flow.Now":           flowNow,
		"flow.ExecutionID":   func(*eval, *ast.CallExpr, []sym) sym { return sym{e: atom{"states.context.Execution.Id"}} },
		"flow.ExecutionName": func(*eval, *ast.CallExpr, []sym) sym { return sym{e: atom{"states.context.Execution.Name"}} },
		"flow.Env":           flowEnv,
		"flow.JSON":          jsonText,
		"flow.Parsed": func(x *eval, e *ast.CallExpr, a []sym) sym {
			return sym{e: call{"$parse", []expr{a[0].use()}}, t: x.typeOf(e), raw: true}
		},
		"flow.Fail":     flowFail,
		"flow.OutputOf": func(x *eval, e *ast.CallExpr, a []sym) sym { return sym{e: a[0].use(), t: x.typeOf(e), raw: true} },
	})
}

func simpleCall(fn string) func(*eval, *ast.CallExpr, []sym) sym {
	return func(_ *eval, _ *ast.CallExpr, args []sym) sym {
		list := make([]expr, len(args))
		for i, a := range args {
			list[i] = a.use()
		}
		return sym{e: call{fn, list}}
	}
}

// folded is a call of fn, or of a constant what Go makes of it.
func folded(fn string, of func(string) string) func(*eval, *ast.CallExpr, []sym) sym {
	return func(x *eval, e *ast.CallExpr, a []sym) sym {
		if s, ok := constString(a[0]); ok {
			return sym{e: str(of(s))}
		}
		return simpleCall(fn)(x, e, a)
	}
}

func constString(s sym) (string, bool) {
	l, ok := s.e.(lit)
	return l.v.Str(), ok && l.v.Kind() == value.String
}

func runeCount(s sym) expr {
	if text, ok := constString(s); ok {
		return num(int64(len([]rune(text))))
	}
	return call{"$length", []expr{s.use()}}
}

func hasPrefix(_ *eval, _ *ast.CallExpr, a []sym) sym {
	return sym{e: binary{"=", call{"$substring", []expr{a[0].use(), num(0), runeCount(a[1])}}, a[1].use()}}
}

// hasSuffix tests the length first: a negative start of $substring counts from the end and stops at the beginning.
func hasSuffix(_ *eval, _ *ast.CallExpr, a []sym) sym {
	s, n := a[0].use(), runeCount(a[1])
	long := binary{">=", call{"$length", []expr{s}}, n}
	tail := call{"$substring", []expr{s, binary{"-", call{"$length", []expr{s}}, n}}}
	return sym{e: binary{"and", long, binary{"=", tail, a[1].use()}}}
}

func trimPrefix(x *eval, e *ast.CallExpr, a []sym) sym {
	rest := call{"$substring", []expr{a[0].use(), runeCount(a[1])}}
	return sym{e: cond{hasPrefix(x, e, a).e, rest, a[0].use()}}
}

func joinStrings(_ *eval, _ *ast.CallExpr, a []sym) sym {
	return sym{e: call{"$join", []expr{a[0].items(), a[1].use()}}}
}

func splitString(x *eval, e *ast.CallExpr, a []sym) sym {
	if sep, ok := constString(a[1]); !ok || sep == "" {
		return x.bad(e, "strings.Split needs a constant separator that is not empty", "split in a handler")
	}
	return sym{e: call{"$split", []expr{a[0].use(), a[1].use()}}, full: true}
}

func replaceAll(x *eval, e *ast.CallExpr, a []sym) sym {
	if old, ok := constString(a[1]); !ok || old == "" {
		return x.bad(e, "strings.ReplaceAll needs a constant text to replace that is not empty", "replace in a handler")
	}
	return simpleCall("$replace")(x, e, a)
}

func contains(x *eval, e *ast.CallExpr, a []sym) sym {
	switch kindOf(a[1].t) {
	case stringKind, intKind, floatKind, boolKind:
		if a[0].raw && !a[1].nonZero() { // null is Go's zero value
			return sym{e: x.overItems(a[0], no, func(acc, item, _ expr) expr { return cond{acc, yes, equalExpr(itemOf(a[0], item), a[1])} })}
		}
		return sym{e: binary{"in", a[1].use(), a[0].items()}}
	}
	return x.bad(e, "values of type "+typeName(a[1].t)+" cannot be compared in JSON", "compare in a handler")
}

// choice is test ? then : els, decided now where test is known.
func choice(test, then, els expr) expr {
	if v, known := boolOf(test); known {
		if v {
			return then
		}
		return els
	}
	return cond{test, then, els}
}

func asText(s sym) expr {
	switch {
	case kindOf(s.t) == stringKind:
		return s.use()
	case isLit(s.e):
		return str(s.e.(lit).v.String())
	}
	return call{"$string", []expr{s.use()}}
}

func millis(s sym) expr { return call{"$toMillis", []expr{s.use()}} }

func fromMillis(e expr) expr { return call{"$fromMillis", []expr{e}} }

// timeUTC leaves texts that are in UTC as they are: $fromMillis cuts what is behind the milliseconds.
func timeUTC(x *eval, _ *ast.CallExpr, a []sym) sym {
	if c, ok := a[0].e.(call); a[0].e == expr(enteredTime) || ok && (c.fn == "$now" || c.fn == "$fromMillis") {
		return a[0]
	}
	t, wrap := x.bound("t", a[0].use())
	isUTC := binary{"=", call{"$substring", []expr{t, num(-1)}}, str("Z")}
	return sym{e: wrap(cond{isUTC, t, fromMillis(call{"$toMillis", []expr{t}})})}
}

// scaled is e divided by n, done now where e is known.
func scaled(e expr, n float64) expr {
	if l, ok := e.(lit); ok {
		return float(l.v.Float() / n)
	}
	return binary{"/", e, float(n)}
}

func timeAdd(_ *eval, _ *ast.CallExpr, a []sym) sym {
	return sym{e: fromMillis(binary{"+", millis(a[0]), scaled(a[1].use(), 1e6)})}
}

func timeSub(_ *eval, _ *ast.CallExpr, a []sym) sym {
	return sym{e: binary{"*", binary{"-", millis(a[0]), millis(a[1])}, float(1e6)}}
}

// durationIn is a duration in another unit: the whole ones, and Go adds the part of one that is left.
func durationIn(unit float64, whole bool) func(*eval, *ast.CallExpr, []sym) sym {
	return func(x *eval, _ *ast.CallExpr, a []sym) sym {
		if whole {
			return sym{e: truncated(scaled(a[0].use(), unit))}
		}
		if l, ok := a[0].e.(lit); ok {
			n := l.v.Float()
			return sym{e: float(math.Trunc(n/unit) + math.Mod(n, unit)/unit)}
		}
		d, wrap := x.bound("d", a[0].use())
		left := binary{"%", d, float(unit)}
		return sym{e: wrap(binary{"+", binary{"/", binary{"-", d, left}, float(unit)}, binary{"/", left, float(unit)}})}
	}
}

func timeCompare(op string) func(*eval, *ast.CallExpr, []sym) sym {
	return func(_ *eval, _ *ast.CallExpr, a []sym) sym {
		return sym{e: binary{op, millis(a[0]), millis(a[1])}}
	}
}

func timeIsZero(_ *eval, _ *ast.CallExpr, a []sym) sym {
	return sym{e: binary{"=", a[0].use(), goZero(a[0].t)}}
}

func isZeroLit(e expr) bool { return sym{e: e}.isZero() }

func (o object) member(name string) expr {
	for _, f := range o.fields {
		if f.name == name {
			return f.v.use()
		}
	}
	return null
}

func flowNow(x *eval, e *ast.CallExpr, _ []sym) sym {
	if x.host != nil && x.host.entry() {
		return sym{e: enteredTime}
	}
	return sym{e: call{"$now", nil}}
}

// jsonText is a value as JSON: $string leaves a text as it is, without quotes, unless it stands in an object.
func jsonText(_ *eval, _ *ast.CallExpr, a []sym) sym {
	text := call{"$string", []expr{object{[]field{{name: "v", v: a[0]}}}}}
	return sym{e: call{"$substring", []expr{text, num(5), binary{"-", call{"$length", []expr{text}}, num(6)}}}}
}

// flowEnv leaves a placeholder in the definition, which the deployment fills.
func flowEnv(x *eval, e *ast.CallExpr, a []sym) sym {
	name, ok := constString(a[0])
	if !ok {
		return x.bad(e, "flow.Env needs a constant name", "")
	}
	x.use(Env, name, "")
	return sym{e: deployed{Placeholder(Env, name)}}
}
