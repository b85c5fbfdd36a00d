package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"rehearse/server/interview"
)

// files writes the files of a session's scripting task where the candidate can work with them, and says where that is.
// A file that is there already with other contents is left alone: it may be the candidate's own.
func files(ctx context.Context, p Program) (err error) {
	c := defaults(p)
	f := newFlags(p, "files")
	common(f, &c)
	out := f.String("out", "", "`folder` to write them into; left out, one named after the session")
	words, err := f.parse(p.Args, 1)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return usage("name the session: rehearse files SESSION [--out DIR]")
	}
	store, err := openData(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	events, err := store.Events(ctx, words[0], 0)
	if err != nil {
		return err
	}
	if len(events) == 0 {
		return fmt.Errorf("there is no session %q in %s", words[0], c.Data)
	}
	loaded, err := loadPack(c)
	if err != nil {
		return err
	}
	st, err := interview.Fold(words[0], events)
	if err != nil {
		return err
	}
	all := interview.TaskFiles(&st, loaded)
	if len(all) == 0 {
		return fmt.Errorf("session %s has asked no scripting task yet, so there is no file to write", words[0])
	}
	dir := *out
	if dir == "" {
		dir = "rehearse-" + words[0]
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the folder for the files cannot be made: %w", err)
	}
	kept := 0
	for _, t := range all {
		at := filepath.Join(dir, filepath.Base(t.Name))
		how, err := put(at, t.Text)
		if err != nil {
			return err
		}
		if how == "kept" {
			kept++
			how = "NOT written, other contents are there"
		}
		if _, err := fmt.Fprintf(p.Out, "%s  (%s: %s) %s\n", at, t.Role, t.About, how); err != nil {
			return err
		}
	}
	if kept > 0 {
		return fmt.Errorf("%s; name another folder with --out", interview.Counted(kept, "%d file was there with other contents and is unchanged", "%d files were there with other contents and are unchanged"))
	}
	return nil
}

// put writes a file that is not there: written, there already with the same text, or kept as it is.
func put(at, text string) (string, error) {
	old, err := os.ReadFile(at)
	switch {
	case err == nil && string(old) == text:
		return "there already", nil
	case err == nil:
		return "kept", nil
	case !errors.Is(err, os.ErrNotExist):
		return "", err
	}
	f, err := os.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text)
	return "written", errors.Join(err, f.Close())
}
