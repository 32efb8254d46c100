package project

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	validator "github.com/santhosh-tekuri/jsonschema/v5"
	"go.yaml.in/yaml/v3"

	"github.com/stride-aws/stride/internal/golden"
	"github.com/stride-aws/stride/internal/jsonschema"
	"github.com/stride-aws/stride/internal/machine"
	"github.com/stride-aws/stride/internal/plan"
)

const schemaFile = "../../infra/stride.schema.json"

// TestSchema holds infra/stride.schema.json, which editors read, to the fields that there are, what their comments say and what
// environments begin with. Nothing in it is without a description.
func TestSchema(t *testing.T) {
	docs, err := jsonschema.ReadDocs(".")
	if err != nil {
		t.Fatal(err)
	}
	s := jsonschema.Document(reflect.TypeFor[Config](), "infra/stride.yaml", jsonschema.Options{
		Tag: "yaml", Strict: true, Docs: docs, Reference: reference, Shared: []reflect.Type{reflect.TypeFor[Environment]()}, Defaults: defaults(),
	})
	text, err := jsonschema.Text(s)
	if err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, schemaFile, text)
}

// defaults are what environments begin with, as far as it is the same for all; settings of single functions have none of their own.
func defaults() map[reflect.Type]reflect.Value {
	e := builtin("")
	e.Lambda = ownLambda().over(e.Lambda)
	return map[reflect.Type]reflect.Value{reflect.TypeFor[Environment](): reflect.ValueOf(e)}
}

// TestLimits: numbers in tags that come from elsewhere are those.
func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		of   any
		key  string
		want int
	}{{Bucket{}, "above", plan.MaxDirect >> 20}, {Payloads{}, "above", machine.MaxPayload>>10 - 1}} {
		if got := jsonschema.RulesOf(yamlFields(reflect.TypeOf(tt.of))[tt.key]).Max; got != fmt.Sprint(tt.want) {
			t.Errorf("%T.%s is at most %s, and %d is the limit", tt.of, tt.key, got, tt.want)
		}
	}
}

