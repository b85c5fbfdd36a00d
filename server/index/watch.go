package index

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Times of a watch.
const (
	settleTime = 400 * time.Millisecond // nothing happens for so long: whoever writes is done
	settleMost = 5 * time.Second        // or never is
	pollTime   = 30 * time.Second       // where folders cannot be watched
)

// Watch calls changed each time something in one of these folders was changed and things have settled, until
// ctx ends. Where the system cannot watch, it calls it now and then. Changed is never called twice at once.
func (x *Index) Watch(ctx context.Context, dirs []string, changed func()) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		x.log.Warn("folders of material cannot be watched and are looked at twice a minute", "error", err)
		x.poll(ctx, changed)
		return
	}
	defer func() { _ = w.Close() }() // nothing is lost with it
	complete := x.watchAll(w, dirs)
	settled, poll := time.NewTimer(time.Hour), time.NewTicker(pollTime)
	settled.Stop()
	defer settled.Stop()
	defer poll.Stop()
	var first time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case e, open := <-w.Events:
			if !open {
				return
			}
			if e.Op == fsnotify.Chmod || strings.HasPrefix(filepath.Base(e.Name), ".") {
				continue
			}
		case _, open := <-w.Errors: // more happened than could be told: look at everything
			if !open {
				return
			}
		case <-poll.C:
			if !complete {
				changed()
				complete = x.watchAll(w, dirs)
			}
			continue
		case <-settled.C:
			first = time.Time{}
			complete = x.watchAll(w, dirs) // first, so that what is written from now on is told
			changed()
			continue
		}
		if first.IsZero() {
			first = time.Now()
		}
		settled.Reset(max(0, min(settleTime, settleMost-time.Since(first))))
	}
}

func (x *Index) poll(ctx context.Context, changed func()) {
	t := time.NewTicker(pollTime)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			changed()
		}
	}
}

// watchAll watches folders and all that lie in them; those watched already stay watched. It reports whether
// that went well.
func (x *Index) watchAll(w *fsnotify.Watcher, dirs []string) bool {
	complete := true
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error { // the function returns no error but to skip
			if err != nil || !d.IsDir() {
				return nil //nolint:nilerr // what cannot be read is not watched, and a run says so
			}
			if p != dir && (strings.HasPrefix(d.Name(), ".") || hiddenDirs[d.Name()]) {
				return fs.SkipDir
			}
			if err := w.Add(p); err != nil {
				if complete {
					x.log.Warn("a folder cannot be watched; it is looked at twice a minute", "folder", p, "error", err)
				}
				complete = false
			}
			return nil
		})
	}
	return complete
}
