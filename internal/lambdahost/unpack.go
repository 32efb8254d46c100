package lambdahost

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// MaxUnzipped bounds the size of a function's unpacked code, in bytes. AWS: Lambda quotas, deployment package.
const MaxUnzipped = 262144000

// errBadZip is code that Lambda does not take. AWS: InvalidParameterValueException of CreateFunction.
var errBadZip = errors.New("Could not unzip uploaded file. Please check your file, then try to upload again.") //lint:ignore ST1005 AWS's text

// errTooLarge is code of more than MaxUnzipped bytes.
var errTooLarge = fmt.Errorf("Unzipped size must be smaller than %d bytes", MaxUnzipped) //lint:ignore ST1005 AWS's text

// CheckZip is nil where Lambda takes zipped; the text of its errors is AWS's.
func CheckZip(zipped []byte) error {
	_, err := readZip(zipped)
	return err
}

func readZip(zipped []byte) (*zip.Reader, error) {
	r, err := zip.NewReader(bytes.NewReader(zipped), int64(len(zipped)))
	if err != nil {
		return nil, errBadZip
	}
	var size uint64
	for _, f := range r.File {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return nil, errBadZip
		}
		if size += f.UncompressedSize64; size > MaxUnzipped {
			return nil, errTooLarge
		}
	}
	return r, nil
}

// unpacking is the unpacking of one zip, by whoever wants it first.
type unpacking struct {
	once sync.Once
	err  error
}

// Prepare unpacks zipped ahead of its first Runner. What is wrong with it, Runner says.
func (h *Host) Prepare(zipped []byte) { _, _ = h.unpacked(zipped) }

// unpacked is a folder with the code, one for each content.
func (h *Host) unpacked(zipped []byte) (dir string, err error) {
	dir = filepath.Join(h.dir, fmt.Sprintf("%x", sha256.Sum256(zipped)))
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return "", errClosed
	}
	h.working.Add(1)
	defer h.working.Done()
	u := h.code[dir]
	if u == nil {
		u = new(unpacking)
		h.code[dir] = u
	}
	h.mu.Unlock()
	u.once.Do(func() { u.err = unpack(dir, zipped) })
	return dir, u.err
}

func unpack(dir string, zipped []byte) error {
	r, err := readZip(zipped)
	if err != nil {
		return err
	}
	for _, f := range r.File {
		if err := unpackFile(dir, f); err != nil {
			return fmt.Errorf("unpacking %s: %w", f.Name, err)
		}
	}
	return os.MkdirAll(dir, 0o755) // of a zip without files
}

func unpackFile(dir string, f *zip.File) error {
	name := filepath.Join(dir, filepath.FromSlash(f.Name))
	if f.Mode().IsDir() {
		return os.MkdirAll(name, 0o755)
	}
	if !f.Mode().IsRegular() {
		return fs.ErrInvalid
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, MaxUnzipped))
	if err != nil {
		return err
	}
	// A process that forks while the file is open for writing inherits that, and the file cannot be executed: "text file busy".
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(name, text, f.Mode().Perm()|0o400)
}
