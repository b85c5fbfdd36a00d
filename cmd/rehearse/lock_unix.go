//go:build unix

package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"rehearse/server/interview"
)

// lockData keeps a second server off a data folder: each would number events on its own, and one of two
// answers would be refused. The lock ends with the process, however it ends.
func lockData(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, interview.Errorf(interview.CodeConflict, "another rehearse is running on %s; open its link, stop it, or give another folder with --data", dir)
		}
		return nil, err
	}
	return func() { _ = f.Close() }, nil // closing lets go of it
}
