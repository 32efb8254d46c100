package workflows_test

import (
	"log/slog"
	"testing"

	"github.com/stride-aws/stride/flow/flowtest"
	"github.com/stride-aws/stride/workflows"
)

// BenchmarkFlowtest is one flowtest run of the order: natively, compiled, compared.
func BenchmarkFlowtest(b *testing.B) {
	log := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	b.Cleanup(func() { slog.SetDefault(log) })
	b.Run("order/stride", func(b *testing.B) {
		x := flowtest.New(b, workflows.Fulfilment)
		flowtest.Run[workflows.Receipt](x, order(5_000)) // compiles
		for b.Loop() {
			flowtest.Run[workflows.Receipt](x, order(5_000))
		}
	})
}
