// Package stock has the handlers of the nightly stock-take.
package stock

import (
	"context"
	"fmt"
	"strconv"

	"github.com/stride-aws/stride/flow/payload"
)

// Night says which warehouse is counted, and when.
type Night struct {
	Warehouse string `json:"warehouse"`
	Date      string `json:"date"` // 2026-10-31
}

// Look asks for the file of the night's scans once more.
type Look struct {
	Night Night `json:"night"`
	Tries int   `json:"tries"`
}

// File is where all scans of a night are.
type File struct {
	Key   string `json:"key"`
	Ready bool   `json:"ready"`
}

// Scan is a row of the file: what a scanner saw in a bin. Every cell is text.
type Scan struct {
	Bin   string `json:"bin"`
	SKU   string `json:"sku"`
	Count string `json:"count"`
}

// Bin is what a bin holds by the scanner and by the books.
type Bin struct {
	Bin      string `json:"bin"`
	SKU      string `json:"sku"`
	Counted  int    `json:"counted"`
	Expected int    `json:"expected"`
	By       string `json:"by,omitempty"`
}

// Ledger is a night's result, which for a large warehouse is more than a state machine takes.
type Ledger struct {
	Night Night              `json:"night"`
	Bins  int                `json:"bins"`
	Lines payload.Ref[[]Bin] `json:"lines"`
}

// Count is what a ledger is written from.
type Count struct {
	Night Night `json:"night"`
	Bins  []Bin `json:"bins"`
}

// Unreadable says that a scan has no number.
type Unreadable struct{ Bin string }

func (e Unreadable) Error() string { return "the scan of " + e.Bin + " cannot be read" }

// Find looks for the file of the night's scans, which some scanners send late.
func Find(_ context.Context, in Look) (File, error) {
	return File{fmt.Sprintf("scans/%s/%s.csv", in.Night.Warehouse, in.Night.Date), in.Tries > 0}, nil
}

// Compare holds a scan against the books, in which every bin has ten.
func Compare(_ context.Context, in Scan) (Bin, error) {
	n, err := strconv.Atoi(in.Count)
	if err != nil {
		return Bin{}, Unreadable{in.Bin}
	}
	return Bin{Bin: in.Bin, SKU: in.SKU, Counted: n, Expected: 10}, nil
}

// Write makes the ledger of a night.
func Write(_ context.Context, in Count) (Ledger, error) {
	return Ledger{in.Night, len(in.Bins), payload.Of(in.Bins)}, nil
}

// Missing is how many pieces a ledger has less than the books.
func Missing(_ context.Context, in Ledger) (int, error) {
	lines, err := in.Lines.Get()
	missing := 0
	for _, bin := range lines {
		missing += bin.Expected - bin.Counted
	}
	return missing, err
}
