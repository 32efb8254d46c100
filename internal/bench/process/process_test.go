package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stride-aws/stride/internal/bench/module"
)

// build compiles a main package to a binary in a temporary folder.
func build(b *testing.B, dir, pkg string) string {
	b.Helper()
	bin := filepath.Join(b.TempDir(), "program")
	cmd := exec.Command("go", "build", "-o", bin, pkg)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("go build %s: %v\n%s", pkg, err, out)
	}
	return bin
}

// repeat runs a command b.N times.
func repeat(b *testing.B, dir, name string, args ...string) {
	b.Helper()
	for b.Loop() {
		run(b, dir, name, args...)
	}
}

func run(b *testing.B, dir, name string, args ...string) {
	b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

const root = "../../.."

// BenchmarkVersion is how fast the command starts, beside the smallest Go program.
func BenchmarkVersion(b *testing.B) {
	dir := b.TempDir()
	write(b, filepath.Join(dir, "go.mod"), "module hello\n\ngo 1.26\n")
	write(b, filepath.Join(dir, "main.go"), "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n")
	hello, stride := build(b, dir, "."), build(b, root, "./cmd/stride")
	b.Run("go-hello", func(b *testing.B) { repeat(b, dir, hello) })
	b.Run("stride", func(b *testing.B) { repeat(b, root, stride, "--version") })
}

// BenchmarkBuildUnchanged builds the samples' handlers again, beside `go build` of a program with nothing to do.
func BenchmarkBuildUnchanged(b *testing.B) {
	stride := build(b, root, "./cmd/stride")
	out := filepath.Join(b.TempDir(), "out")
	run(b, root, "go", "build", "-o", out, "./cmd/stride")
	run(b, root, stride, "build")
	b.Run("go-build", func(b *testing.B) { repeat(b, root, "go", "build", "-o", out, "./cmd/stride") })
	b.Run("stride", func(b *testing.B) { repeat(b, root, stride, "build") })
}

// BenchmarkRender compiles all workflows in a new process.
func BenchmarkRender(b *testing.B) {
	stride := build(b, root, "./cmd/stride")
	b.Run("stride", func(b *testing.B) { repeat(b, root, stride, "render") })
}

// factory writes a module of 20 workflows and 50 tests, and builds its command line. What the go command caches of it is there.
func factory(b *testing.B) (dir, stride string) {
	b.Helper()
	dir = b.TempDir()
	if err := errors.Join(module.Write(dir, root, 20), module.Test(dir, 50)); err != nil {
		b.Fatal(err)
	}
	return dir, build(b, dir, "./cmd/stride")
}

// BenchmarkTwentyWorkflows compiles a module of 20 workflows in a new process, beside the go command on the same module: with nothing to do,
// and after a change.
func BenchmarkTwentyWorkflows(b *testing.B) {
	dir, stride := factory(b)
	out, n := filepath.Join(b.TempDir(), "out"), 0
	change := func(b *testing.B) {
		n++
		write(b, filepath.Join(dir, "workflows", "change.go"), fmt.Sprintf("package workflows\n\nfunc change() int { return %d }\n", n))
	}
	nothing := func(*testing.B) {}
	for _, of := range []struct {
		name    string
		prepare func(*testing.B)
	}{{"unchanged", nothing}, {"changed", change}} {
		for _, command := range [][]string{{"go-build", "go", "build", "-o", out, "./cmd/stride"}, {"go-vet", "go", "vet", "./workflows"}, {"stride", stride, "render"}} {
			b.Run(of.name+"/"+command[0], func(b *testing.B) {
				run(b, dir, command[1], command[2:]...)
				for b.Loop() {
					of.prepare(b)
					run(b, dir, command[1], command[2:]...)
				}
			})
		}
	}
}

// BenchmarkFiftyFlowtests is `go test` of a package with 50 tests of a workflow, beside one with 50 tests of nothing.
func BenchmarkFiftyFlowtests(b *testing.B) {
	dir, _ := factory(b)
	text := "package trivial\n\nimport \"testing\"\n"
	for i := range 50 {
		text += fmt.Sprintf("\nfunc Test%d(t *testing.T) {}\n", i)
	}
	if err := os.Mkdir(filepath.Join(dir, "trivial"), 0o755); err != nil {
		b.Fatal(err)
	}
	write(b, filepath.Join(dir, "trivial", "trivial_test.go"), text)
	for _, of := range [][2]string{{"nothing", "./trivial"}, {"stride", "./workflows"}} {
		run(b, dir, "go", "test", of[1]) // compiles
		b.Run(of[0], func(b *testing.B) { repeat(b, dir, "go", "test", "-count=1", of[1]) })
	}
}

func write(b *testing.B, file, text string) {
	b.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
}
