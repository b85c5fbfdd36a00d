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
	name string
	line string // what it does, for the help
	run  func(context.Context, Program) error
}

func verbs() []verb {
	return []verb{
		{"serve", "run the server and print the link to open (the default)", serve},
		{"read", "measure answers: JSON lines in, readings out, no model", read},
		{"probe", "choose the next follow-up: JSON lines in, probes out", probe},
		{"grade", "grade answers: JSON lines in, grades out, by code or with a model", grade},
		{"index", "index files and folders: a summary out", indexPaths},
		{"search", "find passages in what was indexed: a question, or JSON lines in; JSON lines out", searchVerb},
		{"exam", "find out whether a model may grade: a certificate, exit 1 if it failed", examine},
		{"lint", "check a pack: path: key: problem, exit 1 if there is any", lint},
		{"export", "write a session as Markdown or JSON", export},
		{"doctor", "say what is here: data, pack, Ollama, model", doctor},
	}
}

// Run does what the arguments ask for.
func Run(ctx context.Context, p Program) error {
	name := "serve"
	if len(p.Args) > 0 && !strings.HasPrefix(p.Args[0], "-") {
		name = p.Args[0]
		p.Args = p.Args[1:]
	}
	if name == "help" || len(p.Args) > 0 && slices.Contains([]string{"-h", "--help", "-help"}, p.Args[0]) && name == "serve" {
		help(p.Out)
		return nil
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
	fmt.Fprint(w, "\nrehearse VERB -h lists the flags of a verb. Each flag has an environment name: --addr is REHEARSE_ADDR.\n")
}

// flags is a flag set whose values fall back to the environment: --allow-host to REHEARSE_ALLOW_HOST.
type flags struct {
	*flag.FlagSet
	env func(string) string
}

func newFlags(p Program, name string) *flags {
	f := &flags{FlagSet: flag.NewFlagSet("rehearse "+name, flag.ContinueOnError), env: p.Env}
	f.SetOutput(p.Err)
	return f
}

func envName(flag string) string {
	return "REHEARSE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// list adds a flag that may be given more than once; in the environment its values are separated by commas.
func (f *flags) list(into *[]string, name, help string) {
	given := false
	f.Func(name, help, func(v string) error {
		if !given {
			*into, given = nil, true
		}
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				*into = append(*into, part)
			}
		}
		return nil
	})
}

// parse reads the environment, then the arguments. What is left over are the verb's own words.
func (f *flags) parse(args []string) error {
	var errs []error
	f.VisitAll(func(fl *flag.Flag) {
		if v := f.env(envName(fl.Name)); v != "" {
			if err := fl.Value.Set(v); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", envName(fl.Name), err))
			}
			if r, ok := fl.Value.(interface{ reset() }); ok {
				r.reset()
			}
		}
	})
	if len(errs) > 0 {
		return codeError{exitUsage, errors.Join(errs...)}
	}
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return codeError{exitUsage, errors.New("wrong usage")}
	}
	return nil
}

// common adds the flags that several verbs share.
func common(f *flags, c *config.Config) {
	f.StringVar(&c.Data, "data", c.Data, "folder of your sessions, the token and the index")
	f.list(&c.Ollama, "ollama", "address of an Ollama server; may be given more than once")
	f.StringVar(&c.Model, "model", c.Model, "auto, none, or the name of a local model")
	f.StringVar(&c.Embed, "embed", c.Embed, "auto, builtin, none, or the name of an embedding model")
	f.list(&c.Packs, "pack", "folder of a pack, or the name of a shipped one; the first is used")
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
