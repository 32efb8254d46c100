package local

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stride-aws/stride/internal/value"
)

// jacksonWords is what AWS, which reads JSON with Jackson, says of text that is not JSON.
func jacksonWords(text string, err error) string {
	var syntax *value.SyntaxError
	if !errors.As(err, &syntax) {
		return err.Error()
	}
	at := syntax.Offset
	line := 1 + strings.Count(text[:at], "\n")
	column := at - strings.LastIndexByte(text[:at], '\n')
	return fmt.Sprintf("%s\n at [Source: (String)\"%s\"; line: %d, column: %d]", jacksonReason(text, at), clipped(text), line, column+wordLength(text[at:]))
}

func jacksonReason(text string, at int) string {
	if strings.TrimSpace(text[at:]) == "" {
		return "Unexpected end-of-input"
	}
	if n := wordLength(text[at:]); n > 0 {
		return fmt.Sprintf("Unrecognized token '%s': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", text[at:at+n])
	}
	r := []rune(text[at:])[0]
	return fmt.Sprintf("Unexpected character ('%c' (code %d)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", r, r)
}

// wordLength is the length of the word that s begins with, in bytes.
func wordLength(s string) int {
	for i, r := range s {
		if !(r == '_' || r == '$' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7f) {
			return i
		}
	}
	return len(s)
}

// clipped is what Jackson shows of the text: its first 500 characters.
func clipped(text string) string {
	r := []rune(text)
	if len(r) <= 500 {
		return text
	}
	return fmt.Sprintf("%s\"[truncated %d chars]", string(r[:500]), len(r)-500)
}
