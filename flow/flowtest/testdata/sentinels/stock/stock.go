// Package stock is what handlers use, and has no handler of its own.
package stock

import "errors"

// The errors of a warehouse.
var (
	ErrEmpty = errors.New("the shelf is empty")
	ErrLate  = errors.New("the lorry is late")
)
