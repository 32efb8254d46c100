package compile

import (
	"go/ast"
	"go/types"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/value"
)

// mapItems writes Items, or ItemReader, ItemBatcher and ResultWriter, into the state of a Map, and says what an iteration gets.
func (f *frame) mapItems(x *eval, s *asl.State, c mapCall, opts stepOptions) sym {
	if !c.fromSource {
		items := x.expr(c.Args[1])
		s.Items = template(items.items())
		if items.raw {
			return fromOutside(stateInput, elemOf(items.t))
		}
		return sym{e: stateInput, t: elemOf(items.t), raw: true}
	}
	f.itemSource(x, s, c.Args[1], opts)
	if c.to != nil {
		s.ResultWriter = s3Access("putObject", f.resultPlace(x, c.to))
	}
	return fromOutside(stateInput, elemOfSource(f.typeOf(c.Args[1])))
}

// elemOfSource is T of a flow.Source[T].
func elemOfSource(t types.Type) types.Type {
	if n, ok := types.Unalias(t).(*types.Named); ok && n.TypeArgs().Len() == 1 {
		return n.TypeArgs().At(0)
	}
	return types.Typ[types.Invalid]
}

// readers are the functions of package flow that make a Source of a file, and their ReaderConfig's InputType.
var readers = map[string]string{"CSV": "CSV", "JSONArray": "JSON", "JSONLines": "JSONL", "Inventory": "MANIFEST"}

func (f *frame) itemSource(x *eval, s *asl.State, e ast.Expr, opts stepOptions) {
	call, ok := f.resolve(e).(*ast.CallExpr)
	if !ok || f.callee(call) == nil || f.callee(call).Pkg() == nil || f.callee(call).Pkg().Path() != flowPath {
		f.refuse(e, "where the items come from must be written here, or be a package variable", "use flow.Objects, flow.CSV, flow.JSONArray, flow.JSONLines, flow.Inventory or flow.Items")
		return
	}
	switch name := f.callee(call).Name(); name {
	case "Items":
		s.Items = template(x.expr(call.Args[0]).items())
	case "InBatches":
		s.ItemBatcher = value.OfObject([]value.Member{{Name: "MaxItemsPerBatch", Value: template(x.expr(call.Args[1]).use())}})
		f.itemSource(x, s, call.Args[0], opts)
	case "Objects":
		s.ItemReader = withConfig(s3Access("listObjectsV2", x.placeIn(call, "Prefix")), nil, opts.items)
	default:
		config := []value.Member{{Name: "InputType", Value: value.OfString(readers[name])}}
		if name == "CSV" {
			f.checkCells(call)
			config = append(config, x.headers(call)...)
		}
		s.ItemReader = withConfig(s3Access("getObject", x.placeIn(call, "Key")), config, opts.items)
	}
}

// s3Access is an ItemReader or ResultWriter.
func s3Access(call string, arguments value.Value) value.Value {
	return value.OfObject([]value.Member{{Name: "Resource", Value: value.OfString("arn:aws:states:::s3:" + call)}, {Name: "Arguments", Value: arguments}})
}

func withConfig(reader value.Value, config []value.Member, limit value.Value) value.Value {
	if limit.Defined() {
		config = append(config, value.Member{Name: "MaxItems", Value: limit})
	}
	if len(config) == 0 {
		return reader
	}
	return reader.With("ReaderConfig", value.OfObject(config))
}

// placeIn is the first two arguments of a call: a bucket, and a key or prefix.
func (x *eval) placeIn(call *ast.CallExpr, key string) value.Value {
	return value.OfObject([]value.Member{{Name: "Bucket", Value: template(x.expr(call.Args[0]).use())}, {Name: key, Value: template(x.expr(call.Args[1]).use())}})
}

func (x *eval) headers(call *ast.CallExpr) []value.Member {
	if len(call.Args) == 2 {
		return []value.Member{{Name: "CSVHeaderLocation", Value: value.OfString("FIRST_ROW")}}
	}
	names := make([]value.Value, len(call.Args)-2)
	for i, s := range x.exprs(call.Args[2:]) {
		name, ok := constString(s)
		if !ok {
			x.refuse(call.Args[i+2], "a column's name must be constant", "")
		}
		names[i] = value.OfString(name)
	}
	return []value.Member{{Name: "CSVHeaderLocation", Value: value.OfString("GIVEN")}, {Name: "CSVHeaders", Value: value.OfArray(names)}}
}

// checkCells refuses a row type that text cannot fill.
func (f *frame) checkCells(call *ast.CallExpr) {
	row := elemOfSource(f.typeOf(call))
	if kindOf(row) == mapKind && kindOf(elemOf(row)) == stringKind {
		return
	}
	for _, field := range fieldsOf(row) {
		if kindOf(f.subst(field.v.Type())) != stringKind {
			f.refuse(call, "the cells of a CSV file are text, and "+field.v.Name()+" is no string", "make it a string, and convert it in a handler")
		}
	}
	if kindOf(row) != structKind {
		f.refuse(call, "a row of a CSV file is no "+typeName(row), "use a struct of strings, or map[string]string")
	}
}

// resultPlace is a flow.Results as the Arguments of a ResultWriter.
func (f *frame) resultPlace(x *eval, e ast.Expr) value.Value {
	o, ok := x.expr(e).e.(object)
	if !ok {
		f.refuse(e, "where the results go must be written here", "write flow.Results{Bucket: ..., Prefix: ...}")
		return value.OfObject(nil)
	}
	arguments := object{}
	for _, name := range []string{"Bucket", "Prefix"} {
		if e := o.member(name); !isZeroLit(e) {
			arguments.fields = append(arguments.fields, field{name: name, v: sym{e: e}})
		}
	}
	return template(arguments)
}

// sourceName is what a Map goes over as its name says it.
func (f *frame) sourceName(e ast.Expr) string {
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok {
		if fn := f.callee(call); fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == flowPath {
			if fn.Name() == "InBatches" || fn.Name() == "Items" {
				return f.sourceName(call.Args[0])
			}
			return fn.Name() + " " + f.source(call.Args[1])
		}
	}
	return f.source(e)
}
