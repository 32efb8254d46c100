package compile_test

import (
	"fmt"
	"os/exec"
	"testing"

	"github.com/stride-aws/stride/internal/compile"
)

// BenchmarkTwenty compiles a module of 20 workflows, of which one has changed: in a session, as `stride dev` does; anew; and, to compare,
// by the go command.
func BenchmarkTwenty(b *testing.B) {
	dir, workflows := factory(b, 20)
	m := &edited{t: b, dir: dir}
	change := func() {
		m.n++
		m.write("workflows/change.go", fmt.Sprintf("package workflows\n\nfunc change() int { return %d }\n", m.n))
	}
	change()
	session := compile.NewSession(dir)
	all := func(b *testing.B, source *compile.Source, err error) {
		for _, w := range workflows {
			if err == nil {
				_, err = source.Compile(w, workflows...)
			}
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	source, err := session.Load(workflows)
	all(b, source, err)
	b.Run("changed/go-build", func(b *testing.B) {
		for b.Loop() {
			change()
			cmd := exec.Command("go", "build", "./workflows")
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("go build: %v\n%s", err, out)
			}
		}
	})
	b.Run("changed/anew", func(b *testing.B) {
		for b.Loop() {
			change()
			source, err := compile.Load(dir, workflows, nil)
			all(b, source, err)
		}
	})
	b.Run("changed/stride", func(b *testing.B) {
		for b.Loop() {
			change()
			source, err := session.Load(workflows)
			all(b, source, err)
		}
	})
}
