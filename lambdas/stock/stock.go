// Package stock has the handlers of the nightly stock-take.
package stock

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/stride-aws/stride/flow/payload"
)

// Night says which warehouse is counted, and when.
type Night struct {
	Warehouse string `json:"warehouse"`
	Date      string `json:"date"` // 2026-10-31
}

// Look asks for the night's inventory once more.
type Look struct {
	Night Night `json:"night"`
	Tries int   `json:"tries"`
}

// Manifest is where S3 lists what the scanners wrote.
type Manifest struct {
	Key   string `json:"key"`
	Ready bool   `json:"ready"`
}

// Scan is a row of the inventory: an object that a scanner wrote, called scans/BIN/SKU/COUNT. Every cell is text.
type Scan struct {
	Bucket string `json:"Bucket"`
	Key    string `json:"Key"`
	Size   string `json:"Size"`
}

// Keep is a scan that goes to the archive of a night.
type Keep struct {
	Night Night `json:"night"`
	Scan  Scan  `json:"scan"`
}

// Kept is a scan in the archive.
type Kept struct {
	From string `json:"from"`
	To   string `json:"to"`
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
type Unreadable struct{ Key string }

func (e Unreadable) Error() string { return "the scan " + e.Key + " cannot be read" }

// Find looks for the night's inventory; S3 needs a while to write it.
func Find(_ context.Context, in Look) (Manifest, error) {
	return Manifest{fmt.Sprintf("inventory/%s/%s/manifest.json", in.Night.Warehouse, in.Night.Date), in.Tries > 0}, nil
}

// Compare holds a scan against the books, in which every bin has ten.
func Compare(_ context.Context, in Scan) (Bin, error) {
	parts := strings.Split(in.Key, "/")
	n, err := strconv.Atoi(parts[len(parts)-1])
	if err != nil || len(parts) != 4 {
		return Bin{}, Unreadable{in.Key}
	}
	return Bin{Bin: parts[1], SKU: parts[2], Counted: n, Expected: 10}, nil
}

// Archive names the place of a scan in the archive.
func Archive(_ context.Context, in Keep) (Kept, error) {
	return Kept{in.Scan.Key, in.Night.Date + "/" + in.Scan.Key}, nil
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
