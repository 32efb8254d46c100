package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// cache keeps finished zips: KEY.zip with KEY.json, the Artifact.
type cache struct{ dir string }

// keep is how long a zip stays that no build asks for.
const keep = 30 * 24 * time.Hour

func openCache(dir string) (*cache, error) {
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("no folder for the cache of zips: %w", err)
		}
		dir = filepath.Join(user, "stride", "bundle")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &cache{dir}, nil
}

// get is what was built under key, if its zip is whole.
func (c *cache) get(key string) (Artifact, bool) {
	a, ok := c.read(key + ".json")
	if !ok {
		return Artifact{}, false
	}
	a.Path, a.Cached = filepath.Join(c.dir, key+".zip"), true
	info, err := os.Stat(a.Path)
	if err != nil || info.Size() != a.Size {
		return Artifact{}, false
	}
	if now := time.Now(); now.Sub(info.ModTime()) > time.Hour { // tells trim that it is in use
		_ = os.Chtimes(a.Path, now, now)
		_ = os.Chtimes(filepath.Join(c.dir, key+".json"), now, now)
	}
	return a, true
}

// all sets the artifacts of units, if it has those of each.
func (c *cache) all(units []*unit, artifacts []Artifact) bool {
	for _, u := range units {
		a, ok := c.get(u.key)
		if !ok {
			return false
		}
		artifacts[u.index] = a
	}
	return true
}

func (c *cache) read(name string) (a Artifact, ok bool) {
	text, err := os.ReadFile(filepath.Join(c.dir, name))
	return a, err == nil && json.Unmarshal(text, &a) == nil
}

// pack zips u's binary and keeps it.
func (c *cache) pack(u *unit, goVersion, binary string) (Artifact, error) {
	code, err := os.ReadFile(binary)
	if err != nil {
		return Artifact{}, err
	}
	zipped, err := Zip(code)
	if err != nil {
		return Artifact{}, fmt.Errorf("zipping %s: %w", u.Name(), err)
	}
	sum := sha256.Sum256(zipped)
	a := Artifact{Digest: base64.StdEncoding.EncodeToString(sum[:]), Size: int64(len(zipped)),
		Path: filepath.Join(c.dir, u.key+".zip"), Go: goVersion, Packages: u.packages}
	text, err := json.Marshal(a)
	if err != nil {
		return Artifact{}, err
	}
	c.trim()
	for name, data := range map[string][]byte{u.key + ".zip": zipped, u.key + ".json": text} {
		if err := c.write(name, data); err != nil {
			return Artifact{}, err
		}
	}
	return a, nil
}

// write replaces the file at once: a reader finds the old or the new one.
func (c *cache) write(name string, data []byte) error {
	f, err := os.CreateTemp(c.dir, "new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(c.dir, name))
}

// trim removes what has not been used for long. What cannot be removed stays.
func (c *cache) trim() {
	entries, _ := os.ReadDir(c.dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > keep {
			_ = os.Remove(filepath.Join(c.dir, e.Name()))
		}
	}
}

// dosEpoch is the first time that a zip can say.
var dosEpoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Zip is a Lambda deployment package with code as its executable bootstrap. Equal code gives equal bytes.
func Zip(code []byte) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: dosEpoch}
	header.SetMode(0o755)
	f, err := w.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(code); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
