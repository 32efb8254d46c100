package machine

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// readerSpec is ItemReader: where the items of a distributed Map are, and in which form.
type readerSpec struct {
	resource  string // arn:aws:states:::s3:getObject or …:s3:listObjectsV2
	arguments *template
	config    value.Value // ReaderConfig, for its plain fields
	maxItems  *valueField
}

func compileReader(v value.Value, inJSONata bool) (*readerSpec, error) {
	if v.Kind() != value.Object {
		return nil, nil
	}
	r := &readerSpec{}
	resource, _ := v.Get("Resource")
	r.resource = resource.Str()
	r.config, _ = v.Get("ReaderConfig")
	var err error
	if r.arguments, err = argumentsOf(v, inJSONata, "ItemReader"); err != nil {
		return nil, err
	}
	limit, _ := r.config.Get("MaxItems")
	path, _ := r.config.Get("MaxItemsPath")
	r.maxItems, err = compileValueField("ItemReader/ReaderConfig/MaxItems", limit, path, inJSONata)
	return r, err
}

// argumentsOf compiles the Parameters or Arguments of an ItemReader or ResultWriter.
func argumentsOf(v value.Value, inJSONata bool, field string) (*template, error) {
	name := "Parameters"
	if inJSONata {
		name = "Arguments"
	}
	arguments, _ := v.Get(name)
	return compileTemplate(arguments, inJSONata, field+"/"+name)
}

func (r *readerSpec) text(name string) string {
	v, _ := r.config.Get(name)
	return v.Str()
}

// A reading is the items of a map run being read.
type reading struct {
	run   *mapRun
	spec  *readerSpec
	limit int // 0: none
	items []mapItem
	input value.Value
	at    s3Object   // being read
	files []s3Object // still to be read
	parse func(body string) (value.Value, error)
}

// An s3Object is an object that holds items, or a bucket whose objects are the items.
type s3Object struct{ bucket, key value.Value }

func s3ObjectOf(request value.Value) s3Object {
	bucket, _ := request.Get("Bucket")
	key, _ := request.Get("Key")
	return s3Object{bucket, key}
}

func (o s3Object) request() value.Value {
	return object(member("Bucket", o.bucket), member("Key", o.key))
}

// source is where items come from, as the context object has it. AWS: Map.Item.Source.
func (o s3Object) source() string {
	if !o.key.Defined() {
		return "S3://" + o.bucket.Str()
	}
	return "S3://" + o.bucket.Str() + "/" + o.key.Str()
}

// stateData is the source of items that come from no object.
const stateData = "STATE_DATA"

// limit is MaxItems. That it is a number is checked before the run starts, that it is not negative by the run.
func (r *readerSpec) limit(a *activation) (int, error) {
	if r == nil {
		return 0, nil
	}
	n, err := r.maxItems.number(a, "integer")
	return int(n), err
}

// read reads the items, at most limit of them if that is not 0, and goes on in start.
func (m *mapRun) read(a *activation, limit int) (err error) {
	spec := m.spec.reader
	if limit < 0 {
		m.fail(&failure{name: errItemReader, cause: history.Verbatim("field MaxItems must be positive")})
		return nil
	}
	g := &reading{run: m, spec: spec, limit: limit, input: emptyObject, parse: spec.parse}
	if spec.arguments != nil {
		if g.input, err = spec.arguments.eval(a); err != nil {
			return err
		}
	}
	g.at = s3ObjectOf(g.input)
	switch {
	case spec.lists():
		g.at.key = value.Value{}
		m.call(spec.resource, g.input, g.listed, g.failed)
	case spec.text("ManifestType") != "" || spec.text("InputType") == "MANIFEST":
		m.call(spec.resource, g.input, g.manifest, g.failed)
	default:
		m.call(spec.resource, g.input, g.got, g.failed)
	}
	return nil
}

func (r *readerSpec) lists() bool { return strings.HasSuffix(r.resource, ":listObjectsV2") }

// flattens says whether the objects of a listing are read, too. AWS: ReaderConfig, Transformation.
func (r *readerSpec) flattens() bool { return r.text("Transformation") == "LOAD_AND_FLATTEN" }

// getObject is the resource that reads an object.
func (r *readerSpec) getObject() string {
	return strings.Replace(r.resource, ":listObjectsV2", ":getObject", 1)
}

func (g *reading) failed(f Failure) {
	cause := f.Cause
	if !cause.Present() {
		cause = history.Verbatim(f.Error)
	}
	g.run.fail(&failure{name: errItemReader, cause: cause})
}

func (g *reading) fail(err error) {
	g.run.fail(&failure{name: errItemReader, cause: history.Verbatim(err.Error())})
}

// got takes an object's content.
func (g *reading) got(output history.Text) {
	body, err := content(output)
	if err != nil {
		g.fail(err)
		return
	}
	items, err := g.parse(body)
	if err != nil {
		g.fail(err)
		return
	}
	g.add(items)
	g.more()
}

func (g *reading) add(items value.Value) {
	for _, item := range mapItems(items, g.at.source()) {
		item.index = len(g.items)
		g.items = append(g.items, item)
	}
}

