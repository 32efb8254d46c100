package flowtest_test

import (
	"strings"
	"testing"

	"github.com/stride-aws/stride/flow/flowtest"
	"github.com/stride-aws/stride/flow/flowtest/testdata/sentinels"
)

// TestErrorVariables asks for each error variable: the state machine tells them apart as the Go function does.
func TestErrorVariables(t *testing.T) {
	for what, want := range sentinels.Says {
		flowtest.Run[string](flowtest.New(t, sentinels.Telling), what).WantOutput(want)
	}
}

// TestErrorVariablesInDoubt wants a finding where a variable cannot be told from other errors, and none where the test names it.
func TestErrorVariablesInDoubt(t *testing.T) {
	for what, reason := range map[string]string{
		"twin": `testdata/sentinels/sentinels.go:21 makes another error with the text of sentinels.ErrTwin, "one of two"`,
		"made": `sentinels.ErrMade is not made by errors.New or fmt.Errorf from a text that the source has`,
	} {
		said := failure(t, func(tb testing.TB) { flowtest.Run[string](flowtest.New(tb, sentinels.Guessing), what) })
		if !strings.Contains(said, reason) {
			t.Errorf("%s: said %s, want %s", what, said, reason)
		}
	}
	x := flowtest.New(t, sentinels.Guessing).ErrorVariable("ErrTwin", sentinels.ErrTwin).ErrorVariable("ErrMade", sentinels.ErrMade)
	flowtest.Run[string](x, "twin").WantOutput("ErrTwin")
	flowtest.Run[string](x, "made").WantOutput("ErrMade")
	flowtest.Run[string](x, "unknown").WantError("errorString")
}
