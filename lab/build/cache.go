package build

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"patchlab/testprogs/include"
)

// cacheFormat names the way of building; it changes when the same inputs give something
// else.
const cacheFormat = "patchlab build 1"

// key returns the hash of everything that j's result depends on.
func (j *job) key(compiler string) (string, error) {
	h := sha256.New()
	add := func(parts ...string) {
		for _, p := range parts {
			fmt.Fprintf(h, "%d:%s", len(p), p)
		}
	}
	add(cacheFormat, compiler, j.what, fmt.Sprint(len(j.link)))
	add(j.link...)
	for _, s := range j.sources {
		flags := j.flags(s)
		add(s.Name, s.File, fmt.Sprint(s.Line), s.Text, fmt.Sprint(len(flags)))
		add(flags...)
	}
	err := fs.WalkDir(include.Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(include.Files(), name)
		add(name, string(text))
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// cacheDir returns where results are kept, or "" for nowhere.
func (b *Builder) cacheDir() string {
	if b.CacheDir != "" {
		return b.CacheDir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "" // a user without a home: every build is new
	}
	return filepath.Join(dir, "patchlab")
}

// load returns the result kept under key, or nil. A file is the hash of the result and
// the result: one that was cut off does not count.
func load(dir, key string) []byte {
	b, err := os.ReadFile(filepath.Join(dir, key))
	if dir == "" || err != nil || len(b) <= sha256.Size {
		return nil
	}
	sum := sha256.Sum256(b[sha256.Size:])
	if !bytes.Equal(sum[:], b[:sha256.Size]) {
		return nil
	}
	return b[sha256.Size:]
}

// save keeps a result under key, if it can: a cache that is not to be written to costs
// time and nothing else.
func save(dir, key string, result []byte) {
	if dir == "" || os.MkdirAll(dir, 0o777) != nil {
		return
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return
	}
	sum := sha256.Sum256(result)
	_, err1 := f.Write(sum[:])
	_, err2 := f.Write(result)
	if errors.Join(err1, err2, f.Close()) != nil || os.Rename(f.Name(), filepath.Join(dir, key)) != nil {
		_ = os.Remove(f.Name())
	}
}
