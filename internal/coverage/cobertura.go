package coverage

import (
	"encoding/xml"
	"fmt"
	"maps"
	"path"
	"slices"
	"time"
)

// The document of Cobertura, as far as its readers need it. https://cobertura.sourceforge.net/xml/coverage-04.dtd
type (
	xmlCoverage struct {
		XMLName         xml.Name     `xml:"coverage"`
		LineRate        string       `xml:"line-rate,attr"`
		BranchRate      string       `xml:"branch-rate,attr"`
		LinesCovered    int          `xml:"lines-covered,attr"`
		LinesValid      int          `xml:"lines-valid,attr"`
		BranchesCovered int          `xml:"branches-covered,attr"`
		BranchesValid   int          `xml:"branches-valid,attr"`
		Complexity      string       `xml:"complexity,attr"`
		Version         string       `xml:"version,attr"`
		Timestamp       int64        `xml:"timestamp,attr"`
		Sources         []string     `xml:"sources>source"`
		Packages        []xmlPackage `xml:"packages>package"`
	}
	xmlPackage struct {
		Name       string     `xml:"name,attr"`
		LineRate   string     `xml:"line-rate,attr"`
		BranchRate string     `xml:"branch-rate,attr"`
		Complexity string     `xml:"complexity,attr"`
		Classes    []xmlClass `xml:"classes>class"`
	}
	xmlClass struct {
		Name       string    `xml:"name,attr"`
		File       string    `xml:"filename,attr"`
		LineRate   string    `xml:"line-rate,attr"`
		BranchRate string    `xml:"branch-rate,attr"`
		Complexity string    `xml:"complexity,attr"`
		Methods    struct{}  `xml:"methods"`
		Lines      []xmlLine `xml:"lines>line"`
	}
	xmlLine struct {
		Number    int    `xml:"number,attr"`
		Hits      int    `xml:"hits,attr"`
		Branch    bool   `xml:"branch,attr"`
		Condition string `xml:"condition-coverage,attr,omitempty"`
	}
)

const (
	doctype = "<!DOCTYPE coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n"
	version = "stride"
)

// Cobertura is the coverage as an XML document whose lines are those of the Go source (or of the ASL file): the line of a state is
// hit when the state is entered; its branches, retries and catches are the line's branches. source is the folder that the files'
// names are relative to.
func Cobertura(workflows []*Workflow, source string, at time.Time) ([]byte, error) {
	doc := xmlCoverage{Complexity: "0", Version: version, Timestamp: at.UnixMilli(), Sources: []string{source}}
	files := byFile(workflows)
	packages := map[string]*xmlPackage{}
	shares := map[string][2]Share{}
	var all [2]Share
	for _, file := range slices.Sorted(maps.Keys(files)) {
		lines, share := linesOf(files[file])
		dir := path.Dir(file)
		p := packages[dir]
		if p == nil {
			p = &xmlPackage{Name: dir, Complexity: "0"}
			packages[dir] = p
		}
		p.Classes = append(p.Classes, xmlClass{
			Name: path.Base(file), File: file, LineRate: rate(share[0]), BranchRate: rate(share[1]), Complexity: "0", Lines: lines,
		})
		shares[dir] = [2]Share{shares[dir][0].plus(share[0]), shares[dir][1].plus(share[1])}
		all = [2]Share{all[0].plus(share[0]), all[1].plus(share[1])}
	}
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		packages[dir].LineRate, packages[dir].BranchRate = rate(shares[dir][0]), rate(shares[dir][1])
		doc.Packages = append(doc.Packages, *packages[dir])
	}
	doc.LineRate, doc.BranchRate = rate(all[0]), rate(all[1])
	doc.LinesCovered, doc.LinesValid, doc.BranchesCovered, doc.BranchesValid = all[0].Passed, all[0].All, all[1].Passed, all[1].All
	text, err := xml.MarshalIndent(doc, "", "  ")
	return append([]byte(xml.Header+doctype), append(text, '\n')...), err
}

func rate(s Share) string { return fmt.Sprintf("%.4f", s.Percent()/100) }

// linesOf are the lines of a file's points, with the shares of lines and of branches that were passed.
func linesOf(points []*Point) (lines []xmlLine, share [2]Share) {
	hits, branches := map[int]int{}, map[int]Share{}
	for _, p := range points {
		n := p.Place.Line
		if p.Kind == State {
			hits[n] += p.Hits
			continue
		}
		hits[n] += 0
		branches[n] = branches[n].plus(Share{min(p.Hits, 1), 1})
	}
	for _, n := range slices.Sorted(maps.Keys(hits)) {
		line := xmlLine{Number: n, Hits: hits[n]}
		if b := branches[n]; b.All > 0 {
			line.Branch, line.Condition = true, fmt.Sprintf("%.0f%% (%d/%d)", b.Percent(), b.Passed, b.All)
		}
		lines = append(lines, line)
		share[0] = share[0].plus(Share{min(hits[n], 1), 1})
		share[1] = share[1].plus(branches[n])
	}
	return lines, share
}
