// Package shop holds what the handlers of the order workflow share: the order as the shop's site sends it.
package shop

import "time"

// Order is a paid basket. Amounts are in cents.
type Order struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Email    string `json:"email"`
	Phone    string `json:"phone,omitempty"`
	Items    []Item `json:"items"`
	Total    int    `json:"total"`
	Card     string `json:"card"` // the payment provider's token, never a number
	// NotBefore is the day of a preorder, before which nothing is sent.
	NotBefore time.Time `json:"notBefore,omitzero"`
}

// Item is one line of an order.
type Item struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}
