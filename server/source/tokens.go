package source

import (
	"regexp"
	"strings"
)

// tokenKind is what a token is.
type tokenKind int

const (
	tokWord tokenKind = iota
	tokText           // a string; formatted says that values are put into it
	tokSign
	tokLine // the end of a logical line (Python)
)

// tok is one token of Python or JavaScript. Text of a string is what stands between its quotes.
type tok struct {
	kind      tokenKind
	text      string
	line      int
	formatted bool
	indent    int // Python: of the line it begins; -1 for one within a line
}

// callTo is a call with the name it is called by, dots in it, and its arguments.
type callTo struct {
	name string
	line int
	args []tok // between the parentheses
	at   int   // index of the opening parenthesis
	end  int   // index of the closing one, or of the last token
}

// calls finds the calls in a list of tokens.
func calls(all []tok) []callTo {
	closes := matching(all)
	var out []callTo
	for i, t := range all {
		if t.kind != tokWord || i+1 >= len(all) || all[i+1].text != "(" || all[i+1].kind != tokSign {
			continue
		}
		name, k := t.text, i
		for k >= 2 && all[k-1].kind == tokSign && (all[k-1].text == "." || all[k-1].text == "?.") && all[k-2].kind == tokWord {
			name = all[k-2].text + "." + name
			k -= 2
		}
		if k > 0 && all[k-1].kind == tokWord && (all[k-1].text == "def" || all[k-1].text == "function" || all[k-1].text == "class") {
			continue
		}
		if k > 0 && all[k-1].kind == tokSign && all[k-1].text == "." {
			name = "." + name // of a value that is no plain name
		}
		end := closes[i+1]
		out = append(out, callTo{name: name, line: t.line, args: all[i+2 : max(end, i+2)], at: i + 1, end: end})
	}
	return out
}

// matching gives for every opening bracket the index of its end; an open one ends with the list.
func matching(all []tok) map[int]int {
	out := map[int]int{}
	var open []int
	for i, t := range all {
		if t.kind != tokSign {
			continue
		}
		switch t.text {
		case "(", "[", "{":
			open = append(open, i)
		case ")", "]", "}":
			if n := len(open); n > 0 {
				out[open[n-1]] = i
				open = open[:n-1]
			}
		}
	}
	for _, i := range open {
		out[i] = len(all)
	}
	return out
}

// first are the tokens of the first argument.
func (c callTo) first() []tok { return upTo(c.args) }

func upTo(args []tok) []tok {
	depth := 0
	for i, t := range args {
		if t.kind != tokSign {
			continue
		}
		switch t.text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case ",":
			if depth == 0 {
				return args[:i]
			}
		}
	}
	return args
}

// keyword are the tokens of the value of a named argument (Python: name=), nil where there is none.
func (c callTo) keyword(name string) []tok {
	depth := 0
	for i, t := range c.args {
		if t.kind == tokSign {
			switch t.text {
			case "(", "[", "{":
				depth++
			case ")", "]", "}":
				depth--
			}
		}
		if depth == 0 && t.kind == tokWord && t.text == name && i+1 < len(c.args) && c.args[i+1].text == "=" {
			return upTo(c.args[i+2:])
		}
	}
	return nil
}

// says reports whether any token is a word.
func says(all []tok, words ...string) bool {
	for _, t := range all {
		for _, w := range words {
			if t.kind == tokWord && t.text == w {
				return true
			}
		}
	}
	return false
}

// literal reports whether tokens are fixed text: strings without values in them, and what joins those.
func literal(all []tok) bool {
	for _, t := range all {
		if t.kind == tokWord || t.kind == tokText && t.formatted || t.kind == tokSign && t.text != "+" && t.text != "(" && t.text != ")" {
			return false
		}
	}
	return len(all) > 0
}

// list reports whether tokens are a list that is written out: [ ... ].
func list(all []tok) bool { return len(all) > 0 && all[0].kind == tokSign && all[0].text == "[" }

// made reports whether text is put together from values: a formatted string, one with + or %, .format or join.
func made(all []tok) bool {
	texts := 0
	for i, t := range all {
		switch {
		case t.kind == tokText && t.formatted:
			return true
		case t.kind == tokText:
			texts++
		case t.kind == tokWord && (t.text == "format" || t.text == "join" || t.text == "concat") && i > 0:
			return true
		}
	}
	if texts == 0 {
		return false
	}
	for _, t := range all {
		if t.kind == tokSign && (t.text == "+" || t.text == "%") {
			return !literal(all)
		}
	}
	return false
}

// assignments tells of every name that is given one string.
func assignments(all []tok, tell func(name string, value tok)) {
	for i, t := range all {
		if t.kind != tokText || t.formatted || i < 2 || all[i-1].kind != tokSign || all[i-1].text != "=" && all[i-1].text != ":" {
			continue
		}
		if i+1 < len(all) && all[i+1].kind == tokSign && all[i+1].text != ";" && all[i+1].text != "," && all[i+1].text != ")" && all[i+1].text != "}" {
			continue
		}
		if n := all[i-2]; n.kind == tokWord || n.kind == tokText {
			tell(n.text, t)
		}
	}
}

