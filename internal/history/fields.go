package history

import (
	"strconv"

	"github.com/stride-aws/stride/internal/value"
)

// A field is one member of an event's details: its name in the API, how it is printed and read.
type field struct {
	name string
	data bool // execution data: left out of logs that exclude it
	// put appends the member's value, or nothing where the event does not have it.
	put func(dst []byte, d *Details) []byte
	set func(d *Details, v value.Value)
}

func textField(name string, data bool, at func(*Details) *Text) field {
	return field{name, data,
		func(dst []byte, d *Details) []byte {
			if t := at(d); t.Present() {
				return t.appendQuoted(dst)
			}
			return dst
		},
		func(d *Details, v value.Value) { *at(d) = Verbatim(v.Str()) },
	}
}

func stringField(name string, at func(*Details) *string) field {
	return field{name, false,
		func(dst []byte, d *Details) []byte {
			if s := *at(d); s != "" {
				return value.OfString(s).AppendJSON(dst)
			}
			return dst
		},
		func(d *Details, v value.Value) { *at(d) = v.Str() },
	}
}

func intField(name string, always bool, at func(*Details) *int64) field {
	return field{name, false,
		func(dst []byte, d *Details) []byte {
			if n := *at(d); n != 0 || always {
				return strconv.AppendInt(dst, n, 10)
			}
			return dst
		},
		func(d *Details, v value.Value) { *at(d) = integer(v) },
	}
}

// integer reads a number, or the digits that logs write in its place.
func integer(v value.Value) int64 {
	if v.Kind() == value.String {
		n, _ := strconv.ParseInt(v.Str(), 10, 64)
		return n
	}
	return int64(v.Float())
}

var (
	nameField         = stringField("name", func(d *Details) *string { return &d.Name })
	indexField        = intField("index", true, func(d *Details) *int64 { return &d.Index })
	lengthField       = intField("length", true, func(d *Details) *int64 { return &d.Length })
	inputField        = textField("input", true, func(d *Details) *Text { return &d.Input })
	outputField       = textField("output", true, func(d *Details) *Text { return &d.Output })
	roleField         = stringField("roleArn", func(d *Details) *string { return &d.RoleARN })
	aliasField        = stringField("stateMachineAliasArn", func(d *Details) *string { return &d.AliasARN })
	versionField      = stringField("stateMachineVersionArn", func(d *Details) *string { return &d.VersionARN })
	resourceField     = stringField("resource", func(d *Details) *string { return &d.Resource })
	resourceTypeField = stringField("resourceType", func(d *Details) *string { return &d.ResourceType })
	regionField       = stringField("region", func(d *Details) *string { return &d.Region })
	parametersField   = textField("parameters", true, func(d *Details) *Text { return &d.Parameters })
	timeoutField      = intField("timeoutInSeconds", false, func(d *Details) *int64 { return &d.TimeoutSeconds })
	heartbeatField    = intField("heartbeatInSeconds", false, func(d *Details) *int64 { return &d.HeartbeatSeconds })
	workerField       = stringField("workerName", func(d *Details) *string { return &d.WorkerName })
	mapRunField       = stringField("mapRunArn", func(d *Details) *string { return &d.MapRunARN })
	redriveField      = intField("redriveCount", false, func(d *Details) *int64 { return &d.RedriveCount })
	errorField        = textField("error", false, func(d *Details) *Text { return &d.Error })
	causeField        = textField("cause", true, func(d *Details) *Text { return &d.Cause })
	locationField     = stringField("location", func(d *Details) *string { return &d.Location })
	stateField        = stringField("state", func(d *Details) *string { return &d.State })
	credentialsField  = field{"taskCredentials", false, putCredentials, setCredentials}
	assignedField     = field{"assignedVariables", true, putAssigned, setAssigned}
)

// truncatable are the fields beside which AWS says whether it shortened them.
var truncatable = map[string]string{
	"input": "inputDetails", "output": "outputDetails", "assignedVariables": "assignedVariablesDetails",
}

func putCredentials(dst []byte, d *Details) []byte {
	if d.CredentialsARN == "" {
		return dst
	}
	return append(value.OfString(d.CredentialsARN).AppendJSON(append(dst, `{"roleArn":`...)), '}')
}

func setCredentials(d *Details, v value.Value) {
	role, _ := v.Get("roleArn")
	d.CredentialsARN = role.Str()
}

// putAssigned writes each variable's value as JSON in a string.
func putAssigned(dst []byte, d *Details) []byte {
	if len(d.AssignedVariables) == 0 {
		return dst
	}
	dst = append(dst, '{')
	for i, m := range d.AssignedVariables {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(value.OfString(m.Name).AppendJSON(dst), ':')
		dst = JSON(m.Value).appendQuoted(dst)
	}
	return append(dst, '}')
}

func setAssigned(d *Details, v value.Value) {
	for _, m := range v.Members() {
		d.AssignedVariables = append(d.AssignedVariables, value.Member{Name: m.Name, Value: Verbatim(m.Value.Str()).Value()})
	}
}

// appendDetails appends the members of e's details, without braces.
func (e *Event) appendDetails(dst []byte, withData bool) []byte {
	d := e.Details
	if d == nil {
		return dst
	}
	first := true
	for _, f := range shapes[e.Type].fields {
		if f.data && !withData {
			continue
		}
		mark := len(dst)
		if !first {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), f.name...), `":`...)
		body := len(dst)
		if dst = f.put(dst, d); len(dst) == body {
			dst = dst[:mark]
			continue
		}
		if name := truncatable[f.name]; name != "" {
			dst = append(append(append(dst, `,"`...), name...), `":{"truncated":false}`...)
		}
		first = false
	}
	return dst
}

// readDetails fills e's details from the members that the API or a log line shows.
func (e *Event) readDetails(members value.Value) {
	fields := shapes[e.Type].fields
	if len(fields) == 0 {
		return
	}
	e.Details = &Details{}
	for _, f := range fields {
		if v, ok := members.Get(f.name); ok && v.Kind() != value.Null {
			f.set(e.Details, v)
		}
	}
}
