package source

import (
	"errors"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

// javascript reads JavaScript token by token; the parser of the library says whether it is a program at all.
func (r *reader) javascript() signs {
	text := r.text
	if strings.HasPrefix(text, "#!") {
		text = "//" + text[2:]
	}
	if len(text) <= mostParsed && nesting(text) <= mostNested {
		if _, err := js.Parse(parse.NewInputString(text), js.Options{}); err != nil {
			line, what := 0, "It does not parse as JavaScript."
			var wrong *parse.Error
			if errors.As(err, &wrong) {
				line, what = wrong.Line, "It does not parse as JavaScript: "+strings.TrimSuffix(wrong.Message, ".")+"."
			}
			r.add(RuleParse, line, what)
		}
	}
	all := jsTokens(text)
	seen := signs{}
	limited := strings.Contains(r.text, "AbortSignal") || strings.Contains(r.text, "AbortController")
	for i, t := range all {
		if t.kind == tokWord && t.text == "function" || t.kind == tokSign && t.text == "=>" {
			seen.functions++
		}
		if t.kind == tokWord && t.text == "exitCode" || t.kind == tokWord && t.text == "throw" {
			seen.exits = true
		}
		if t.kind == tokWord && t.text == "catch" {
			r.catches(all, i)
		}
		if t.kind == tokWord && t.text == "rejectUnauthorized" && i+2 < len(all) && all[i+2].text == "false" {
			r.add(RuleTLS, t.line, "The certificate of the server is not checked.")
		}
	}
	for _, c := range calls(all) {
		last := c.name[strings.LastIndexByte(c.name, '.')+1:]
		switch {
		case last == "exec" && !strings.HasPrefix(c.name, ".") && strings.Contains(r.text, "child_process") || last == "execSync":
			if !literal(c.first()) && (made(c.first()) || len(c.first()) > 0 && c.first()[0].kind == tokWord) {
				r.add(RuleInjection, c.line, c.name+" hands a shell a command that is made on the way.")
			}
		case last == "spawn" || last == "spawnSync" || last == "execFile" || last == "execFileSync":
			for i, t := range c.args {
				if t.kind == tokWord && t.text == "shell" && i+2 < len(c.args) && c.args[i+2].text == "true" {
					r.add(RuleInjection, c.line, c.name+" goes through a shell (shell: true).")
				}
			}
		case c.name == "eval", c.name == "Function":
			if !literal(c.args) && len(c.args) > 0 {
				r.add(RuleEval, c.line, c.name+" runs text as code.")
			}
		case c.name == "fetch":
			if !says(c.args, "signal") && !limited {
				r.add(RuleTimeout, c.line, "fetch is called without a signal that ends it.")
			}
		case strings.HasPrefix(c.name, "axios.") || c.name == "axios":
			if !says(c.args, "timeout", "signal") && !strings.Contains(r.text, "timeout") {
				r.add(RuleTimeout, c.line, c.name+" is called without a timeout.")
			}
		case (c.name == "https.get" || c.name == "http.get" || c.name == "https.request" || c.name == "http.request") && !strings.Contains(r.text, "imeout"):
			r.add(RuleTimeout, c.line, c.name+" is called without a timeout.")
		case c.name == "process.exit":
			if len(c.args) > 0 && !r.zero(c) {
				seen.exits = true
			}
		}
	}
	assignments(all, func(name string, v tok) { r.secret(v.line, name, v.text) })
	return seen
}

// The parser calls itself once a bracket, so what is nested deeper is read by its tokens alone.
const (
	mostParsed = 256 << 10
	mostNested = 200
)

func nesting(text string) int {
	deep, most := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '(', '[', '{', '`', '!', '-', '~', '+', '?':
			deep++
			most = max(most, deep)
		case ')', ']', '}', '\n', ';':
			deep = max(0, deep-1)
		}
	}
	return most
}

// catches finds a handler with nothing in it: catch {}, catch (e) {}, .catch(() => {}).
func (r *reader) catches(all []tok, i int) {
	rest := all[i+1:]
	var signs []string
	for _, t := range rest[:min(len(rest), 8)] {
		if t.kind == tokWord {
			signs = append(signs, "w")
		} else {
			signs = append(signs, t.text)
		}
	}
	text := strings.Join(signs, " ") + " "
	for _, empty := range []string{"{ } ", "( w ) { } ", "( ( ) => { } ", "( ( w ) => { } ", "( w => { } "} {
		if strings.HasPrefix(text, empty) {
			r.add(RuleSwallow, all[i].line, "The error is caught and nothing is done.")
			return
		}
	}
}

// jsTokens cuts JavaScript into tokens. A slash is taken for the begin of an expression where no value stands before it.
func jsTokens(text string) []tok {
	lex := js.NewLexer(parse.NewInputString(text))
	var out []tok
	line := 1
	for {
		typ, raw := lex.Next()
		if typ == js.ErrorToken {
			if lex.Err() != nil {
				return out
			}
			continue
		}
		if (typ == js.DivToken || typ == js.DivEqToken) && !afterValue(out) {
			if again, more := lex.RegExp(); again == js.RegExpToken {
				typ, raw = again, more
			}
		}
		s := string(raw)
		at := line
		line += strings.Count(s, "\n")
		switch {
		case typ == js.WhitespaceToken, typ == js.LineTerminatorToken, typ == js.CommentToken, typ == js.CommentLineTerminatorToken:
		case typ == js.StringToken:
			out = append(out, tok{kind: tokText, text: strings.Trim(s, `"'`), line: at, indent: -1})
		case typ == js.TemplateToken:
			out = append(out, tok{kind: tokText, text: strings.Trim(s, "`"), line: at, indent: -1})
		case typ == js.TemplateStartToken:
			out = append(out, tok{kind: tokText, text: s, line: at, formatted: true, indent: -1})
		case typ == js.TemplateMiddleToken, typ == js.TemplateEndToken:
			out = append(out, tok{kind: tokText, text: s, line: at, formatted: true, indent: -1})
		case typ == js.RegExpToken:
			out = append(out, tok{kind: tokText, text: "", line: at, indent: -1})
		case js.IsIdentifierName(typ):
			out = append(out, tok{kind: tokWord, text: s, line: at, indent: -1})
		default:
			out = append(out, tok{kind: tokSign, text: s, line: at, indent: -1})
		}
	}
}

// afterValue reports whether a value stands at the end of tokens, so that a slash divides.
func afterValue(all []tok) bool {
	if len(all) == 0 {
		return false
	}
	t := all[len(all)-1]
	switch t.kind {
	case tokText:
		return true
	case tokWord:
		return t.text != "return" && t.text != "typeof" && t.text != "case" && t.text != "in" && t.text != "of" && t.text != "await" && t.text != "throw"
	}
	return t.text == ")" || t.text == "]" || t.text == "}" || t.text != "" && t.text[0] >= '0' && t.text[0] <= '9'
}
