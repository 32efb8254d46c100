// Package uuid makes and tells UUIDs. They are for telling things apart, not for secrecy: the services are local ones.
package uuid

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
)

// New is a random UUID (version 4).
func New() string { return From(rand.Uint64(), rand.Uint64()) }

// From is the UUID (version 4) of two random numbers.
func From(hi, lo uint64) string {
	var b [16]byte
	for i := range 8 {
		b[i], b[i+8] = byte(hi>>(8*i)), byte(lo>>(8*i))
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var text [36]byte
	hex.Encode(text[:8], b[:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// Valid tells a UUID in its lower-case form.
func Valid(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range s {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen != (s[i] == '-') || !hyphen && !strings.ContainsRune("0123456789abcdef", rune(s[i])) {
			return false
		}
	}
	return true
}
