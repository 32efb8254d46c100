package sensors

import "context"

// Summarise is a handler.
func Summarise(context.Context) (string, error) { return "summarised", nil }
