package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"rehearse/knowledge"
	"rehearse/server/config"
)

// Program is one run: where its words come from and go to.
type Program struct {
	Args []string
	Env  func(string) string
	In   io.Reader
	Out  io.Writer
	Err  io.Writer
}

// Exit codes.
const (
	exitProblems = 1 // the work found problems
	exitUsage    = 2 // wrong usage
)

// codeError is an error with the exit code it ends the program with.
type codeError struct {
	code int
	err  error
}

func (e codeError) Error() string { return e.err.Error() }
func (e codeError) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return codeError{exitUsage, fmt.Errorf(format, args...)}
}

func exitCode(err error) int {
	var c codeError
	if errors.As(err, &c) {
		return c.code
	}
	return exitProblems
}

// verb is one thing the program does.
type verb struct {
	name  string
	shape string // what follows the name; words stand before the flags
	line  string // what it does, for the help
	run   func(context.Context, Program) error
}

func verbs() []verb {
	return []verb{
		{"serve", "[FLAGS]", "run the server and print the link to open (the default)", serve},
		{"read", "[FLAGS] < answers.jsonl", "measure answers: JSON lines in, readings out, no model", read},
		{"probe", "[FLAGS] < exchanges.jsonl", "choose the next follow-up: JSON lines in, probes out", probe},
		{"grade", "[FLAGS] < answers.jsonl", "grade answers: JSON lines in, grades out, by code or with a model", grade},
		{"index", "PATH... [FLAGS]", "index files and folders: a summary out", indexPaths},
		{"search", "[QUERY | < queries.jsonl] [FLAGS]", "find passages in what was indexed: a question, or JSON lines in; JSON lines out", searchVerb},
		{"exam", "[FLAGS]", "find out whether a model may grade: a certificate, exit 1 if it failed", examine},
		{"models", "[list | pull NAME | rm NAME] [FLAGS]", "list the models there are and some that would fit, fetch one, remove one", models},
		{"lint", "[PACKDIR] [FLAGS]", "check a pack: path: key: problem, exit 1 if there is any", lint},
		{"files", "SESSION [FLAGS]", "write the files of a scripting task into a folder and say where they are", files},
		{"stories", "[list | show ID | add | export [FILE] | import FILE | matrix] [FLAGS]", "your own stories as cues: list, show and add them, write and read them as Markdown, and see which principles lack one", storiesVerb},
		{"export", "SESSION [FLAGS]", "write a session as Markdown or JSON, or with --all FILE everything into one archive", export},
		{"import", "FILE [FLAGS]", "merge an archive of export --all: nothing is doubled, and nothing that is here is lost", importAll},
		{"delete", "SESSION [FLAGS]", "delete a session for good, or with --everything all there is", remove},
		{"doctor", "[FLAGS]", "say what is here: data, pack, Ollama, model; exit 1 if something you named is not", doctor},
	}
}

// Run does what the arguments ask for.
func Run(ctx context.Context, p Program) error {
	name := "serve"
	asksHelp := func() bool { return len(p.Args) > 0 && slices.Contains([]string{"-h", "--help", "-help"}, p.Args[0]) }
	switch {
	case asksHelp():
		help(p.Out)
		return nil
	case len(p.Args) > 0 && p.Args[0] == "help" && len(p.Args) > 1:
		name, p.Args = p.Args[1], []string{"-h"}
	case len(p.Args) > 0 && p.Args[0] == "help":
		help(p.Out)
		return nil
	case len(p.Args) > 0 && !strings.HasPrefix(p.Args[0], "-"):
		name, p.Args = p.Args[0], p.Args[1:]
	}
	if name == pdfVerb { // the program's own, not for people
		return readPDF(ctx, p)
	}
	for _, v := range verbs() {
		if v.name == name {
			err := v.run(ctx, p)
			if errors.Is(err, flag.ErrHelp) {
				return nil
			}
			return err
		}
	}
	help(p.Err)
	return usage("there is no verb %q", name)
}

func help(w io.Writer) {
	fmt.Fprint(w, "rehearse [VERB] [FLAGS]\n\n")
	for _, v := range verbs() {
		fmt.Fprintf(w, "  %-8s %s\n", v.name, v.line)
	}
	fmt.Fprint(w, "\nrehearse VERB -h lists the flags of a verb. Flags and words may stand in any order.\n"+
		"Each flag has an environment name: --addr is REHEARSE_ADDR; several values are separated by commas.\n"+
		"Exit codes: 0 done, 1 the work found problems or could not be done, 2 wrong usage.\n")
}

// defaults are the settings before flags: the data folder of this person, and OLLAMA_HOST where it is set.
func defaults(p Program) config.Config {
	c := config.Defaults()
	c.Data = dataDir(p.Env)
	c.Shipped = knowledge.Packs()
	if host := p.Env("OLLAMA_HOST"); host != "" {
		c.Ollama = []string{ollamaURL(host)}
	}
	return c
}

// dataDir is where a person's data belongs: XDG_DATA_HOME, or .local/share at home.
func dataDir(env func(string) string) string {
	if dir := env("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "rehearse")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "rehearse-data"
	}
	return filepath.Join(home, ".local", "share", "rehearse")
}

// ollamaURL makes a URL of what OLLAMA_HOST may hold: a host, a host and port, or a URL. The address a
// server listens on everywhere is reached on this machine.
func ollamaURL(host string) string {
	scheme := "http"
	if s, rest, ok := strings.Cut(host, "://"); ok {
		scheme, host = s, rest
	}
	host = strings.TrimRight(host, "/")
	name, port := host, "11434"
	if i := strings.LastIndex(host, ":"); i >= 0 && !strings.HasSuffix(host, "]") {
		if _, err := strconv.Atoi(host[i+1:]); err == nil {
			name, port = host[:i], host[i+1:]
		}
	}
	switch name {
	case "", "0.0.0.0":
		name = "127.0.0.1"
	case "[::]":
		name = "[::1]"
	}
	return scheme + "://" + name + ":" + port
}
