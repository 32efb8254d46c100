package picture

import (
	"math"
	"strings"
)

// naming says that a component is written as a name, and in which case.
type naming uint8

const (
	numbered naming = iota
	namedLower
	namedUpper
	namedTitle
)

// datePart is literal text, or a component of a date between brackets.
type datePart struct {
	literal   string
	component byte // 0 for a literal
	naming    naming
	mayBeZ    bool // [Z…t]: a zero offset is written Z
	integer   *integerPicture
	min, max  float64 // width; NaN where it is no number
	hasMin    bool
	hasMax    bool
	hasWidth  bool
	digits    float64 // of Y, M and D: how many digits are kept, or parsed; -1 for all; 0 for other components
}

type datePicture []*datePart

var datePictures cache[datePicture]

// analyseDate reads a date picture. Errors: D3131, D3132, D3135.
func analyseDate(picture string) (datePicture, error) {
	var parts datePicture
	literal := func(text string) {
		if text != "" {
			parts = append(parts, &datePart{literal: strings.ReplaceAll(text, "]]", "]")})
		}
	}
	for {
		open := strings.IndexByte(picture, '[')
		if open < 0 {
			literal(picture)
			return parts, nil
		}
		literal(picture[:open])
		if strings.HasPrefix(picture[open:], "[[") {
			parts = append(parts, &datePart{literal: "["})
			picture = picture[open+2:]
			continue
		}
		end := strings.IndexByte(picture[open:], ']')
		if end < 0 {
			return nil, fail("D3135")
		}
		part, err := analyseComponent(removeSpace(picture[open+1 : open+end]))
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		picture = picture[open+end+1:]
	}
}

func removeSpace(s string) string {
	return strings.Map(func(r rune) rune {
		if isSpace(r) {
			return -1
		}
		return r
	}, s)
}

// usual is how a component is presented when the picture does not say.
var usual = map[byte]string{'Y': "1", 'M': "1", 'D': "1", 'd': "1", 'F': "n", 'W': "1", 'w': "1", 'X': "1", 'x': "1", 'H': "1",
	'h': "1", 'P': "n", 'm': "01", 's': "01", 'f': "1", 'Z': "01:01", 'z': "01:01", 'C': "n", 'E': "n"}

const (
	integerComponents = "YMDdFWwXxHhmsf"
	unknownComponent  = '?'
)

// analyseComponent reads what stands between brackets: a component, how it is presented, and after a comma its width.
func analyseComponent(marker string) (*datePart, error) {
	part := &datePart{component: unknownComponent}
	letter, presentation := "", ""
	for _, r := range marker {
		letter, presentation = string(r), marker[len(string(r)):]
		break
	}
	if len(letter) == 1 {
		part.component = letter[0]
	}
	if comma := strings.LastIndexByte(marker, ','); comma == 0 {
		part.width(marker[1:])
		presentation = ","
	} else if comma > 0 {
		part.width(marker[comma+1:])
		presentation = marker[len(letter):comma]
	}
	modifier := ""
	switch n := length(presentation); {
	case n == 0:
		if presentation = usual[part.component]; presentation == "" {
			return nil, failWith("D3132", letter)
		}
	case n > 1:
		presentation, modifier = splitModifier(presentation)
	}
	part.mayBeZ = modifier == "t"
	return part, part.present(presentation, modifier)
}

func splitModifier(presentation string) (first, second string) {
	last := len(presentation) - 1
	if strings.IndexByte("atco", presentation[last]) >= 0 {
		return presentation[:last], presentation[last:]
	}
	return presentation, ""
}

func (part *datePart) width(modifier string) {
	least, most, ranged := strings.Cut(modifier, "-")
	part.hasWidth = true
	part.min, part.hasMin = widthNumber(least)
	if ranged {
		part.max, part.hasMax = widthNumber(most)
	}
}

func widthNumber(s string) (float64, bool) {
	if s == "*" {
		return 0, false
	}
	return parseInt(s), true
}

// present reads the presentation: a name, or an integer's picture.
func (part *datePart) present(presentation, modifier string) (err error) {
	switch {
	case presentation[0] == 'n':
		part.naming = namedLower
	case strings.HasPrefix(presentation, "Nn"):
		part.naming = namedTitle
	case presentation[0] == 'N':
		part.naming = namedUpper
	case strings.IndexByte(integerComponents, part.component) >= 0:
		if modifier != "" {
			presentation += ";" + modifier
		}
		if part.integer, err = analyseInteger(presentation); err != nil {
			return err
		}
		part.fitDigits()
	}
	if part.component == 'Z' || part.component == 'z' {
		part.integer, err = analyseInteger(presentation)
	}
	return err
}

// fitDigits applies the width to the digits.
func (part *datePart) fitDigits() {
	pic := part.integer
	if part.hasMin && pic.mandatory < part.min {
		pic.mandatory = part.min
	}
	if strings.IndexByte("YMD", part.component) < 0 {
		return
	}
	part.digits = -1
	if part.hasMax {
		part.digits = part.max
		pic.mandatory = part.max
	} else if all := pic.mandatory + float64(pic.optional); all >= 2 {
		part.digits = all
	}
}

// limit shortens a name to the width.
func (part *datePart) limit(name string) string {
	if part.hasMax && float64(len(name)) > part.max {
		return name[:int(math.Max(part.max, 0))]
	}
	return name
}
