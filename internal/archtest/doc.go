// Package archtest is tests only: which package may import what, and that each says what it is for. A new package gets a row in
// the table of layers, with its reason.
package archtest
