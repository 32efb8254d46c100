package machine

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// s3 answers getObject, listObjectsV2 and putObject from a map of objects.
type s3 map[string]string

func (objects s3) start(_ context.Context, task *Task, r Replier) {
	key, _ := task.Input.Get("Key")
	switch task.Resource.Action {
	case "getObject":
		body, ok := objects[key.Str()]
		if !ok {
			r.Failed(Failure{Error: "S3.NoSuchKeyException", Cause: history.Verbatim("The specified key does not exist.")})
			return
		}
		r.Succeeded(history.JSON(object(str("Body", body))))
	case "putObject":
		body, _ := task.Input.Get("Body")
		objects[key.Str()] = body.Str()
		r.Succeeded(history.JSON(emptyObject))
	case "listObjectsV2":
		page := []value.Member{member("Contents", value.OfArray([]value.Value{
			object(str("ETag", "e"), str("Key", "k"), str("LastModified", "2026-01-02T03:04:05Z"), member("Size", value.OfInt(7)))}))}
		if token, ok := task.Input.Get("ContinuationToken"); !ok || token.Str() == "1" {
			page = append(page, str("NextContinuationToken", map[bool]string{true: "2", false: "1"}[ok]))
		}
		r.Succeeded(history.JSON(value.OfObject(page)))
	default:
		r.Failed(Failure{Error: "Boom"})
	}
}

// distributed is a definition of one distributed Map with the fields.
func distributed(fields, processor string) string {
	return `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L",` + fields + `"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},` +
		processor + `},"End":true}}}`
}

const passItem = `"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}`

func reader(inputType, more string) string {
	resource := "getObject"
	config := `"ReaderConfig":{"InputType":"` + inputType + `"` + more + `},`
	if inputType == "" {
		resource, config = "listObjectsV2", ""
	}
	return `"ItemReader":{` + config + `"Resource":"arn:aws:states:::s3:` + resource + `","Parameters":{"Bucket":"b","Key":"items"}},`
}