var wordStart = regexp.MustCompile(`^[\p{L}_$][\p{L}\p{N}_$]*`)

// pyTokens cuts Python into tokens. wrong is the line of text that is never closed, 0 for none.
//
// It is a reader of words, strings, comments and brackets, not of the grammar.
func pyTokens(text string) (out []tok, wrong int) {
	l := pyLexer{text: text, line: 1, fresh: true}
	for l.at < len(text) {
		l.next()
	}
	if len(l.out) > 0 && l.out[len(l.out)-1].kind != tokLine {
		l.out = append(l.out, tok{kind: tokLine, line: l.line, indent: -1})
	}
	return l.out, l.wrong
}

type pyLexer struct {
	text   string
	at     int
	out    []tok
	line   int
	depth  int  // of open brackets, inside which a line does not end
	indent int  // of the line
	fresh  bool // at the begin of a line
	wrong  int
}

func (l *pyLexer) add(t tok) {
	t.line, t.indent = l.line, -1
	if len(l.out) == 0 || l.out[len(l.out)-1].kind == tokLine {
		t.indent = l.indent
	}
	l.out = append(l.out, t)
}

func (l *pyLexer) next() {
	if l.fresh && l.depth == 0 {
		l.indent, l.fresh = 0, false
		for l.at < len(l.text) && (l.text[l.at] == ' ' || l.text[l.at] == '\t') {
			l.indent++
			l.at++
		}
		return
	}
	switch c := l.text[l.at]; {
	case c == '\n':
		if l.depth == 0 {
			if len(l.out) > 0 && l.out[len(l.out)-1].kind != tokLine {
				l.add(tok{kind: tokLine})
			}
			l.fresh = true
		}
		l.line++
		l.at++
	case c == '\\' && l.at+1 < len(l.text) && l.text[l.at+1] == '\n':
		l.line++
		l.at += 2
	case c == '#':
		for l.at < len(l.text) && l.text[l.at] != '\n' {
			l.at++
		}
	case c == ' ' || c == '\t' || c == '\r' || c == '\f':
		l.at++
	case c == '"' || c == '\'':
		l.str("")
	case c >= '0' && c <= '9':
		for l.at < len(l.text) && (l.text[l.at] >= '0' && l.text[l.at] <= '9' || l.text[l.at] == '.' || l.text[l.at] == '_') {
			l.at++
		}
		l.add(tok{kind: tokSign, text: "0"})
	default:
		l.word()
	}
}

// str reads a string whose quotes stand here, behind a prefix in lower case.
func (l *pyLexer) str(prefix string) {
	body, n, closed := pyString(l.text[l.at:])
	if !closed && l.wrong == 0 {
		l.wrong = l.line
	}
	f := strings.Contains(prefix, "f") && strings.Contains(strings.ReplaceAll(body, "{{", ""), "{")
	l.add(tok{kind: tokText, text: body, formatted: f})
	l.line += strings.Count(l.text[l.at:l.at+n], "\n")
	l.at += n
}

// word reads a word, the prefix of a string with its string, or a sign.
func (l *pyLexer) word() {
	if w := wordStart.FindString(l.text[l.at:]); w != "" {
		l.at += len(w)
		low := strings.ToLower(w)
		if l.at < len(l.text) && (l.text[l.at] == '"' || l.text[l.at] == '\'') && len(low) <= 2 && strings.Trim(low, "rbuft") == "" {
			l.str(low)
			return
		}
		l.add(tok{kind: tokWord, text: w})
		return
	}
	c := l.text[l.at]
	sign := string(c)
	switch c {
	case '(', '[', '{':
		l.depth++
	case ')', ']', '}':
		l.depth = max(0, l.depth-1)
	case '=', '!', '<', '>':
		if l.at+1 < len(l.text) && l.text[l.at+1] == '=' {
			sign = l.text[l.at : l.at+2]
		}
	}
	l.add(tok{kind: tokSign, text: sign})
	l.at += len(sign)
}

// pyString reads a string that begins with its quotes: what is in it, how many bytes it takes, and whether it ends. A
// backslash keeps a quote from ending a raw string too.
func pyString(text string) (body string, n int, closed bool) {
	q := text[:1]
	long := strings.HasPrefix(text, q+q+q)
	if long {
		q = text[:3]
	}
	for i := len(q); i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case strings.HasPrefix(text[i:], q):
			return text[len(q):i], i + len(q), true
		case text[i] == '\n' && !long:
			return text[len(q):i], i, false
		}
	}
	return text[min(len(q), len(text)):], len(text), false
}
