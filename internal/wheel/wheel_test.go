package wheel

import (
	"archive/zip"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGenerate reads a wheel, writes the same zip twice, and reads that.
func TestGenerate(t *testing.T) {
	dir := t.TempDir()
	source, target := filepath.Join(dir, "p-1-py3-none-any.whl"), filepath.Join(dir, "out.zip")
	in, err := pack(map[string][]byte{"p/a.json": []byte("1"), "p/b.json": []byte("2")})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(source, in, 0o644); err != nil {
		t.Fatal(err)
	}
	convert := func(z *Wheel) (map[string][]byte, error) {
		out := map[string][]byte{}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				return nil, err
			}
			text, err := io.ReadAll(r)
			if err != nil {
				return nil, err
			}
			out[z.Name+"/"+f.Name] = append(text, '!')
		}
		return out, nil
	}
	var written [2][]byte
	for i := range written {
		if err := generate(source, target, convert); err != nil {
			t.Fatal(err)
		}
		if written[i], err = os.ReadFile(target); err != nil {
			t.Fatal(err)
		}
	}
	if string(written[0]) != string(written[1]) {
		t.Error("two runs differ")
	}
	z, err := zip.OpenReader(target)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	made, err := convert(&Wheel{&z.Reader, "again"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"again/p-1/p/a.json", "again/p-1/p/b.json"}, slices.Sorted(maps.Keys(made))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if err := generate(filepath.Join(dir, "none.whl"), target, convert); err == nil {
		t.Error("a wheel that is not there is no error")
	}
}
