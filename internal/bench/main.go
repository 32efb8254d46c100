// Command bench runs the project's benchmarks and puts each figure beside what it is measured against, in one run on one machine.
// Folders with benchmarks go in; a table and bench.json come out. `make bench` calls it.
//
// A benchmark with a part called "stride" is a comparison: the last part of its name's siblings says against what
// (BenchmarkDecode/1KB/stride and BenchmarkDecode/1KB/encoding-json). The ratio is theirs by ours in time: 2.0 means that stride takes
// half as long. A benchmark of "stride" alone has no ratio.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Row is one line of the table. Unit is what the benchmark reports: "ns/op", "allocs/op", "executions/s".
type Row struct {
	Name    string  `json:"name"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Ratio   float64 `json:"ratio,omitempty"`
	Against string  `json:"against,omitempty"`
}

func main() {
	out := flag.String("o", "bench.json", "write the rows to this file")
	time := flag.String("benchtime", "1s", "as of go test")
	match := flag.String("bench", ".", "as of go test")
	flag.Parse()
	var rows []Row
	for _, dir := range flag.Args() {
		found, err := measure(dir, *match, *time)
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", dir, err)
			os.Exit(1)
		}
		rows = append(rows, found...)
	}
	print(os.Stdout, rows)
	if err := save(*out, rows); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// measure runs the benchmarks of the package in dir, which may be of a module of its own.
func measure(dir, match, time string) ([]Row, error) {
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", match, "-benchmem", "-benchtime", time, ".")
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&out, os.Stderr), os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	return compare(filepath.ToSlash(filepath.Clean(dir)), parse(out.String())), nil
}

// result is one line of `go test -bench`.
type result struct {
	name   string // without "Benchmark" and "-N"
	values []Row  // value and unit
}

// parse reads benchmark lines: "BenchmarkName-2   100   12 ns/op   3 B/op".
func parse(text string) []result {
	var list []result
	for _, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		name, ok := strings.CutPrefix(line, "Benchmark")
		if !ok || len(fields) < 4 {
			continue
		}
		name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
		name, _, _ = strings.Cut(name, "\t")
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			if _, err := strconv.Atoi(name[i+1:]); err == nil {
				name = name[:i]
			}
		}
		r := result{name: name}
		for i := 2; i+1 < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				break
			}
			r.values = append(r.values, Row{Value: v, Unit: fields[i+1]})
		}
		list = append(list, r)
	}
	return list
}

const ours = "stride"

// compare makes a row of each of stride's values, and one more for each thing that its time is measured against.
func compare(dir string, results []result) []Row {
	var rows []Row
	for _, r := range results {
		group, leaf := split(r.name)
		if leaf != ours && siblings(results, group) {
			continue
		}
		name := dir + " " + strings.TrimSuffix(r.name, "/"+ours)
		for _, v := range r.values {
			if v.Unit == "B/op" {
				continue
			}
			v.Name = name
			rows = append(rows, v)
		}
		if leaf == ours {
			rows = append(rows, ratios(name, group, r, results)...)
		}
	}
	return rows
}

func split(name string) (group, leaf string) {
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return "", name
	}
	return name[:i], name[i+1:]
}

// siblings says that group has a benchmark of stride's.
func siblings(results []result, group string) bool {
	for _, r := range results {
		if g, leaf := split(r.name); g == group && leaf == ours && group != "" {
			return true
		}
	}
	return false
}

func ratios(name, group string, r result, results []result) []Row {
	var rows []Row
	for _, other := range results {
		g, leaf := split(other.name)
		if g != group || leaf == ours {
			continue
		}
		if a, b := nanoseconds(r), nanoseconds(other); a > 0 {
			rows = append(rows, Row{Name: name, Value: b, Unit: "ns/op", Ratio: b / a, Against: leaf})
		}
	}
	return rows
}

func nanoseconds(r result) float64 {
	for _, v := range r.values {
		if v.Unit == "ns/op" {
			return v.Value
		}
	}
	return 0
}

func print(w io.Writer, rows []Row) {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tVALUE\tUNIT\tRATIO\tAGAINST")
	for _, r := range rows {
		ratio := ""
		if r.Against != "" {
			ratio = fmt.Sprintf("%.1fx", r.Ratio)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.Name, strconv.FormatFloat(r.Value, 'f', -1, 64), r.Unit, ratio, r.Against)
	}
	t.Flush()
}

func save(file string, rows []Row) error {
	text, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
