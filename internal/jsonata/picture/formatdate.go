package picture

import (
	"math"
	"strings"
)

// The picture and the time zone that $fromMillis has when it is given none.
const (
	ISO8601 = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"
	UTC     = "0000"
)

var (
	weekdays = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	months   = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
		"November", "December"}
)

// zone is an offset from UTC. Of a negative one the reference takes the hours down and the minutes up: -0530 is -6 h and -30 min.
type zone struct{ hours, minutes float64 }

func parseZone(s string) zone {
	offset := parseInt(s)
	return zone{math.Floor(offset / 100), math.Mod(offset, 100)}
}

func (z zone) millis() float64 { return (60*z.hours + z.minutes) * 60_000 }

// FormatDateTime formats the time millis after the epoch by a date picture, in a zone written as ±hhmm.
// Errors: D3130 to D3135.
func FormatDateTime(millis float64, picture, timezone string) (string, error) {
	parts, err := datePictures.get(picture, analyseDate)
	if err != nil {
		return "", err
	}
	z := parseZone(timezone)
	m := momentOf(millis + z.millis())
	var b strings.Builder
	for _, part := range parts {
		text, err := part.format(m, z)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (part *datePart) format(m moment, z zone) (string, error) {
	switch part.component {
	case 0:
		return part.literal, nil
	case 'Z', 'z':
		return part.formatZone(z)
	case 'P':
		return part.formatNoon(m), nil
	case 'C', 'E':
		return "ISO", nil
	}
	x, ok := m.part(part.component)
	switch {
	case !ok:
		return "undefined", nil
	case part.naming != numbered && part.component != 'f':
		return part.formatName(x)
	case part.integer == nil:
		return "", errScript
	case part.component == 'Y' && part.digits != -1:
		x = math.Mod(x, math.Pow(10, part.digits))
	}
	return part.integer.format(x)
}

// formatName writes a month's or a day's name. Other components have none.
func (part *datePart) formatName(x float64) (string, error) {
	var names []string
	switch part.component {
	case 'M', 'x':
		names = months
	case 'F':
		names = weekdays
	default:
		return "", failWith("D3133", string(part.component))
	}
	if math.IsNaN(x) {
		if part.naming == namedTitle && !part.hasWidth {
			return "undefined", nil
		}
		return "", errScript
	}
	return part.limit(part.cased(names[int(x)-1])), nil
}

func (part *datePart) cased(name string) string {
	switch part.naming {
	case namedUpper:
		return strings.ToUpper(name)
	case namedLower:
		return strings.ToLower(name)
	}
	return name
}

func (part *datePart) formatNoon(m moment) string {
	text := "am"
	if m.hour >= 12 {
		text = "pm"
	}
	if part.naming == namedUpper {
		return strings.ToUpper(text)
	}
	return text
}

func (part *datePart) formatZone(z zone) (string, error) {
	offset := z.hours*100 + z.minutes
	if offset == 0 && part.mayBeZ && part.zoneFits() {
		return "Z", nil
	}
	text, err := part.zoneDigits(z, offset)
	if err != nil {
		return "", err
	}
	if offset >= 0 {
		text = "+" + text
	}
	if part.component == 'z' {
		text = "GMT" + text
	}
	return text, nil
}

func (part *datePart) zoneFits() bool {
	return part.integer.regular || part.integer.mandatory >= 1 && part.integer.mandatory <= 4
}

// zoneDigits writes hours and, unless the picture has room for hours only and there are none, minutes.
func (part *datePart) zoneDigits(z zone, offset float64) (string, error) {
	switch pic := part.integer; {
	case !part.zoneFits():
		if pic.numbering == decimal {
			return "", failWith("D3134", pic.mandatory)
		}
		return "", fail("D3134")
	case pic.regular || pic.mandatory > 2:
		return pic.format(offset)
	}
	text, err := part.integer.format(z.hours)
	if err != nil || z.minutes == 0 {
		return text, err
	}
	minutes, err := FormatInteger(z.minutes, "00")
	return text + ":" + minutes, err
}
