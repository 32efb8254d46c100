package cli

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/stride-aws/stride/internal/project"
)

// ownMark is set for a project's own command line, so that it is not looked for again.
const ownMark = "STRIDE_OWN"

// anywhere are the commands that need no project's workflows.
var anywhere = map[string]bool{"init": true, "version": true, "completion": true, "eval": true, "jsonata": true, "jsonpath": true}

// handOver goes on as the project's own command line, which knows its workflows, where this one was built of another module: an
// installed stride, in a project. It comes back where there is nothing to hand over to, or with the reason why that does not build.
func (a *app) handOver(command string) error {
	info, ok := debug.ReadBuildInfo()
	if anywhere[command] || os.Getenv(ownMark) != "" || !ok || info.Main.Path == "" || strings.HasSuffix(info.Path, ".test") {
		return nil
	}
	dir, module := ownMain(a.Dir)
	if dir == "" || module == info.Main.Path {
		return nil
	}
	program, err := a.buildOwn(dir, module)
	if err != nil {
		return err
	}
	os.Setenv(ownMark, "1")
	if runtime.GOOS != "windows" {
		return syscall.Exec(program, append([]string{"stride"}, a.Args...), os.Environ())
	}
	signal.Ignore(os.Interrupt) // the other process has it, too
	cmd := exec.Command(program, a.Args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.Stdin, a.Stdout, a.Stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return quiet(cmd.ProcessState.ExitCode())
}

// ownMain is the folder and the path of the module around dir, where it has a command line of its own.
func ownMain(dir string) (root, module string) {
	root, module, err := project.FindModule(dir)
	if err != nil {
		return "", ""
	}
	if _, err := os.Stat(filepath.Join(root, "cmd", "stride", "main.go")); err != nil {
		return "", ""
	}
	return root, module
}

// buildOwn builds the command line of a module, into the user's cache.
func (a *app) buildOwn(dir, module string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("building the project's own stride: %w", err)
	}
	program := filepath.Join(cache, "stride", "own", fmt.Sprintf("%x", sha256.Sum256([]byte(dir)))[:16], "stride")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	if _, err := os.Stat(program); err != nil {
		fmt.Fprintf(a.Stderr, "building cmd/stride of %s, which knows its workflows\n", module)
	}
	cmd := exec.Command("go", "build", "-o", program, "./cmd/stride")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/stride, which knows the workflows of %s: %w\n%s", module, err, bytes.TrimSpace(out))
	}
	return program, nil
}
