package wire

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/stride-aws/stride/internal/epoch"
)

// RPC is a service that speaks Smithy RPC v2 with CBOR beside awsJson, as CloudWatch does. Answers are structs, whose fields have the
// names of the API's members; times in them are of type epoch.Time.
// https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
type RPC map[string]Operation

// Serve implements Service.
func (ops RPC) Serve(w http.ResponseWriter, c *Call) {
	_, operation, ok := strings.Cut(c.HTTP.URL.Path, "/operation/")
	if !ok {
		JSON(ops).Serve(w, c)
		return
	}
	c.Operation = operation
	out, err := ops.call(c)
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	if err != nil {
		e := asError(err)
		writeRaw(w, "application/cbor", e.status(), cbor.Encode(cbor.Map{"__type": cbor.String(e.Code), "message": cbor.String(e.Message)}))
		return
	}
	writeRaw(w, "application/cbor", http.StatusOK, cbor.Encode(toCBOR(reflect.ValueOf(out))))
}

func (ops RPC) call(c *Call) (any, error) {
	op := ops[c.Operation]
	if op == nil {
		return nil, Errorf("UnknownOperationException", "%s has no operation %q here", c.Service, c.Operation)
	}
	if err := c.Authorized(); err != nil {
		return nil, err
	}
	body, err := readBody(c.HTTP)
	if err == nil && c.HTTP.Header.Get("Content-Encoding") == "gzip" { // PutMetricData of 10 KB and more
		body, err = unzip(body)
	}
	if err != nil {
		return nil, Errorf("SerializationException", "reading the body: %s", err)
	}
	if len(body) > 0 {
		in, err := cbor.Decode(body)
		if err == nil {
			body, err = json.Marshal(fromCBOR(in))
		}
		if err != nil {
			return nil, Errorf("SerializationException", "the body is not CBOR: %s", err)
		}
	}
	return op(c, body)
}

func unzip(body []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxBody))
}

// fromCBOR is v as encoding/json takes it. Times become their seconds since 1970.
func fromCBOR(v cbor.Value) any {
	switch v := v.(type) {
	case cbor.Uint:
		return uint64(v)
	case cbor.NegInt:
		return -int64(v)
	case cbor.String:
		return string(v)
	case cbor.Slice:
		return []byte(v)
	case cbor.Bool:
		return bool(v)
	case cbor.Float32:
		return float32(v)
	case cbor.Float64:
		return float64(v)
	case *cbor.Tag:
		return fromCBOR(v.Value)
	case cbor.List:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = fromCBOR(item)
		}
		return list
	case cbor.Map:
		members := make(map[string]any, len(v))
		for name, member := range v {
			members[name] = fromCBOR(member)
		}
		return members
	}
	return nil
}

// epochTag marks a time. RFC 8949, 3.4.2.
const epochTag = 1

// toCBOR is an answer without its empty members.
func toCBOR(v reflect.Value) cbor.Value {
	switch v.Kind() {
	case reflect.Invalid:
		return cbor.Map{}
	case reflect.Pointer, reflect.Interface:
		return toCBOR(v.Elem())
	case reflect.String:
		return cbor.String(v.String())
	case reflect.Bool:
		return cbor.Bool(v.Bool())
	case reflect.Int, reflect.Int64:
		if n := v.Int(); n < 0 {
			return cbor.NegInt(-n)
		}
		return cbor.Uint(v.Int())
	case reflect.Float64:
		return cbor.Float64(v.Float())
	case reflect.Slice:
		list := make(cbor.List, v.Len())
		for i := range list {
			list[i] = toCBOR(v.Index(i))
		}
		return list
	}
	if t, ok := v.Interface().(epoch.Time); ok {
		return &cbor.Tag{ID: epochTag, Value: cbor.Float64(float64(t.UnixNano()) / float64(time.Second))}
	}
	members := cbor.Map{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if member := v.FieldByIndex(f.Index); f.IsExported() && !f.Anonymous && !member.IsZero() {
			members[f.Name] = toCBOR(member)
		}
	}
	return members
}
