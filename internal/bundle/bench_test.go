package bundle

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// eight is a module with eight handlers in four packages, and the same eight mains written out for the go command alone.
func eight(b *testing.B) (dir string, handlers []Handler, mains []string) {
	dir = shop(b, "shop")
	for p := range 4 {
		pkg := fmt.Sprintf("h%d", p)
		write(b, filepath.Join(dir, pkg, "h.go"), "package "+pkg+"\n\nimport \"context\"\n\nconst Version = 0\n\n"+
			"func One(_ context.Context, in string) (int, error) { return len(in) + Version, nil }\n\n"+
			"func Two(_ context.Context, in string) (string, error) { return in, nil }\n")
		for _, fn := range []string{"One", "Two"} {
			h := Handler{Package: "example.com/shop/" + pkg, Func: fn, Target: ARM64}
			handlers = append(handlers, h)
			main := "mains/" + pkg + strings.ToLower(fn)
			write(b, filepath.Join(dir, main, "main.go"), generate(h))
			write(b, filepath.Join(dir, main, "support.go"), supportSource)
			mains = append(mains, "./"+main)
		}
	}
	return dir, handlers, mains
}

func goBuild(b *testing.B, dir string, mains []string) {
	cmd := exec.Command("go", append([]string{"build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w",
		"-o", filepath.Join(dir, "out") + "/"}, mains...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
	if text, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, text)
	}
}

// BenchmarkUnchanged is a build that finds nothing to do.
func BenchmarkUnchanged(b *testing.B) {
	dir, handlers, mains := eight(b)
	builder := &Builder{Dir: dir, Cache: b.TempDir()}
	b.Run("stride", func(b *testing.B) {
		build(b, builder, handlers...)
		for b.Loop() {
			build(b, builder, handlers...)
		}
	})
	b.Run("go-build", func(b *testing.B) {
		goBuild(b, dir, mains)
		for b.Loop() {
			goBuild(b, dir, mains)
		}
	})
}

// BenchmarkOneChanged is a build after an edit that two of the eight handlers contain. stride zips them, too.
func BenchmarkOneChanged(b *testing.B) {
	dir, handlers, mains := eight(b)
	builder := &Builder{Dir: dir, Cache: b.TempDir()}
	file := filepath.Join(dir, "h0", "h.go")
	text, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	version := os.Getpid() * 1000
	edit := func() {
		version++
		write(b, file, strings.Replace(string(text), "Version = 0", fmt.Sprint("Version = ", version), 1))
	}
	b.Run("stride", func(b *testing.B) {
		build(b, builder, handlers...)
		for b.Loop() {
			edit()
			build(b, builder, handlers...)
		}
	})
	b.Run("go-build", func(b *testing.B) {
		goBuild(b, dir, mains)
		for b.Loop() {
			edit()
			goBuild(b, dir, mains)
		}
	})
}
