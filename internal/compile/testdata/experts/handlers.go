package experts

import (
	"context"
	"fmt"
)

// Order is what most of the workflows are about. Fail names the handler that refuses it.
type Order struct {
	ID    string   `json:"id"`
	Total int      `json:"total"`
	Items []string `json:"items"`
	Fail  string   `json:"fail"`
}

// Declined and Down are how handlers fail.
type Declined struct{ By string }

func (e Declined) Error() string { return "declined by " + e.By }

// Down is a service that does not answer.
type Down struct{}

func (Down) Error() string { return "down" }

func unless(o Order, name string) error {
	switch o.Fail {
	case name:
		return Declined{name}
	case name + " is down":
		return Down{}
	}
	return nil
}

// The handlers.
func Reserve(_ context.Context, o Order) (string, error) {
	return "stock of " + o.ID, unless(o, "reserve")
}
func Charge(_ context.Context, o Order) (string, error) {
	return "payment of " + o.ID, unless(o, "charge")
}
func Ship(_ context.Context, o Order) (string, error)          { return "parcel of " + o.ID, unless(o, "ship") }
func Release(_ context.Context, stock string) (string, error)  { return stock, nil }
func Refund(_ context.Context, payment string) (string, error) { return payment, nil }
func Notify(_ context.Context, text string) (bool, error)      { return true, nil }

// Question is what people are asked.
type Question struct {
	Order string `json:"order"`
	Level int    `json:"level"`
	Token string `json:"token"`
}

// Answer is what they say.
type Answer struct {
	Approved bool   `json:"approved"`
	By       string `json:"by"`
}

func Ask(_ context.Context, q Question) (Answer, error) { return Answer{true, "ada"}, nil }

// Job is work that takes a while: one look at it for each of its items.
type Job struct {
	ID   string `json:"id"`
	Left int    `json:"left"`
}

func Begin(_ context.Context, o Order) (Job, error) { return Job{o.ID, len(o.Items)}, nil }

func Check(_ context.Context, j Job) (Job, error) { return Job{j.ID, j.Left - 1}, nil }

// Weigh weighs an item.
func Weigh(_ context.Context, item string) (int, error) {
	if item == "bad" {
		return 0, Declined{"weigh"}
	}
	return len(item), nil
}

// WeighAll weighs a batch.
func WeighAll(_ context.Context, items []string) (int, error) {
	n := 0
	for _, it := range items {
		n += len(it)
	}
	return n, nil
}

// Page is a part of a long list.
type Page struct {
	Items []string `json:"items"`
	Next  string   `json:"next"`
}

// List gives three pages.
func List(_ context.Context, cursor string) (Page, error) {
	pages := map[string]Page{"": {[]string{"a", "b"}, "2"}, "2": {[]string{"c"}, "3"}, "3": {[]string{}, ""}}
	return pages[cursor], nil
}

// Quote is a price.
type Quote struct {
	Carrier string `json:"carrier"`
	Price   int    `json:"price"`
}

func QuoteA(_ context.Context, o Order) (Quote, error) {
	return Quote{"a", o.Total}, unless(o, "quote")
}
func QuoteB(_ context.Context, o Order) (Quote, error) { return Quote{"b", 100}, nil }
func QuoteC(_ context.Context, o Order) (Quote, error) { return Quote{"c", 300 - o.Total}, nil }

// Store keeps a document and gives its key; Digest reads it again.
func Store(_ context.Context, o Order) (string, error) { return "s3://docs/" + o.ID, nil }

func Digest(_ context.Context, key string) (string, error) { return "digest of " + key, nil }

func Archive(_ context.Context, text string) (string, error) { return fmt.Sprintf("<%s>", text), nil }

// State is that of a circuit.
func State(_ context.Context, service string) (string, error) {
	if service == "open" {
		return "OPEN", nil
	}
	return "CLOSED", nil
}
