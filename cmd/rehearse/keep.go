package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"rehearse/server/httpapi"
	"rehearse/server/interview"
	"rehearse/server/live"
	"rehearse/server/sqlite"
)

// arriving begins the names of archives on their way in. One that a killed server left is deleted at the next start.
const arriving = ".import-"

// keeper carries everything out of a running server, into it, and away.
type keeper struct {
	sessions sessions
	store    *sqlite.Store
	shelf    *library
	coach    *coach
	hub      *live.Hub
	data     string
	one      sync.Mutex // one import or deletion at a time
}

// newKeeper clears what an earlier run left on its way in.
func newKeeper(k *keeper) (*keeper, error) {
	if err := clearArriving(k.data); err != nil {
		return nil, err
	}
	return k, nil
}

func clearArriving(data string) error {
	entries, err := os.ReadDir(data)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), arriving) {
			continue
		}
		if err := os.Remove(filepath.Join(data, e.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("an archive that was on its way in when the server ended cannot be deleted: %w", err)
		}
	}
	return nil
}

// Export is the body of /export.
func (k *keeper) Export(ctx context.Context, to io.Writer) error {
	_, err := writeArchive(ctx, k.store, k.shelf.uploads, to)
	return err
}

// Import is the body of /import. The archive is on the disk while it is read, since a zip is read from its end.
func (k *keeper) Import(ctx context.Context, archive io.Reader) (_ any, err error) {
	k.one.Lock()
	defer k.one.Unlock()
	f, err := os.CreateTemp(k.data, arriving+"*")
	if err != nil {
		return nil, cannotKeep(err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // cleared at the next start otherwise
	if _, err := io.Copy(f, archive); err != nil {
		_ = f.Close() // the first error is the one to tell
		var disk *os.PathError
		if errors.As(err, &disk) {
			return nil, cannotKeep(err)
		}
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, cannotKeep(err)
	}
	a, err := readArchive(f.Name())
	if err != nil {
		return nil, &interview.Error{Code: interview.CodeInvalid, Field: "file", Message: err.Error(), Err: err}
	}
	defer func() { _ = a.Close() }() // it was only read
	ctx = context.WithoutCancel(ctx) // whoever goes away leaves nothing half merged
	continued := map[string]bool{}
	done, err := a.into(ctx, k.store, k.shelf.uploads, func(id string) {
		continued[id] = true
		k.sessions.Forget(id)
	})
	for id := range continued { // who was looking at it, looks again
		k.sessions.Forget(id)
		k.hub.Reconnect(id)
	}
	if err != nil {
		return nil, errHalfImported(err)
	}
	if done.Material > 0 {
		k.shelf.refresh(ctx)
		k.shelf.wake()
	}
	k.coach.warm(ctx)
	return done, nil
}

func cannotKeep(err error) error {
	return &interview.Error{Code: interview.CodeUnavailable, Message: "the archive could not be put on the disk and nothing was changed; check that the disk is not full or read-only, then send it again", Err: err}
}

// wiped is the body of the answer to DELETE /everything.
type wiped struct {
	Deleted struct {
		Sessions int  `json:"sessions"`
		Ratings  int  `json:"ratings"`
		Plan     bool `json:"plan"`
		Material int  `json:"material"`
	} `json:"deleted"`
	Kept []string `json:"kept"`
}

// keptAfterWipe says what deleting everything leaves, and why.
var keptAfterWipe = []string{
	"the token of this server, so that its link still opens",
	"what was found out about models: their certificates and what they can do; nothing of yours is in it",
	"files that lie outside the data folder, such as those of --material, and archives you exported",
}

// wipeStore deletes what a store holds, and counts it.
func wipeStore(ctx context.Context, store *sqlite.Store) (out wiped, err error) {
	out.Kept = keptAfterWipe
	list, err := store.Summaries(ctx)
	if err != nil {
		return out, err
	}
	reviews, err := store.Reviews(ctx)
	if err != nil {
		return out, err
	}
	if _, out.Deleted.Plan, err = store.Plan(ctx); err != nil {
		return out, err
	}
	out.Deleted.Sessions, out.Deleted.Ratings = len(list), len(reviews)
	return out, store.Wipe(ctx)
}

// Wipe deletes everything a person gave to the server. It does not stop with the caller.
func (k *keeper) Wipe(ctx context.Context) (any, error) {
	k.one.Lock()
	defer k.one.Unlock()
	ctx = context.WithoutCancel(ctx)
	list, err := k.store.Summaries(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		k.hub.CloseSession(s.ID)
		k.sessions.Forget(s.ID)
	}
	out, err := wipeStore(ctx, k.store)
	if err != nil {
		return nil, err
	}
	if out.Deleted.Material, err = k.shelf.Wipe(ctx); err != nil {
		return nil, err
	}
	return out, clearArriving(k.data)
}

// remove deletes one session, or everything, while no server runs on the data folder.
func remove(ctx context.Context, p Program) (err error) {
	c := defaults(p)
	f := newFlags(p, "delete")
	common(f, &c)
	everything := f.Bool("everything", false, "every session, plan, rating and upload, for good")
	yes := f.Bool("yes", false, "do not ask")
	words, err := f.parse(p.Args, 1)
	if err != nil {
		return err
	}
	switch {
	case *everything && len(words) > 0:
		return usage("name a session or --everything, not both")
	case !*everything && len(words) == 0:
		return usage("name the session to delete: rehearse delete SESSION, or --everything")
	}
	store, err := openData(ctx, c)
	if err != nil {
		return err
	}
	if err := store.Close(); err != nil { // it was only to see that there is something
		return err
	}
	if *everything && !*yes {
		fmt.Fprintf(p.Err, "Every session, plan, rating and upload in %s goes for good. Type %q to go on: ", c.Data, httpapi.ConfirmEverything)
		line, _ := bufio.NewReader(p.In).ReadString('\n') // no answer is no
		if strings.TrimSpace(line) != httpapi.ConfirmEverything {
			return codeError{exitProblems, errors.New("nothing was deleted")}
		}
	}
	unlock, err := lockFor(c)
	if err != nil {
		return err
	}
	defer unlock()
	if store, err = openData(ctx, c); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if !*everything {
		if err := store.Delete(ctx, words[0]); err != nil {
			return err
		}
		fmt.Fprintf(p.Err, "session %s is gone\n", words[0])
		return nil
	}
	out, err := wipeStore(ctx, store)
	if err != nil {
		return err
	}
	// The index holds nothing that cannot be made again, and what it holds of the pack is made again at the next start.
	for _, name := range []string{"material", "index.db", "index.db-wal", "index.db-shm"} {
		if err := os.RemoveAll(filepath.Join(c.Data, name)); err != nil {
			return fmt.Errorf("%s cannot be deleted; the sessions are gone: %w", name, err)
		}
	}
	if err := clearArriving(c.Data); err != nil {
		return err
	}
	fmt.Fprintf(p.Err, "deleted: %s, %s of cards, the uploads and the index\n", interview.Counted(out.Deleted.Sessions, "%d session", "%d sessions"), interview.Counted(out.Deleted.Ratings, "%d rating", "%d ratings"))
	for _, line := range out.Kept {
		fmt.Fprintln(p.Err, "kept: "+line)
	}
	return nil
}
