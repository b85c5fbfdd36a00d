// Package source reads the scripts that candidates write and says by line what may go wrong with them. It parses; it
// never runs anything. Go and shell are read by their parsers, JavaScript and Python token by token.
//
// What it says is what stands there: a finding names a line and a reason, and a check that found nothing proves nothing.
package source

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// The rules. Their ids stand in reports.
const (
	RuleParse     = "does-not-parse"
	RuleInjection = "shell-injection"
	RuleEval      = "runs-text"
	RuleSwallow   = "error-swallowed"
	RuleSecret    = "secret-in-source"
	RuleTLS       = "tls-not-checked"
	RuleTimeout   = "no-timeout"
	RuleUnquoted  = "unquoted"
	RulePaging    = "no-paging"
	RuleDryRun    = "no-dry-run"
	RuleExit      = "exit-code"
	RuleFunctions = "one-block"
	RuleLong      = "long-line"
)

// Area is the part of the rubric that a rule counts for.
type Area string

// The areas.
const (
	Robustness Area = "robustness"
	Safety     Area = "safety"
	Readable   Area = "readable"
)

// rule is what a rule means: its area, what to do, and why it matters.
type rule struct {
	area Area
	why  string
}

var rules = map[string]rule{
	RuleParse:     {Robustness, "What does not parse does not run, and nothing after it could be read."},
	RuleInjection: {Safety, "Text from a file becomes a command: a name with a semicolon in it runs what follows. Hand the program a list of arguments instead."},
	RuleEval:      {Safety, "Text that is run as code gives whoever wrote the text the rights of the script. Parse it as data."},
	RuleSwallow:   {Robustness, "An error that nobody sees looks like a clean result. Catch what you expect, count it, and say it."},
	RuleSecret:    {Safety, "Whoever reads the file has the secret, and it stays in the history. Read it from the environment or a secret store."},
	RuleTLS:       {Safety, "Anybody on the way can answer in the place of the server, and read the token."},
	RuleTimeout:   {Robustness, "A server that does not answer holds the script for ever. Give every call on the network a limit."},
	RuleUnquoted:  {Safety, "The value is split at blanks and its * become names of files. Put it in double quotes."},
	RulePaging:    {Robustness, "The interface hands out its results page by page. Without the next page the rest is missing, and nothing says so."},
	RuleDryRun:    {Safety, "A tool that changes things should first show what it would change, and change it only when asked to."},
	RuleExit:      {Robustness, "A pipeline sees the exit code only. Without one that is not zero, a run with findings or errors passes as clean."},
	RuleFunctions: {Readable, "Parts with a name can be tested alone and changed alone; one block cannot."},
	RuleLong:      {Readable, "A line of more than 120 characters is read past."},
}

// Finding is one thing that may go wrong. Line is from 1, 0 for what is missing from the whole file.
type Finding struct {
	Rule  string `json:"rule"`
	Area  Area   `json:"area"`
	Line  int    `json:"line"`
	Text  string `json:"text"` // the line, without the white space round it
	What  string `json:"what"`
	Why   string `json:"why"`
	order int
}

// Needs are what a task asks of its script beyond what every script owes.
type Needs struct {
	Paging bool // the interface hands out pages
	DryRun bool // the script changes something
	Exit   bool // a pipeline reads the exit code
}

// How a file was read.
const (
	ByParser = "by its parser"
	ByTokens = "token by token, not as a program"
	Unread   = "not at all"
)

// Result is what was read in one file.
type Result struct {
	Language string    `json:"language"` // python, go, javascript, shell, or empty where nothing tells
	Read     string    `json:"read"`     // how: ByParser, ByTokens or Unread
	Lines    int       `json:"lines"`    // that are not empty
	Findings []Finding `json:"findings"`
}

// Most is how many findings a result holds, and MostOfRule how many of one rule.
const (
	Most       = 40
	mostOfRule = 8
	longLine   = 120
	longScript = 60 // lines from which a script should have functions
)

// Check reads a script. An empty language is guessed from the text.
func Check(language, text string, needs Needs) Result {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if language == "" {
		language = Guess(text)
	}
	r := &reader{lines: strings.Split(text, "\n"), text: text}
	out := Result{Language: language, Read: Unread}
	for _, l := range r.lines {
		if strings.TrimSpace(l) != "" {
			out.Lines++
		}
	}
	seen := signs{}
	switch language {
	case "python":
		out.Read = ByTokens
		seen = r.python()
	case "javascript":
		out.Read = ByTokens
		seen = r.javascript()
	case "go":
		out.Read = ByParser
		seen = r.golang()
	case "shell":
		out.Read = ByParser
		seen = r.shell()
	default:
		out.Language = ""
	}
	r.common(seen, needs, out.Lines, out.Read != Unread)
	out.Findings = r.sorted()
	return out
}

// signs are what the whole of a script shows.
type signs struct {
	functions int
	exits     bool // with a code other than zero
}

type reader struct {
	text  string
	lines []string
	found []Finding
}

