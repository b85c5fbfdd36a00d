package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"rehearse/server/config"
	"rehearse/server/httpapi"
	"rehearse/server/interview"
	"rehearse/server/sqlite"
	"rehearse/server/stories"
)

// storiesVerb lists, shows, adds, writes and reads the candidate's own stories.
func storiesVerb(ctx context.Context, p Program) (err error) {
	c := defaults(p)
	f := newFlags(p, "stories")
	common(f, &c)
	format := f.String("format", "text", "`text` or json, for list, show and matrix")
	var n httpapi.NewStory
	storyFlags(f, &n)
	session := f.String("session", "", "add: the `session` of the answer it is drawn from")
	block := f.Int("block", 1, "add: the `number` of the exercise in that session")
	const most = 2
	words, err := f.parse(p.Args, most)
	if err != nil {
		return err
	}
	words = append(words, "", "")
	what, arg := words[0], words[1]
	switch {
	case *format != "text" && *format != "json":
		return usage("--format is text or json, not %q", *format)
	case what == "":
		what = "list"
	case what == "show" && arg == "":
		return usage("name the story: rehearse stories show ID")
	case what == "import" && arg == "":
		return usage("name the file, or - for the standard input: rehearse stories import FILE")
	case (what == "list" || what == "matrix" || what == "add") && arg != "":
		return usage("rehearse stories %s takes no %q", what, arg)
	}
	var verb func(context.Context, *bank) error
	writes := false
	switch what {
	case "list":
		verb = func(ctx context.Context, b *bank) error { return listStories(ctx, b, p.Out, *format) }
	case "show":
		verb = func(ctx context.Context, b *bank) error { return showStory(ctx, b, p.Out, *format, arg) }
	case "matrix":
		verb = func(ctx context.Context, b *bank) error { return showMatrix(ctx, b, p.Out, *format) }
	case "export":
		verb = func(ctx context.Context, b *bank) error { return writeStories(ctx, b, p, arg) }
	case "add":
		if *session != "" {
			n.From = &httpapi.StoryFrom{Session: *session, Block: *block}
		}
		writes, verb = true, func(ctx context.Context, b *bank) error {
			id, _, err := b.Add(ctx, n)
			if err == nil {
				fmt.Fprintln(p.Out, id)
			}
			return err
		}
	case "import":
		text, err := storiesFile(p, arg)
		if err != nil {
			return err
		}
		writes, verb = true, func(ctx context.Context, b *bank) error {
			done, err := b.take(ctx, text)
			if err == nil {
				fmt.Fprintln(p.Err, done.Message)
			}
			return err
		}
	default:
		return usage("rehearse stories does list, show, add, export, import or matrix, not %q", what)
	}
	return withBank(ctx, p, c, writes, verb)
}

// storyFlags are those a story is typed with.
func storyFlags(f *flags, n *httpapi.NewStory) {
	f.StringVar(&n.Title, "title", "", "add: the `title` of the story")
	f.StringVar(&n.Worth, "worth", "", "add: `standout` or standard")
	f.Func("principle", "add: the `id` of a principle it serves, with :first or :second where it is that choice; may be given more than once", func(v string) error {
		id, choice, _ := strings.Cut(v, ":")
		n.Principles = append(n.Principles, httpapi.StoryTag{Principle: id, Choice: choice})
		return nil
	})
	f.Func("cue", "add: a few `words` to tell from, with [situation], [task], [action], [result] or [lesson] before them where they belong there; may be given more than once", func(v string) error {
		cue := httpapi.StoryCue{Text: v}
		if rest, ok := strings.CutPrefix(v, "["); ok {
			if part, text, ok := strings.Cut(rest, "]"); ok {
				cue = httpapi.StoryCue{Part: part, Text: text}
			}
		}
		n.Cues = append(n.Cues, cue)
		return nil
	})
}

// withBank opens the bank of a data folder. Who writes keeps a server off it, whose page does the same.
func withBank(ctx context.Context, p Program, c config.Config, writes bool, f func(context.Context, *bank) error) (err error) {
	pack, err := loadPack(c)
	if err != nil {
		return err
	}
	var store *sqlite.Store
	if writes {
		unlock, err := lockFor(c)
		if err != nil {
			return err
		}
		defer unlock()
		store, err = sqlite.Open(ctx, filepath.Join(c.Data, "rehearse.db"), sqlite.Options{})
		if err != nil {
			return err
		}
	} else if store, err = openData(ctx, c); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return f(ctx, newBank(store, pack, slog.New(slog.NewTextHandler(p.Err, nil))))
}

// storiesFile reads a file of stories; - is the standard input.
func storiesFile(p Program, name string) (string, error) {
	in := p.In
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return "", fmt.Errorf("the stories cannot be read: %w", err)
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, stories.MaxMarkdown+1))
	if err != nil {
		return "", fmt.Errorf("the stories cannot be read: %w", err)
	}
	return string(raw), nil
}

func writeStories(ctx context.Context, b *bank, p Program, file string) error {
	text, err := b.Markdown(ctx)
	if err != nil {
		return err
	}
	if file == "" || file == "-" {
		_, err = fmt.Fprint(p.Out, text)
		return err
	}
	if err := writeFile(file, []byte(text)); err != nil {
		return fmt.Errorf("the stories cannot be written: %w", err)
	}
	return nil
}

func indented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func listStories(ctx context.Context, b *bank, w io.Writer, format string) error {
	all, err := b.all(ctx)
	if err != nil {
		return err
	}
	list := all.List()
	if format == "json" {
		return indented(w, list)
	}
	if len(list.Stories) == 0 {
		fmt.Fprintln(w, "There is no story in the bank yet. These help to remember some:")
		for _, m := range b.pack.Mining {
			fmt.Fprintf(w, "- %s\n", m.Text)
		}
	}
	for i := range list.Stories {
		e := &list.Stories[i]
		fmt.Fprintf(w, "%s  %s (%s), %s\n", e.ID, e.Title, e.Worth, interview.Counted(len(e.Readings), "told %d time", "told %d times"))
		for _, warning := range e.Warnings {
			fmt.Fprintf(w, "    %s\n", warning)
		}
	}
	for _, note := range list.Notes {
		fmt.Fprintln(w, note)
	}
	if n := len(list.Unknown); n > 0 {
		fmt.Fprintf(w, "%s none of these, or code cannot tell; the page lets you say which.\n", interview.Counted(n, "%d answer is", "%d answers are"))
	}
	return nil
}

func showStory(ctx context.Context, b *bank, w io.Writer, format, id string) error {
	e, err := b.entry(ctx, id)
	if err != nil {
		return err
	}
	if format == "json" {
		return indented(w, e)
	}
	fmt.Fprint(w, e.Markdown())
	return nil
}

func showMatrix(ctx context.Context, b *bank, w io.Writer, format string) error {
	all, err := b.all(ctx)
	if err != nil {
		return err
	}
	m := all.Matrix()
	if format == "json" {
		return indented(w, m)
	}
	fmt.Fprint(w, m.Text())
	return nil
}
