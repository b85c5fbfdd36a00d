package server

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	tokenFile  = "token"
	tokenBytes = 32
)

// LoadOrCreateToken returns the token in dir/token, making one of 32 random bytes when there is none.
// The file is for its owner only: permissions that are wider are narrowed before it is used. A token
// file that does not hold a token is an error, not a reason to lock out whoever has the old link.
func LoadOrCreateToken(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the data folder: %w", err)
	}
	path := filepath.Join(dir, tokenFile)
	token, err := readToken(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return token, err
	}
	if err := createToken(dir, path); err != nil {
		return "", err
	}
	return readToken(path) // another process may have been first; its token is the one
}

func readToken(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("read the token: %s is not a plain file", path)
	}
	if info.Mode().Perm() != 0o600 {
		if err := os.Chmod(path, 0o600); err != nil {
			return "", fmt.Errorf("the token in %s can be read by others, and that could not be mended: %w", path, err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	token := strings.TrimSpace(string(raw))
	if b, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(b) < tokenBytes {
		return "", fmt.Errorf("%s does not hold a token; delete it and a new one is made", path)
	}
	return token, nil
}

// createToken writes a token beside its place and links it in, so that the file is never seen half
// written and a token that is there already is kept.
func createToken(dir, path string) error {
	b := make([]byte, tokenBytes)
	if _, err := rand.Read(b); err != nil {
		return fmt.Errorf("make a token: %w", err)
	}
	f, err := os.CreateTemp(dir, tokenFile+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write the token: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already where it was renamed
	_, err = f.WriteString(base64.RawURLEncoding.EncodeToString(b) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the token: %w", err)
	}
	err = os.Link(f.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(f.Name(), path) // a file system without links
	} else {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("write the token: %w", err)
	}
	return nil
}
