//go:build unix

package main

import (
	"strings"
	"testing"
)

func TestOneServerToAFolder(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lockData(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockData(dir); err == nil || !strings.Contains(err.Error(), "another rehearse is running on "+dir) {
		t.Errorf("a second server on one folder: %v", err)
	}
	unlock()
	again, err := lockData(dir)
	if err != nil {
		t.Fatal(err)
	}
	again()
}
