package picture

import (
	"math"
	"strings"

	"github.com/stride-aws/stride/internal/jsonata/jsregexp"
	"github.com/stride-aws/stride/internal/lazyregexp"
)

// dateParser is a date picture made ready for parsing: a regular expression with a group for each part.
type dateParser struct {
	re    *jsregexp.Regexp
	parts datePicture
}

var dateParsers cache[*dateParser]

// matchSteps bounds the matching of one date: a second at most.
const matchSteps = 50_000_000

// ParseDateTime reads a time by a date picture: milliseconds since the epoch, NaN for a date that does not exist, and false
// where s does not match the picture. What the picture leaves out on the left is taken from now, in milliseconds.
// Errors: D3130 to D3136.
func ParseDateTime(s, picture string, now float64) (millis float64, ok bool, err error) {
	p, err := dateParsers.get(picture, newDateParser)
	if err != nil {
		return 0, false, err
	}
	budget := matchSteps
	match, err := p.re.Find(s, 0, &budget)
	if err != nil || match == nil {
		return 0, false, err
	}
	found, err := p.components(s, match)
	if err != nil || len(found) == 0 {
		return 0, false, err
	}
	millis, err = found.time(momentOf(now))
	return millis, err == nil, err
}

func newDateParser(picture string) (*dateParser, error) {
	parts, err := analyseDate(picture)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteByte('^')
	for _, part := range parts {
		pattern, err := part.pattern()
		if err != nil {
			return nil, err
		}
		b.WriteString("(" + pattern + ")")
	}
	re, err := jsregexp.Compile(b.String()+"$", "i")
	if err != nil {
		return nil, errScript // a separator is put into the expression as it is
	}
	return &dateParser{re, parts}, nil
}

var special = lazyregexp.New(`[.*+?^${}()|[\]\\]`)

// pattern is the regular expression of what the part matches.
func (part *datePart) pattern() (string, error) {
	switch {
	case part.component == 0:
		return special.ReplaceAllString(part.literal, `\$0`), nil
	case part.component == 'Z' || part.component == 'z':
		return part.zonePattern(), nil
	case part.integer != nil:
		return part.integer.pattern(part.digits)
	case strings.IndexByte("MxFP", part.component) >= 0:
		return "[a-zA-Z]+", nil
	}
	return "", failWith("D3133", string(part.component))
}

func (part *datePart) zonePattern() string {
	text := "[-+][0-9]+"
	if part.component == 'z' {
		text = "GMT" + text
	}
	if part.integer.regular {
		text += part.integer.separators[0].text + "[0-9]+"
	}
	return text
}

// components are what a date's text said, by component; NaN for a name that is none.
type components map[byte]component

// component is a number read, or nothing where a name was none.
type component struct {
	x     float64
	known bool
}

func (p *dateParser) components(s string, match []int) (components, error) {
	found := components{}
	for i, part := range p.parts {
		if part.component == 0 {
			continue
		}
		c, err := part.parse(jsregexp.Slice(s, match[2*i+2], match[2*i+3]))
		if err != nil {
			return nil, err
		}
		found[part.component] = c
	}
	return found, nil
}

func (part *datePart) parse(s string) (component, error) {
	switch {
	case part.component == 'Z' || part.component == 'z':
		return component{part.parseZone(s), true}, nil
	case part.integer != nil:
		x, err := part.integer.parse(s)
		return component{x, true}, err
	case part.component == 'F':
		return part.parseName(s, weekdays), nil
	case part.component == 'P':
		return parseNoon(s), nil
	}
	return part.parseName(s, months), nil
}

func (part *datePart) parseName(s string, names []string) component {
	for i := len(names) - 1; i >= 0; i-- {
		name := names[i]
		if part.max != 0 {
			name = part.limit(name)
		}
		if name == s {
			return component{float64(i + 1), true}
		}
	}
	return component{}
}

func parseNoon(s string) component {
	switch s {
	case "am", "AM":
		return component{0, true}
	case "pm", "PM":
		return component{1, true}
	}
	return component{}
}

// parseZone reads an offset, in minutes. Minutes count up, whatever the sign of the hours.
func (part *datePart) parseZone(s string) float64 {
	if part.component == 'z' {
		s = s[len("GMT"):]
	}
	if part.integer.regular {
		sep := part.integer.separators[0].text
		at := strings.Index(s, sep)
		return parseInt(s[:max(at, 0)])*60 + parseInt(s[min(at+1, len(s)):])
	}
	if len(s) <= len("+hh") {
		return parseInt(s) * 60
	}
	return parseInt(s[:3])*60 + parseInt(s[3:])
}

// fits tells whether some of the components of a set were read, and none of the others that the mask names.
func (found components) fits(all, set string) bool {
	some := false
	for i := range len(all) {
		c := found[all[i]]
		if !c.known || c.x == 0 || math.IsNaN(c.x) {
			continue
		}
		if strings.IndexByte(set, all[i]) < 0 {
			return false
		}
		some = true
	}
	return some
}

const (
	dateComponents = "YXMxWwdD"
	timeComponents = "PHhmsf"
)

// time puts the components together. A date is year, month and day, or year and day of the year; the reference refuses weeks.
func (found components) time(now moment) (float64, error) {
	byMonth := found.fits(dateComponents, "YMD")
	byDay := !byMonth && found.fits(dateComponents, "Yd")
	if found.fits(dateComponents, "Xxw") || found.fits(dateComponents, "XW") {
		return 0, fail("D3136")
	}
	order := "YMD"
	if byDay {
		order = "YD"
	}
	half := !found.fits(timeComponents, "Hmsf") && found.fits(timeComponents, "Phmsf")
	if half {
		order += "Phmsf"
	} else {
		order += "Hmsf"
	}
	if err := found.fill(order, now); err != nil {
		return 0, err
	}
	if byDay {
		found.dayOfYear()
	}
	if half {
		found.hourOfHalf()
	}
	return found.millis(byDay), nil
}

// fill gives the components before the first one read those of now, and those behind the last one read their least; a gap
// between them is an error.
func (found components) fill(order string, now moment) error {
	started, ended := false, false
	for i := range len(order) {
		letter := order[i]
		switch {
		case found[letter].known && ended:
			return fail("D3136")
		case found[letter].known:
			started = true
		case started:
			ended = true
			found[letter] = component{least(letter), true}
		default:
			x, _ := now.part(letter)
			found[letter] = component{x, true}
		}
	}
	return nil
}

func least(letter byte) float64 {
	if strings.IndexByte("MDd", letter) >= 0 {
		return 1
	}
	return 0
}

func (found components) dayOfYear() {
	first := date(found['Y'].x, 0, 1)
	m := momentOf(first + (found['d'].x-1)*dayMillis)
	found['M'], found['D'] = component{m.month + 1, true}, component{m.day, true}
}

func (found components) hourOfHalf() {
	hour := found['h'].x
	if hour == 12 {
		hour = 0
	}
	if found['P'].x == 1 {
		hour += 12
	}
	found['H'] = component{hour, true}
}

func (found components) millis(byDay bool) float64 {
	month := 0.0
	if found['M'].x > 0 || byDay {
		month = found['M'].x - 1
	}
	x := utc(found['Y'].x, month, found['D'].x, found['H'].x, found['m'].x, found['s'].x, found['f'].x)
	offset := found['Z'].x
	if offset == 0 || math.IsNaN(offset) {
		offset = found['z'].x
	}
	if offset != 0 && !math.IsNaN(offset) {
		x -= offset * 60_000
	}
	return x
}
