package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// APIStage is the stage of every REST API that a deploy makes, and part of its URL.
const APIStage = "current"

// apiTimeout is how long API Gateway waits for an execution, in milliseconds: as long as it does where nobody raised the quota.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
const apiTimeout = 29_000

// Settings of a trigger of KindAPI, beside Target.
const (
	apiRoute  = "Route"             // "POST /orders/{id}"
	apiAuth   = "AuthorizationType" // AWS_IAM or NONE
	apiErrors = "Errors"            // {"OutOfStock":409}
	// apiDefinition is there in what was read, where another stride would have made it otherwise.
	apiDefinition = "Definition"
)

// Path is the path of a REST API's route.
func (t *Trigger) Path() string {
	_, path, _ := strings.Cut(t.Settings[apiRoute], " ")
	return path
}

// Method is the HTTP method of a REST API's route.
func (t *Trigger) Method() string {
	method, _, _ := strings.Cut(t.Settings[apiRoute], " ")
	return method
}

// Signed is whether a REST API answers only requests that are signed, by who may call it.
func (t *Trigger) Signed() bool { return t.Settings[apiAuth] != "NONE" }

// TakesBody is whether the request's body, as it is, is the execution's input. Other routes give it the parts of the request.
func (t *Trigger) TakesBody() bool {
	return hasBody(t.Method()) && !strings.Contains(t.Path(), "{")
}

func hasBody(method string) bool { return method == "POST" || method == "PUT" || method == "PATCH" }

type object = map[string]any

