package asl

import (
	"strconv"
	"strings"
	"sync"

	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/value"
)

// source is the text that a definition was read from; where its fields stand is looked up when somebody asks.
type source struct {
	text, file string
	once       sync.Once
	offsets    map[string]int // by JSON Pointer: of a member its name, of an item its value
	duplicates []string
}

// Place is where the member or item at a JSON Pointer stands in the text; of a pointer into nothing, its nearest parent.
// For a definition that was not parsed only the pointer is known.
func (d *Definition) Place(pointer string) diag.Place {
	if d.source == nil {
		return diag.Place{Pointer: pointer}
	}
	d.source.once.Do(d.source.scan)
	for p := pointer; ; p = p[:strings.LastIndexByte(p, '/')] {
		if offset, ok := d.source.offsets[p]; ok || p == "" {
			return d.source.placeAt(offset, pointer)
		}
	}
}

// Duplicates are the pointers of names that occur more than once in their object, each as often as it was repeated.
func (d *Definition) Duplicates() []string {
	if d.source == nil {
		return nil
	}
	d.source.once.Do(d.source.scan)
	return d.source.duplicates
}

func (s *source) placeAt(offset int, pointer string) diag.Place {
	before := s.text[:min(offset, len(s.text))]
	return diag.Place{
		File: s.file, Pointer: pointer,
		Line:   1 + strings.Count(before, "\n"),
		Column: offset - strings.LastIndexByte(before, '\n'),
	}
}

// scan walks the text, which is known to be JSON.
func (s *source) scan() {
	s.offsets = map[string]int{}
	(&scanner{source: s}).value("")
}

type scanner struct {
	*source
	pos int
}

func (s *scanner) space() {
	for s.pos < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.pos]) >= 0 {
		s.pos++
	}
}

func (s *scanner) value(pointer string) {
	s.space()
	if _, named := s.offsets[pointer]; !named {
		s.offsets[pointer] = s.pos
	}
	switch s.text[s.pos] {
	case '{':
		s.items('}', func(int) {
			at := s.pos
			p := pointer + "/" + EscapePointer(s.name())
			if _, seen := s.offsets[p]; seen {
				s.duplicates = append(s.duplicates, p)
			}
			s.offsets[p] = at
			s.space()
			s.pos++ // the colon
			s.value(p)
		})
	case '[':
		s.items(']', func(i int) { s.value(pointer + "/" + strconv.Itoa(i)) })
	case '"':
		s.skipString()
	default:
		for s.pos < len(s.text) && strings.IndexByte(" \t\r\n,]}", s.text[s.pos]) < 0 {
			s.pos++
		}
	}
}

func (s *scanner) items(end byte, item func(i int)) {
	s.pos++
	for i := 0; ; i++ {
		if s.space(); s.text[s.pos] == end {
			s.pos++
			return
		}
		if s.text[s.pos] == ',' {
			s.pos++
			s.space()
		}
		item(i)
	}
}

func (s *scanner) skipString() {
	for s.pos++; s.text[s.pos] != '"'; s.pos++ {
		if s.text[s.pos] == '\\' {
			s.pos++
		}
	}
	s.pos++
}

func (s *scanner) name() string {
	start := s.pos
	s.skipString()
	v, _ := value.Parse(s.text[start:s.pos])
	return v.Str()
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// EscapePointer is name as a part of a JSON Pointer. RFC 6901, section 3.
func EscapePointer(name string) string { return pointerEscapes.Replace(name) }