// content is an object's Body, which the task has unpacked if it was compressed with gzip.
func content(output history.Text) (string, error) {
	v, _ := output.Value().Get("Body")
	body := v.Str()
	switch {
	case strings.HasPrefix(body, "PAR1"):
		return "", errParquet
	case strings.HasPrefix(body, "\x28\xb5\x2f\xfd"):
		return "", readerError("the object is compressed with Zstandard, which AWS reads and stride does not; use gzip")
	}
	return body, nil
}

const errParquet = readerError("the object is a Parquet file, which AWS reads and stride does not; use CSV, JSON or JSONL")

// more reads the next object, or starts the run with what was read.
func (g *reading) more() {
	if g.limit > 0 && len(g.items) >= g.limit {
		g.items, g.files = g.items[:g.limit], nil
	}
	if len(g.files) > 0 {
		g.at = g.files[0]
		g.files = g.files[1:]
		g.run.call(g.spec.getObject(), g.at.request(), g.got, g.failed)
		return
	}
	if err := g.run.start(g.items); err != nil {
		s := g.run.owner
		s.fail(s.fault(err))
	}
}

// listed takes a page of listObjectsV2 and asks for the next one.
func (g *reading) listed(output history.Text) {
	page := output.Value()
	contents, _ := page.Get("Contents")
	var items []value.Value
	for _, c := range contents.Items() {
		if g.spec.flattens() {
			g.files = append(g.files, s3Object{g.at.bucket, s3ObjectOf(c).key})
		} else {
			items = append(items, listedObject(c))
		}
	}
	g.add(value.OfArray(items))
	token, _ := page.Get("NextContinuationToken")
	if token.Str() == "" || g.limit > 0 && len(g.items) >= g.limit {
		g.more()
		return
	}
	g.run.call(g.spec.resource, g.input.With("ContinuationToken", token), g.listed, g.failed)
}

// listedObject is an object of a listing as an item. AWS: "ItemReader (Map)", list of Amazon S3 objects: the time in seconds.
func listedObject(c value.Value) value.Value {
	get := func(name string) value.Value { v, _ := c.Get(name); return v }
	modified := get("LastModified")
	if at, ok := parseTimestamp(modified); ok {
		modified = value.OfInt(at.Unix())
	}
	var members []value.Member
	for _, m := range []value.Member{member("Etag", get("ETag")), member("Key", get("Key")), member("LastModified", modified),
		member("Size", get("Size")), member("StorageClass", get("StorageClass"))} {
		if m.Value.Defined() {
			members = append(members, m)
		}
	}
	return value.OfObject(members)
}

// manifest reads an S3 inventory's manifest, or Athena's list of s3://bucket/key lines, and then the objects that it names. What
// kind it is, ManifestType says, or else the text.
func (g *reading) manifest(output history.Text) {
	body, err := content(output)
	if err != nil {
		g.fail(err)
		return
	}
	doc, err := value.Parse(body)
	if err != nil && g.spec.text("ManifestType") == "S3_INVENTORY" {
		g.fail(readerError("The manifest is not JSON: " + err.Error()))
		return
	}
	if err == nil && g.spec.text("ManifestType") != "ATHENA_DATA" {
		g.inventory(doc)
	} else {
		g.athena(body)
	}
	g.more()
}

// inventory takes an S3 inventory's manifest. Its objects are CSV without a header.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
func (g *reading) inventory(doc value.Value) {
	schema, _ := doc.Get("fileSchema")
	headers := headersOf(schema.Str())
	g.parse = func(body string) (value.Value, error) { return records(body, ',', headers) }
	files, _ := doc.Get("files")
	for _, f := range files.Items() {
		key, _ := f.Get("key")
		g.files = append(g.files, s3Object{g.at.bucket, key})
	}
}

// athena takes the list of objects that a query has written. They are read as InputType says.
func (g *reading) athena(body string) {
	if g.spec.text("InputType") == "MANIFEST" {
		g.parse = func(body string) (value.Value, error) { return records(body, ',', nil) }
	}
	for _, line := range strings.Fields(body) {
		bucket, key, _ := strings.Cut(strings.TrimPrefix(line, "s3://"), "/")
		g.files = append(g.files, s3Object{value.OfString(bucket), value.OfString(key)})
	}
}

func headersOf(schema string) []string {
	headers := strings.Split(schema, ",")
	for i := range headers {
		headers[i] = strings.TrimSpace(headers[i])
	}
	return headers
}

// parse makes items of an object's content.
func (r *readerSpec) parse(body string) (value.Value, error) {
	switch r.text("InputType") {
	case "CSV":
		var headers []string
		if r.text("CSVHeaderLocation") == "GIVEN" {
			names, _ := r.config.Get("CSVHeaders")
			for _, n := range names.Items() {
				headers = append(headers, n.Str())
			}
		}
		return records(body, delimiter(r.text("CSVDelimiter")), headers)
	case "JSONL":
		return parseLines(body)
	case "PARQUET":
		return value.Value{}, errParquet
	}
	return r.parseJSON(body)
}

