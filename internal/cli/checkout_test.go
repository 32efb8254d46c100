package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stride-aws/stride/internal/observe"
)

func TestFramesOfThisCheckout(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/shop\n", "lambdas/pay/pay.go": "package pay\n\n\tcharge()\n"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := checkout{dir, moduleOf(dir)}
	var frames []observe.Frame
	for _, path := range []string{
		"example.com/shop/lambdas/pay/pay.go", "/home/ada/shop/lambdas/pay/pay.go", // with and without -trimpath: the same line
		"github.com/aws/aws-lambda-go@v1.55.1/lambda/errors.go", "runtime/panic.go", "example.com/shop/lambdas/pay/gone.go", "lambdas/../../../etc/passwd.go", "", "/etc/passwd",
	} {
		frames = append(frames, observe.Frame{Path: path, Line: 3, Function: "Charge"})
	}
	want := []observe.Frame{{Path: "lambdas/pay/pay.go", Line: 3, Function: "Charge"}}
	if diff := cmp.Diff(want, c.own(frames)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := c.line("lambdas/pay/pay.go", 3); got != "charge()" {
		t.Errorf("line 3 is %q", got)
	}
	if got := c.line("lambdas/pay/pay.go", 30); got != "" {
		t.Errorf("line 30 is %q", got)
	}
}
