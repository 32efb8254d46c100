package process

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
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
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
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
	b.Run("go-build", func(b *testing.B) { repeat(b, root, "go", "build", "-o", out, "./cmd/stride") })
	b.Run("stride", func(b *testing.B) { repeat(b, root, stride, "build") })
}

// BenchmarkRender compiles all workflows in a new process.
func BenchmarkRender(b *testing.B) {
	stride := build(b, root, "./cmd/stride")
	b.Run("stride", func(b *testing.B) { repeat(b, root, stride, "render") })
}

func write(b *testing.B, file, text string) {
	b.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
}