// A readerError is the cause of States.ItemReaderFailed, in AWS's words.
type readerError string

func (e readerError) Error() string { return string(e) }

// errNotIterable is content that is no list of items, an object included (recorded: map_item_reader_json_no_json_list_object).
const errNotIterable = readerError("Attempting to map over non-iterable node.")

func (r *readerSpec) parseJSON(body string) (value.Value, error) {
	doc, err := value.Parse(body)
	if err != nil {
		return doc, errNotIterable
	}
	pointer := r.text("ItemsPointer")
	if pointer != "" {
		if doc = atPointer(doc, pointer); !doc.Defined() {
			return doc, readerError("The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure.")
		}
	}
	if doc.Kind() != value.Array && (pointer == "" || doc.Kind() != value.Object) {
		return doc, errNotIterable
	}
	return doc, nil
}

// atPointer follows a JSON Pointer; Undefined where it leads nowhere.
func atPointer(v value.Value, pointer string) value.Value {
	for _, name := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
		if i, err := strconv.Atoi(name); err == nil && v.Kind() == value.Array && i >= 0 && i < v.Len() {
			v = v.At(i)
			continue
		}
		v, _ = v.Get(name)
	}
	return v
}

func parseLines(body string) (value.Value, error) {
	var items []value.Value
	for line := range strings.Lines(body) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		v, err := value.Parse(line)
		if err != nil {
			return v, errNotIterable
		}
		items = append(items, v)
	}
	return value.OfArray(items), nil
}

func delimiter(name string) rune {
	switch name {
	case "PIPE":
		return '|'
	case "SEMICOLON":
		return ';'
	case "SPACE":
		return ' '
	case "TAB":
		return '\t'
	}
	return ','
}

// records reads CSV. Without headers the first row has them. Missing fields are empty, surplus ones are dropped (recorded:
// map_item_reader csv_first_row_extra_fields).
func records(body string, comma rune, headers []string) (value.Value, error) {
	rows := csv.NewReader(strings.NewReader(body))
	rows.Comma, rows.FieldsPerRecord, rows.LazyQuotes = comma, -1, true
	var items []value.Value
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return value.OfArray(items), nil
		}
		if err != nil {
			return value.Value{}, err
		}
		if headers == nil {
			headers = row
			continue
		}
		items = append(items, record(headers, row))
	}
}

// record is a row as an item. Of columns with the same header the last one counts.
func record(headers, row []string) value.Value {
	members := make([]value.Member, 0, len(headers))
	for i, h := range headers {
		if slices.Contains(headers[i+1:], h) {
			continue
		}
		field := ""
		if i < len(row) {
			field = row[i]
		}
		members = append(members, str(h, field))
	}
	hashOrder(members, func(m value.Member) string { return m.Name })
	return value.OfObject(members)
}

// batcherSpec is ItemBatcher: several items a child.
type batcherSpec struct {
	input    *template
	maxItems *valueField
	maxBytes *valueField
}

func compileBatcher(v value.Value, inJSONata bool) (*batcherSpec, error) {
	if v.Kind() != value.Object {
		return nil, nil
	}
	get := func(name string) value.Value { x, _ := v.Get(name); return x }
	b := &batcherSpec{}
	var err error
	if b.input, err = compileTemplate(get("BatchInput"), inJSONata, "ItemBatcher/BatchInput"); err != nil {
		return nil, err
	}
	if b.maxItems, err = compileValueField("ItemBatcher/MaxItemsPerBatch", get("MaxItemsPerBatch"), get("MaxItemsPerBatchPath"), inJSONata); err != nil {
		return nil, err
	}
	b.maxBytes, err = compileValueField("ItemBatcher/MaxInputBytesPerBatch", get("MaxInputBytesPerBatch"), get("MaxInputBytesPerBatchPath"), inJSONata)
	return b, err
}

// batch groups the inputs: {"BatchInput": …, "Items": […]}.
func (b *batcherSpec) batch(a *activation, inputs []value.Value) ([]value.Value, error) {
	most, err := b.maxItems.integer(a)
	if err != nil {
		return nil, err
	}
	bytes, err := b.maxBytes.integer(a)
	if err != nil {
		return nil, err
	}
	var head []value.Member
	if b.input != nil {
		v, err := b.input.eval(a)
		if err != nil {
			return nil, err
		}
		head = []value.Member{member("BatchInput", v)}
	}
	var out []value.Value
	for len(inputs) > 0 {
		n := batchLength(inputs, most, bytes)
		members := append(head[:len(head):len(head)], member("Items", value.OfArray(inputs[:n:n])))
		out = append(out, value.OfObject(members))
		inputs = inputs[n:]
	}
	return out, nil
}

// batchLength is how many of the inputs fit into one batch; at least one.
func batchLength(inputs []value.Value, most, bytes int) int {
	size := 0
	for i, v := range inputs {
		size += v.Size() + 1
		if i > 0 && (most > 0 && i >= most || bytes > 0 && size > bytes) {
			return i
		}
	}
	return len(inputs)
}