func editor(t *testing.T) *validator.Schema {
	t.Helper()
	s, err := validator.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// accepts says whether an editor with the schema s finds nothing in a document.
func accepts(t *testing.T, s *validator.Schema, doc any) bool {
	t.Helper()
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return s.Validate(v) == nil
}

// decodes reads every environment of a document. Variables of amounts and accounts have such values.
func decodes(text string) error {
	c, err := parseConfig([]byte(text), "stride.yaml")
	if err != nil {
		return err
	}
	for _, name := range c.Names() {
		if _, err := c.Environment(name, variables); err != nil {
			return err
		}
	}
	return nil
}

func variables(name string) (string, bool) {
	for part, value := range map[string]string{"MEMORY": "256", "ACCOUNT": "111122223333"} {
		if strings.HasSuffix(name, part) {
			return value, true
		}
	}
	return "from-variable", true
}

var fences = regexp.MustCompile("(?m)^    (rollout|triggers|payloads|functions|bucket): *(?:\\{.*\n|\n(?:      .*\n)+)")

// TestExamples: the sample, the new project's file and what docs show are accepted by the schema and by the reader.
func TestExamples(t *testing.T) {
	texts := map[string]string{"every key": everything, "layers": layered, "triggers": triggering}
	for _, file := range []string{"../../infra/stride.yaml", "../cli/newproject/infra/stride.yaml.tmpl"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = strings.ReplaceAll(string(text), "{{.Name}}", "shop")
	}
	docs, _ := filepath.Glob("../../docs/*.md")
	shown := 0
	for _, file := range docs {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range fences.FindAllString(string(text), -1) {
			texts[file+": "+part] = "defaults:\n" + part
			shown++
		}
	}
	if shown < 2 {
		t.Errorf("docs show %d parts of the file; the expression that finds them is out of date", shown)
	}
	s := editor(t)
	for name, text := range texts {
		var doc any
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !accepts(t, s, doc) {
			t.Errorf("%s: the schema refuses it", name)
		}
		if err := decodes(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// everything has every key.
const everything = `
project: shop
defaults:
  account: "111122223333"
  region: eu-central-1
  profile: dev
  endpoint: http://127.0.0.1:4566
  assumeRole: arn:aws:iam::111122223333:role/deploy
  names: {workflow: "{env}-{workflow}", function: "{env}-{handler}", role: "{name}-{region}"}
  tags: {team: orders, cost-center: 1234, live: true}
  keep: 5
  roles: {path: /stride/, boundary: "arn:aws:iam::111122223333:policy/edge"}
  workflows:
    vars: {TOPIC: "${env:TOPIC}", RATE: 1.5}
    logging: {level: ERROR, data: false, retention: 365}
    tracing: true
    kmsKey: arn:aws:kms:eu-central-1:111122223333:key/1
    role: arn:aws:iam::111122223333:role/machines
  lambda: {memory: 256, timeout: 1m30s, storage: 512, concurrency: 0, architecture: x86_64, env: {A: b}, tracing: true, kmsKey: "arn:aws:kms:eu-central-1:111122223333:key/1",
    retention: 0, subnets: [subnet-0a1b], securityGroups: [sg-0a1b], role: "arn:aws:iam::111122223333:role/functions"}
  functions: {payments.Charge: {memory: "${env:MEMORY}", timeout: 5s}}
  rollout: {type: canary, percentage: 10, interval: 10m, bake: 1h, alarms: ["{env}-{workflow}-failed"]}
  bucket: {name: "{account}-zips", create: true, above: 40, kmsKey: alias/stride}
  payloads: {bucket: letters, above: 64}
  triggers:
    orders:
      nightly: {schedule: "cron(0 2 * * ? *)", timezone: Europe/Berlin, window: 15m, input: {a: 1}, enabled: false}
      placed: {pattern: {source: [shop]}, bus: shop, inputPath: $.detail, deadLetter: "arn:aws:sqs:eu-central-1:111122223333:dead"}
      uploaded: {bucket: uploads, events: [Object Deleted], prefix: in/, suffix: .csv, input: 5}
      queued: {queue: "arn:aws:sqs:eu-central-1:111122223333:orders", batch: 10, wait: 5s, filter: {body: {n: [1]}}}
      asked: {http: "PUT /orders/{id}", auth: none, errors: {OutOfStock: 409, States.Timeout: 504}}
environments:
  local: {}
  dev: {keep: 3}
  prod: {inherit: dev, keep: 9}
`

// TestEverything: the document that is mutated has every key that there is.
func TestEverything(t *testing.T) {
	var missing func(of reflect.Type, path string)
	missing = func(of reflect.Type, path string) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Map || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct {
			return
		}
		for name, f := range yamlFields(of) {
			if !strings.Contains(everything, name+":") {
				t.Errorf("%s is missing", dotted(path, name))
			}
			missing(f.Type, dotted(path, name))
		}
	}
	missing(reflect.TypeFor[Config](), "")
}

// Mistakes that a schema cannot tell: those of several keys that layers bring together, names that stand elsewhere, and how long a
// duration is, and what variables say.
var beyondSchema = regexp.MustCompile(`from-variable|inherits|rollout\.bake is for|bucket\.name is not|there is no environment|is "[0-9.hms]+"; it is ([0-9hms]+ to [0-9hms]+|whole (seconds|minutes))`)

// TestSchemaAgrees: whatever is changed in a document, the schema and the reader say the same about it.
func TestSchemaAgrees(t *testing.T) {
	s := editor(t)
	const rounds = 500
	agreed := map[bool]int{}
	for seed := range rounds {
		var doc map[string]any
		if err := yaml.Unmarshal([]byte(everything), &doc); err != nil {
			t.Fatal(err)
		}
		m := mutator{rand.New(rand.NewPCG(uint64(seed), 7))}
		for range 1 + m.IntN(2) {
			m.mutate(doc)
		}
		text, err := yaml.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		err = decodes(string(text))
		ok := accepts(t, s, doc)
		agreed[ok]++
		if ok != (err == nil) && !(ok && beyondSchema.MatchString(err.Error())) {
			t.Errorf("seed %d: the schema accepts it: %t; the reader says: %v\n%s", seed, ok, err, text)
			if t.Failed() && seed > 200 {
				return
			}
		}
	}
	if agreed[true] < rounds/10 || agreed[false] < rounds/10 {
		t.Errorf("%d accepted, %d refused: the changes are of one kind", agreed[true], agreed[false])
	}
}

type mutator struct{ *rand.Rand }

// values are what mutations put in the place of others, right somewhere and wrong elsewhere.
var values = []any{nil, "", "x", "${env:SOMETHING}", "pre${env:SOMETHING}", 0, 1, 2, 5, 64, 255, 256, 30, -1, 10_000, 10_241, 1.5, 128.0, true, "yes", "5", "30s", "1h30m", "90s", "1000h", "-5s",
	"ALL", "canary", "arm64", "rate(5 minutes)", "$.a", "$", "subnet-1", "sg-1", "111122223333", 111122223333, "eu-west-1", "/a/", "https://example.com",
	"arn:aws:sqs:eu-central-1:111122223333:q", "arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:policy/p", "{workflow}", "{handler}-x", "{name}",
	[]any{}, []any{"x"}, []any{nil}, []any{1}, []any{"subnet-1"}, []any{map[string]any{}}, map[string]any{}, map[string]any{"x": 1}, map[string]any{"a b": map[string]any{}},
	map[string]any{"schedule": "rate(1 day)"}, map[string]any{"x": map[string]any{"bucket": "uploads"}}}

// mutate changes one place in doc: another value, a key less, one more, one of another place, or a value that stood elsewhere.
func (m mutator) mutate(doc map[string]any) {
	all := places(doc)
	at := all[m.IntN(len(all))]
	keys := slices.Sorted(maps.Keys(at))
	if len(keys) == 0 {
		at["x"] = values[m.IntN(len(values))]
		return
	}
	key := keys[m.IntN(len(keys))]
	other := all[m.IntN(len(all))]
	others := slices.Sorted(maps.Keys(other))
	switch m.IntN(5) {
	case 0:
		delete(at, key)
	case 1:
		at[key+string(rune('a'+m.IntN(26)))] = at[key]
	case 2:
		if len(others) > 0 {
			name := others[m.IntN(len(others))]
			at[name] = copyOf(other[name])
		}
	default:
		at[key] = values[m.IntN(len(values))]
	}
}

func copyOf(v any) any {
	var out any
	text, _ := yaml.Marshal(v)
	_ = yaml.Unmarshal(text, &out) // what was just written
	return out
}

// places are the mappings in doc.
func places(doc map[string]any) []map[string]any {
	all := []map[string]any{doc}
	for _, key := range slices.Sorted(maps.Keys(doc)) {
		if inner, ok := doc[key].(map[string]any); ok {
			all = append(all, places(inner)...)
		}
	}
	return all
}