func TestDistributed(t *testing.T) {
	failOdd := `"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericLessThan":2,"Next":"F"}],"Default":"S"},"F":{"Type":"Fail","Error":"E"},"S":{"Type":"Succeed"}}`
	for _, test := range []struct{ name, fields, processor, object, input, want string }{
		{"items of the input", "", passItem, "", `[1,2,3]`, `[1,2,3]`},
		{"an object's members", "", passItem, "", `{"a":1,"b":2}`, `[{"Key":"a","Value":1},{"Key":"b","Value":2}]`},
		{"JSON", reader("JSON", ""), passItem, `[1, 2]`, `{}`, `[1,2]`},
		{"JSON below a pointer", reader("JSON", `,"ItemsPointer":"/a/0"`), passItem, `{"a":[[5,6]]}`, `{}`, `[5,6]`},
		{"no such pointer", reader("JSON", `,"ItemsPointer":"/x"`), passItem, `{"a":[]}`, `{}`,
			"States.ItemReaderFailed: The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure."},
		{"no such object", reader("JSON", ""), passItem, "", `{}`, "States.ItemReaderFailed: The specified key does not exist."},
		{"JSON lines", reader("JSONL", ""), passItem, "{\"a\":1}\n\n[2]\n", `{}`, `[{"a":1},[2]]`},
		{"CSV", reader("CSV", `,"CSVHeaderLocation":"FIRST_ROW"`), passItem, "a,b\n1,\"x,y\"\n2\n", `{}`, `[{"a":"1","b":"x,y"},{"a":"2","b":""}]`},
		{"CSV with a header twice", reader("CSV", `,"CSVHeaderLocation":"FIRST_ROW"`), passItem, "a,b,a\n1,2,3\n", `{}`, `[{"a":"3","b":"2"}]`},
		{"CSV with pipes", reader("CSV", `,"CSVHeaderLocation":"GIVEN","CSVHeaders":["a","b"],"CSVDelimiter":"PIPE"`), passItem, "1|2\n3|4|5\n", `{}`,
			`[{"a":"1","b":"2"},{"a":"3","b":"4"}]`},
		{"no more than MaxItems", reader("JSONL", `,"MaxItems":2`), passItem, "1\n2\n3\n", `{}`, `[1,2]`},
		{"a negative MaxItems", reader("JSONL", `,"MaxItemsPath":"$.n"`), passItem, "1\n2\n3\n", `{"n":-1}`, "States.ItemReaderFailed: field MaxItems must be positive"},
		{"MaxItems in a string", reader("JSONL", `,"MaxItemsPath":"$.n"`), passItem, "1\n2\n3\n", `{"n":"1"}`, `[1]`},
		{"a pointer to no list", reader("JSON", `,"ItemsPointer":"/a"`), passItem, `{"a":1}`, `{}`, "States.ItemReaderFailed: Attempting to map over non-iterable node."},
		{"a percentage out of range", `"ToleratedFailurePercentagePath":"$[0]",`, passItem, "", `[101]`,
			"States.Runtime: An error occurred while executing the state 'M' (entered at the event id #2). ToleratedFailurePercentage must be between 0 and 100."},
		{"a percentage that is none", `"ToleratedFailurePercentagePath":"$[0]",`, passItem, "", `[{}]`,
			`States.Runtime: An error occurred while executing the state 'M' (entered at the event id #2). The ToleratedFailurePercentagePath field refers to value "{}" which is not a valid float: $[0]`},
		{"a listing of three pages", reader("", ""), passItem, "", `{}`, `[` + strings.Repeat(`{"Etag":"e","Key":"k","LastModified":1767323045,"Size":7},`, 2) +
			`{"Etag":"e","Key":"k","LastModified":1767323045,"Size":7}]`},
		{"batches", `"ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"x.$":"$[0]"}},`, passItem, "", `[1,2,3]`,
			`[{"BatchInput":{"x":1},"Items":[1,2]},{"BatchInput":{"x":1},"Items":[3]}]`},
		{"batches by size", `"ItemBatcher":{"MaxInputBytesPerBatch":10},`, passItem, "", `["aaaa","bbbb","c"]`,
			`[{"Items":["aaaa"]},{"Items":["bbbb"]},{"Items":["c"]}]`},
		{"a selector", `"ItemSelector":{"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value"},`, passItem, "", `["a"]`, `[{"v":"a","i":0}]`},
		{"a selector over an object", `"ItemSelector":{"k.$":"$$.Map.Item.Key","v.$":"$$.Map.Item.Value"},`, passItem, "", `{"a":1,"b":{}}`, `[{"v":1,"k":"a"},{"v":{},"k":"b"}]`},
		{"a selector over an object that is read", reader("JSON", `,"ItemsPointer":"/o"`) + `"ItemSelector":{"i.$":"$$.Map.Item"},`, passItem, `{"o":{"a":1}}`, `{}`,
			`[{"i":{"Index":0,"Key":"a","Value":1,"Source":"S3://b/items"}}]`},
		{"one failure is too many", "", failOdd, "", `[1,2,3]`, "States.ExceedToleratedFailureThreshold: The specified tolerated failure threshold was exceeded"},
		{"a tolerated count", `"ToleratedFailureCount":1,"ResultSelector":{"n.$":"States.ArrayLength($)","failed.$":"$[0].Status","output.$":"$[1]"},`,
			failOdd, "", `[1,2,3]`, `{"output":2,"failed":"FAILED","n":3}`},
		{"a tolerated percentage", `"ToleratedFailurePercentage":50,"ResultSelector":{"failed.$":"$[0].Error"},`, failOdd, "", `[1,2,3]`, `{"failed":"E"}`},
		{"a percentage too small", `"ToleratedFailurePercentage":33,`, failOdd, "", `[1,2,3]`, "States.ExceedToleratedFailureThreshold: The specified tolerated failure threshold was exceeded"},
		{"flattened", `"ResultWriter":{"WriterConfig":{"Transformation":"FLATTEN","OutputType":"JSON"}},`, passItem, "", `[[1,2],3]`, `[1,2,3]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			objects := s3{}
			if test.object != "" {
				objects["items"] = test.object
			}
			res, _ := runEvents(t, distributed(test.fields, test.processor), test.input, objects.start)
			got := res.Output.String()
			if res.Status != Succeeded {
				got = res.Error.String() + ": " + res.Cause.String()
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestManyObjects reads manifests, then the objects that they name, and listings with what they list.
func TestManyObjects(t *testing.T) {
	inventory := `{"fileSchema":"Bucket, Key","files":[{"key":"f1"},{"key":"f2"}]}`
	rows := `[{"Bucket":"b","Key":"one"},{"Bucket":"b","Key":"two"}]`
	sources := `"ItemSelector":{"s.$":"$$.Map.Item.Source"},`
	listing := `"ItemReader":{"ReaderConfig":{"InputType":"JSONL","Transformation":"LOAD_AND_FLATTEN"},"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"}},`
	for _, test := range []struct {
		name, fields string
		objects      s3
		want         string
	}{
		{"an inventory", reader("MANIFEST", ""), s3{"items": inventory, "f1": "b,one\n", "f2": "b,two\n"}, rows},
		{"an inventory by its type", strings.Replace(reader("", ""), `"Resource":"arn:aws:states:::s3:listObjectsV2"`,
			`"ReaderConfig":{"ManifestType":"S3_INVENTORY"},"Resource":"arn:aws:states:::s3:getObject"`, 1), s3{"items": inventory, "f1": "b,one\n", "f2": "b,two\n"}, rows},
		{"no inventory", reader("MANIFEST", `,"ManifestType":"S3_INVENTORY"`), s3{"items": "s3://b/f1"},
			"States.ItemReaderFailed: The manifest is not JSON: unexpected character 's' at offset 0"},
		{"what Athena wrote", reader("JSONL", `,"ManifestType":"ATHENA_DATA"`), s3{"items": "s3://b/f1\ns3://b/f2\n", "f1": "1\n", "f2": "2\n3\n"}, `[1,2,3]`},
		{"no more than MaxItems", reader("JSONL", `,"ManifestType":"ATHENA_DATA","MaxItems":2`), s3{"items": "s3://b/f1\ns3://b/f2\n", "f1": "1\n2\n3\n"}, `[1,2]`},
		{"listed and loaded", listing, s3{"k": "1\n2\n"}, `[1,2,1,2,1,2]`},
		{"where loaded items come from", listing + sources, s3{"k": "1\n"}, `[{"s":"S3://b/k"},{"s":"S3://b/k"},{"s":"S3://b/k"}]`},
		{"where listed items come from", reader("", "") + sources, s3{}, `[{"s":"S3://b"},{"s":"S3://b"},{"s":"S3://b"}]`},
		{"where the items of an object come from", reader("JSON", "") + sources, s3{"items": "[1]"}, `[{"s":"S3://b/items"}]`},
		{"where the items of the input come from", sources, s3{}, `[{"s":"STATE_DATA"}]`},
		{"Parquet", reader("PARQUET", ""), s3{"items": "PAR1"},
			"States.ItemReaderFailed: the object is a Parquet file, which AWS reads and stride does not; use CSV, JSON or JSONL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			res, _ := runEvents(t, distributed(test.fields, passItem), `[1]`, test.objects.start)
			got := res.Output.String()
			if res.Status != Succeeded {
				got = res.Error.String() + ": " + res.Cause.String()
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestResultWriter writes one file of results a status, and a manifest.
func TestResultWriter(t *testing.T) {
	objects := s3{}
	writer := `"ToleratedFailureCount":9,"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"out","Prefix":"jobs"}},`
	processor := `"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericLessThan":2,"Next":"F"}],"Default":"S"},"F":{"Type":"Fail","Error":"E"},"S":{"Type":"Succeed"}}`
	res, events := runEvents(t, distributed(writer, processor), `[1,2]`, objects.start)
	details, _ := res.Output.Get("ResultWriterDetails")
	key, _ := details.Get("Key")
	manifest := mustParse(t, objects[key.Str()])
	var kinds []string
	for k := range objects {
		kinds = append(kinds, k[strings.LastIndex(k, "/")+1:])
	}
	if len(objects) != 3 || !strings.HasPrefix(key.Str(), "jobs/") || manifest.Len() != 3 {
		t.Errorf("wrote %v; output %s (%s), manifest %s", kinds, res.Output, res.Cause, manifest)
	}
	want := []string{"1<-0 ExecutionStarted", "2<-0 MapStateEntered M", "3<-2 MapStateStarted", "4<-3 MapRunStarted", "5<-4 MapRunSucceeded",
		"6<-5 MapStateSucceeded", "7<-5 MapStateExited M", "8<-7 ExecutionSucceeded"}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestConcurrency: never more children at once than MaxConcurrency, and an update lifts it.
func TestConcurrency(t *testing.T) {
	p := mustCompile(t, distributed(`"MaxConcurrency":2,`, passItem))
	var running, most atomic.Int32
	var waiting []Replier
	var infos []MapRun
	env := seeded(randomExecution(t).StartTime)
	env.MapRun = func(m MapRun) { infos = append(infos, m) }
	var run *Run
	lifted := 3
	env.StartChild = func(_ context.Context, c *Child, r Replier) {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		waiting = append(waiting, r)
		switch len(waiting) {
		case 2:
			run.UpdateMapRun(MapRunUpdate{ARN: c.Execution.MapRunARN, MaxConcurrency: &lifted})
		case 3:
			for _, w := range waiting {
				running.Add(-1)
				w.Succeeded(history.Verbatim("1"))
			}
			waiting = waiting[:0]
		}
	}
	exec := randomExecution(t)
	exec.Input = mustParse(t, `[1,2,3,4,5,6]`)
	run = p.Start(exec, env)
	res := run.Wait(context.Background())
	last := infos[len(infos)-1]
	if res.Status != Succeeded || most.Load() != 3 || last.Children.Succeeded != 6 || last.Children.Pending+last.Children.Running != 0 {
		t.Errorf("%s with %d at once at most; at the end %+v", res.Status, most.Load(), last.Children)
	}
	if want := "arn:aws:states:us-east-1:000000000000:mapRun:" + exec.MachineName + "/L:"; !strings.HasPrefix(last.ARN, want) {
		t.Errorf("the map run is called %s, want %s…", last.ARN, want)
	}
}

// TestChildrenWait lets children that run in this process wait on the virtual clock that they share with their parent.
func TestChildrenWait(t *testing.T) {
	res, _ := runEvents(t, distributed("", `"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":299,"End":true}}`), `[1,2]`, nil)
	if res.Status != Succeeded || res.Output.String() != "[1,2]" {
		t.Errorf("ends as %s %s %s", res.Status, res.Output, res.Cause)
	}
}

// TestChildrenTakeTurns: on a virtual clock a distributed Map's children make their first calls in the order of the items, then their
// second ones, from wherever the answers come.
func TestChildrenTakeTurns(t *testing.T) {
	two := `"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::a:a","Next":"B"},"B":{"Type":"Task","Resource":"arn:aws:states:::b:b","End":true}}`
	p := mustCompile(t, distributed(`"ToleratedFailureCount":3,`, two))
	for range 50 {
		var calls []string
		env := seeded(randomExecution(t).StartTime)
		env.StartChild = nil
		env.StartTask = func(_ context.Context, task *Task, r Replier) {
			calls = append(calls, task.State+task.Input.String())
			if n := len(calls); n > 6 && n != 8 {
				r.Failed(Failure{Error: "Boom"})
				return
			}
			go r.Succeeded(history.JSON(task.Input))
		}
		exec := randomExecution(t)
		exec.Input = mustParse(t, `[1,2,3,4,5,6]`)
		res := p.Run(context.Background(), exec, env)
		want := []string{"A1", "A2", "A3", "A4", "A5", "A6", "B1", "B2", "B3", "B4", "B5", "B6"}
		if diff := cmp.Diff(want, calls); diff != "" || res.Error.String() != errTolerance {
			t.Fatalf("%s %s %s; -want +got:\n%s", res.Status, res.Error, res.Cause, diff)
		}
	}
}