// OpenAPI is the definition of a REST API: one method, which calls StartSyncExecution and answers with the execution's output, or with
// its error. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
func (t *Trigger) OpenAPI() []byte {
	described := func(text string) object { return object{"description": text} }
	method := object{
		"responses":                       object{"200": described("the output"), "502": described("not started"), "503": described("disabled")},
		"x-amazon-apigateway-integration": t.integration(),
	}
	definition := object{
		"openapi": "3.0.1",
		"info":    object{"title": t.Name, "version": "1", "description": "starts " + t.Machine},
		"paths":   object{t.Path(): object{strings.ToLower(t.Method()): method}},
	}
	if names := t.pathParameters(); len(names) > 0 {
		var parameters []object
		for _, name := range names {
			parameters = append(parameters, object{"name": name, "in": "path", "required": true, "schema": object{"type": "string"}})
		}
		method["parameters"] = parameters
	}
	if t.Signed() {
		method["security"] = []object{{"sigv4": []string{}}}
		definition["components"] = object{"securitySchemes": object{"sigv4": object{
			"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}}}
	}
	text, _ := json.Marshal(definition) // texts, numbers and booleans always marshal
	return text
}

func (t *Trigger) pathParameters() (names []string) {
	for _, segment := range strings.Split(t.Path(), "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

func (t *Trigger) integration() object {
	templates := func(text string) object { return object{"application/json": text} }
	if !t.Enabled {
		return object{"type": "mock", "passthroughBehavior": "never", "requestTemplates": templates(`{"statusCode": 503}`), "responses": object{
			"default": object{"statusCode": "503", "responseTemplates": templates(`{"error":"Disabled"}`)}}}
	}
	machine := strings.SplitN(t.Settings["Target"], ":", 5)
	return object{
		"type": "aws", "httpMethod": "POST", "credentials": t.Role, "passthroughBehavior": "never", "timeoutInMillis": apiTimeout,
		"uri":              fmt.Sprintf("arn:%s:apigateway:%s:states:action/StartSyncExecution", machine[1], machine[3]),
		"requestTemplates": templates(t.requestTemplate()),
		"responses": object{
			"default":   object{"statusCode": "200", "responseTemplates": templates(t.responseTemplate())},
			`[45]\d{2}`: object{"statusCode": "502", "responseTemplates": templates(`{"error":"NotStarted"}`)},
		},
	}
}

// escaped is a Velocity reference as the inside of a JSON string. escapeJavaScript makes \' of a quote, which is no JSON:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
func escaped(reference string) string {
	return `$util.escapeJavaScript(` + reference + `).replaceAll("\\'","'")`
}

// requestTemplate makes StartSyncExecution's parameters of a request. Its input is JSON in a JSON string.
func (t *Trigger) requestTemplate() string {
	input := escaped("$input.json('$')")
	if !t.TakesBody() {
		text := func(reference string) string { return `\"` + escaped(escaped(reference)) + `\"` }
		var path []string
		for _, name := range t.pathParameters() {
			path = append(path, `\"`+name+`\":`+text("$input.params().path.get('"+name+"')"))
		}
		query := `#foreach($k in $input.params().querystring.keySet())` + text("$k") + `:` + text("$input.params().querystring.get($k)") +
			`#if($foreach.hasNext),#end#end`
		parts := `\"path\":{` + strings.Join(path, ",") + `},\"query\":{` + query + `}`
		if hasBody(t.Method()) {
			parts += `,\"body\":` + input
		}
		input = "{" + parts + "}"
	}
	return `{"stateMachineArn":"` + t.Settings["Target"] + `","input":"` + input + `"}`
}

// responseTemplate makes the answer of an execution that is over. Who may call it without a signature learns why an execution failed
// only where the error has a status of its own: a cause can have anything in it.
func (t *Trigger) responseTemplate() string {
	const why = `{"error":$input.json('$.error'),"cause":$input.json('$.cause')}`
	other := why
	if !t.Signed() {
		other = `{"error":$input.json('$.error')}`
	}
	var b strings.Builder
	answer := func(condition string, status int, body string) {
		fmt.Fprintf(&b, "%s\n#set($context.responseOverride.status = %d)\n%s\n", condition, status, body)
	}
	b.WriteString("#set($r = $input.path('$'))\n#if($r.status == \"SUCCEEDED\")\n$r.output\n")
	statuses := t.errorStatuses()
	for _, name := range slices.Sorted(maps.Keys(statuses)) {
		answer(fmt.Sprintf("#elseif($r.error == %q)", name), statuses[name], why)
	}
	answer(`#elseif($r.status == "TIMED_OUT")`, 504, other)
	answer("#else", 500, other)
	b.WriteString("#end\n")
	return b.String()
}

func (t *Trigger) errorStatuses() map[string]int {
	statuses := map[string]int{}
	if text := t.Settings[apiErrors]; text != "" {
		_ = json.Unmarshal([]byte(text), &statuses) // of what it does not understand, none: then the definition differs
	}
	return statuses
}

// apiRecord is what the description of an API's deployment says. A deployment is a snapshot, which no later edit of the
// API changes, so the record says what answers.
type apiRecord struct {
	Settings   map[string]string
	Role       string
	Enabled    bool
	Definition string // a hash of it
}

// APIRecord is the description for the deployment of a REST API as t has it.
func (t *Trigger) APIRecord() string {
	text, _ := json.Marshal(apiRecord{t.Settings, t.Role, t.Enabled, t.digest()}) // texts and booleans always marshal
	return string(text)
}

func (t *Trigger) digest() string {
	sum := sha256.Sum256(t.OpenAPI())
	return hex.EncodeToString(sum[:6])
}

// ReadAPIRecord sets t to what the description of its API's deployment says: nothing, where stride did not make the deployment.
func (t *Trigger) ReadAPIRecord(description string) {
	var r apiRecord
	t.Settings = map[string]string{}
	if json.Unmarshal([]byte(description), &r) != nil || strings.Count(r.Settings["Target"], ":") < 6 || r.Settings[apiRoute] == "" {
		return
	}
	t.Settings, t.Role, t.Enabled = r.Settings, r.Role, r.Enabled
	if t.digest() != r.Definition {
		t.Settings[apiDefinition] = r.Definition
	}
}