// add notes a finding once a line and rule.
func (r *reader) add(id string, line int, what string) {
	line = min(line, len(r.lines)) // a parser may tell of a line past the end
	n := 0
	for _, f := range r.found {
		if f.Rule != id {
			continue
		}
		if f.Line == line {
			return
		}
		n++
	}
	if n >= mostOfRule {
		return
	}
	f := Finding{Rule: id, Area: rules[id].area, Line: line, What: what, Why: rules[id].why, order: len(r.found)}
	if line >= 1 && line <= len(r.lines) {
		f.Text = clip(strings.TrimSpace(r.lines[line-1]))
	}
	r.found = append(r.found, f)
}

func clip(s string) string {
	if r := []rune(s); len(r) > longLine {
		return string(r[:longLine]) + "…"
	}
	return s
}

func (r *reader) sorted() []Finding {
	slices.SortStableFunc(r.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(max(a.Line, 1<<30*bit(a.Line == 0)), max(b.Line, 1<<30*bit(b.Line == 0))), cmp.Compare(a.order, b.order))
	})
	if r.found == nil {
		return []Finding{}
	}
	return r.found[:min(len(r.found), Most)]
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Secrets by their own form, whatever the variable is called.
var secretForm = regexp.MustCompile(`AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|glpat-[A-Za-z0-9_-]{18,}|xox[abprs]-[A-Za-z0-9-]{10,}|sk_live_[A-Za-z0-9]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY-----|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.`)

// A name that holds a secret, and a text that could be one: no place-holder, no name of a variable, no path.
var (
	secretName  = regexp.MustCompile(`(?i)(?:^|_|[a-z])(?:passw(?:or)?d|passwd|secret|token|api_?key|access_?key|private_?key)s?$`)
	placeholder = regexp.MustCompile(`(?i)^$|^<.*>$|example|changeme|placeholder|your[-_ ]|xxx|\.\.\.|(?-i:^[A-Z][A-Z0-9_]*$)|^(?:test|dummy|none|null|token|secret|password|bearer)$|[ {}$%/\\]|^--?[a-z]`)
)

// secret notes a text that looks like a secret: by its form, or by the name it is given.
func (r *reader) secret(line int, name, value string) {
	switch {
	case secretForm.MatchString(value):
		r.add(RuleSecret, line, "This text has the form of a key or a token.")
	case name != "" && secretName.MatchString(name) && len(value) >= 8 && !placeholder.MatchString(value):
		r.add(RuleSecret, line, "A secret stands in the source.")
	}
}

var (
	pagingSign = regexp.MustCompile(`(?i)next_?token|nextpage|next_?page|next_?marker|continuation|paginat|\bmarker\b|is_?truncated|last_?evaluated_?key|page_?token|\bcursor\b|[?&"']page["'=]|rel=.?next|has_?more`)
	dryRunSign = regexp.MustCompile(`(?i)dry[-_ ]?run|dryrun|--(?:apply|fix|execute|commit|yes|no-?op|check|write)\b|\bapply\b|what[-_]?if`)
)

// common checks what is the same in every language.
func (r *reader) common(seen signs, needs Needs, lines int, read bool) {
	for i, l := range r.lines {
		if secretForm.MatchString(l) {
			r.secret(i+1, "", l)
		}
		if len([]rune(l)) > longLine {
			r.add(RuleLong, i+1, "The line has more than 120 characters.")
		}
	}
	if strings.TrimSpace(r.text) == "" {
		return
	}
	if needs.Paging && !pagingSign.MatchString(r.text) {
		r.add(RulePaging, 0, "Nothing in the script asks for a next page.")
	}
	if needs.DryRun && !dryRunSign.MatchString(r.text) {
		r.add(RuleDryRun, 0, "Nothing in the script separates showing a change from making it.")
	}
	if !read {
		return
	}
	if needs.Exit && !seen.exits {
		r.add(RuleExit, 0, "The script never ends with a code other than zero.")
	}
	if lines >= longScript && seen.functions == 0 {
		r.add(RuleFunctions, 0, "More than sixty lines, and no function.")
	}
}

var guesses = []struct {
	language string
	sign     *regexp.Regexp
}{
	{"python", regexp.MustCompile(`\A#!.*python`)},
	{"shell", regexp.MustCompile(`\A#!.*\b(?:ba|da|z|k)?sh\b`)},
	{"javascript", regexp.MustCompile(`\A#!.*\b(?:node|deno|bun)\b`)},
	{"go", regexp.MustCompile(`(?m)^package \w+\s*$`)},
	{"python", regexp.MustCompile(`(?m)^(?:import \w[\w., ]*|from [\w.]+ import .+|\s*def \w+\(.*\).*:|class \w+.*:|\s*(?:for|if|while|with|try|elif)\b.*:|if __name__.*:)\s*(?:#.*)?$`)},
	{"javascript", regexp.MustCompile(`(?m)^\s*(?:const|let|var) \w+|^\s*(?:const|let|var) [\[{]|\brequire\(|=>|^\s*(?:async )?function\b|^import .* from ["']|console\.log`)},
	{"shell", regexp.MustCompile(`(?m)^\s*(?:set -[a-z]+|(?:if|while) \[|for \w+ in\b|\w+\(\) *\{|(?:echo|curl|grep|awk|jq|sed|cat|aws|export) )|\bthen\b|\$\(`)},
	{"python", regexp.MustCompile(`\bprint\(`)},
}

// Guess names the language of a text; empty where nothing tells.
func Guess(text string) string {
	for _, g := range guesses {
		if g.sign.MatchString(text) {
			return g.language
		}
	}
	return ""
}
