package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"rehearse/server/config"
)

// flags is a flag set whose values fall back to the environment: --allow-host to REHEARSE_ALLOW_HOST.
type flags struct {
	*flag.FlagSet
	p    Program
	verb verb
}

func newFlags(p Program, name string) *flags {
	f := &flags{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError), p: p}
	f.SetOutput(io.Discard) // what is wrong is told in our own words
	f.Usage = func() {}
	all := verbs()
	f.verb = all[slices.IndexFunc(all, func(v verb) bool { return v.name == name })]
	return f
}

func envName(flag string) string {
	return "REHEARSE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// listValue is a flag that may be given more than once; in one value, parts are separated by commas.
type listValue struct {
	into  *[]string
	given bool
}

func (l *listValue) String() string {
	if l.into == nil {
		return ""
	}
	return strings.Join(*l.into, ",")
}

func (l *listValue) Set(v string) error {
	if !l.given {
		*l.into, l.given = nil, true
	}
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part != "" {
			*l.into = append(*l.into, part)
		}
	}
	return nil
}

// reset makes the next value take the place of those there are.
func (l *listValue) reset() { l.given = false }

func (f *flags) list(into *[]string, name, help string) {
	f.Var(&listValue{into: into}, name, help+"; may be given more than once, or with commas")
}

// boolValue is a flag that needs no value.
type boolValue struct{ into *bool }

func (b boolValue) IsBoolFlag() bool { return true }
func (b boolValue) String() string {
	return strconv.FormatBool(b.into != nil && *b.into)
}
func (b boolValue) Set(v string) error {
	on, err := strconv.ParseBool(v)
	if err != nil {
		return fmt.Errorf("%q is neither true nor false", v)
	}
	*b.into = on
	return nil
}

func (f *flags) bool(into *bool, name, help string) { f.Var(boolValue{into}, name, help) }

// maxSeed is the largest seed: a whole number that every JSON reader holds exactly.
const maxSeed = 1<<53 - 1

type seedValue struct{ into **uint64 }

func (s seedValue) String() string { return "" }
func (s seedValue) Set(v string) error {
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil || n > maxSeed {
		return fmt.Errorf("%q is not a whole number from 0 to %d", v, maxSeed)
	}
	*s.into = &n
	return nil
}

// parse reads the environment, then the arguments, in which flags and words may stand in any order. It returns the
// words, of which the verb takes at most so many.
func (f *flags) parse(args []string, most int) ([]string, error) {
	var errs []error
	f.VisitAll(func(fl *flag.Flag) {
		if v := f.p.Env(envName(fl.Name)); v != "" {
			if err := fl.Value.Set(v); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", envName(fl.Name), err))
			}
			if r, ok := fl.Value.(interface{ reset() }); ok {
				r.reset()
			}
		}
	})
	if len(errs) > 0 {
		return nil, codeError{exitUsage, errors.Join(errs...)}
	}
	var words []string
	for len(args) > 0 {
		given := args
		if err := f.Parse(given); errors.Is(err, flag.ErrHelp) {
			f.help(f.p.Out)
			return nil, err
		} else if err != nil {
			return nil, usage("%s; rehearse %s -h lists its flags", plainFlag(err), f.verb.name)
		}
		args = f.Args()
		if end := len(given) - len(args) - 1; end >= 0 && given[end] == "--" {
			words = append(words, args...) // all that follows is words
			break
		}
		if len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	if len(words) > most {
		return nil, f.leftOver(words[most])
	}
	return words, nil
}

// leftOver is the error for a word too many.
func (f *flags) leftOver(word string) error {
	switch {
	case strings.Contains(f.verb.shape, "<"):
		return usage("%s takes no words, only flags; %q is left over. Lines come from standard input: rehearse %s < FILE", f.verb.name, word, f.verb.name)
	case strings.Contains(f.verb.shape, " "):
		return usage("%s takes one word beside its flags; %q is left over", f.verb.name, word)
	}
	return usage("%s takes no words, only flags; %q is left over", f.verb.name, word)
}

// plainFlag says what was wrong with a flag, without the wording of the library.
func plainFlag(err error) string {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		return "there is no flag --" + name
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return "--" + name + " needs a value"
	}
	if what, ok := strings.CutPrefix(text, "bad flag syntax: "); ok {
		return fmt.Sprintf("%q is no flag", what)
	}
	for _, before := range []string{" for flag -", " for -"} { // invalid value "x" for flag -name: why
		if _, rest, ok := strings.Cut(text, before); ok {
			return "--" + rest
		}
	}
	return text
}

// help lists what a verb takes.
func (f *flags) help(w io.Writer) {
	fmt.Fprintf(w, "usage: rehearse %s %s\n\n%s\n", f.verb.name, f.verb.shape, f.verb.line)
	none := true
	f.VisitAll(func(fl *flag.Flag) {
		if none {
			fmt.Fprint(w, "\nflags:\n")
			none = false
		}
		name, about := flag.UnquoteUsage(fl)
		if _, ok := fl.Value.(boolValue); ok {
			name = "[=true|false]"
		} else {
			name = " " + strings.ToUpper(or(name, "value"))
		}
		fmt.Fprintf(w, "  --%s%s\n        %s", fl.Name, name, about)
		if fl.DefValue != "" {
			fmt.Fprintf(w, " (default %s)", fl.DefValue)
		}
		fmt.Fprintf(w, " [%s]\n", envName(fl.Name))
	})
	if none {
		fmt.Fprint(w, "\nIt has no flags.\n")
	}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// common adds the flags that several verbs share.
func common(f *flags, c *config.Config) {
	f.StringVar(&c.Data, "data", c.Data, "`folder` of your sessions, the token and the index")
	f.list(&c.Ollama, "ollama", "`address` of an Ollama server")
	f.StringVar(&c.Model, "model", c.Model, "auto, none, or the `name` of a local model")
	f.StringVar(&c.GradeModel, "grade-model", c.GradeModel, "the `name` of another local model that grades; empty grades with --model")
	f.StringVar(&c.Embed, "embed", c.Embed, "auto, builtin, none, or the `name` of an embedding model")
	f.list(&c.Packs, "pack", "`folder` of a pack, or the name of a shipped one")
}
