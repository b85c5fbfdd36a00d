package source

import (
	"errors"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// shell reads a shell script as bash does. A script with a mistake is checked as far as nothing but its text tells.
func (r *reader) shell() signs {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(r.text), "")
	if err != nil {
		line, what := 0, "It does not parse as bash."
		var parse syntax.ParseError
		var lang syntax.LangError
		switch {
		case errors.As(err, &parse):
			line, what = int(parse.Pos.Line()), "It does not parse as bash: "+parse.Text+"."
		case errors.As(err, &lang):
			line = int(lang.Pos.Line())
		}
		r.add(RuleParse, line, what)
	}
	if file == nil {
		return signs{}
	}
	s := shReader{r: r}
	syntax.Walk(file, s.look)
	return s.seen
}

type shReader struct {
	r    *reader
	seen signs
}

func (s *shReader) look(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.FuncDecl:
		s.seen.functions++
	case *syntax.CallExpr:
		for _, a := range n.Assigns {
			s.assign(a)
		}
		if len(n.Args) > 0 {
			s.call(n)
		}
	case *syntax.DeclClause:
		if n.Variant != nil && (n.Variant.Value == "export" || n.Variant.Value == "local" || n.Variant.Value == "readonly" || n.Variant.Value == "declare") {
			for _, a := range n.Args {
				s.assign(a)
			}
		}
	case *syntax.BinaryCmd:
		if n.Op == syntax.OrStmt && n.Y != nil {
			if c, ok := n.Y.Cmd.(*syntax.CallExpr); ok && len(c.Args) == 1 && (c.Args[0].Lit() == "true" || c.Args[0].Lit() == ":") {
				s.r.add(RuleSwallow, int(n.OpPos.Line()), "|| true hides every failure of the command.")
			}
		}
	}
	return true
}

func (s *shReader) assign(a *syntax.Assign) {
	if a == nil || a.Name == nil || a.Value == nil {
		return
	}
	if text, ok := constant(a.Value); ok {
		s.r.secret(int(a.Pos().Line()), a.Name.Value, text)
	}
}

// constant is a word without any expansion.
func constant(w *syntax.Word) (string, bool) {
	var out strings.Builder
	for _, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			out.WriteString(p.Value)
		case *syntax.SglQuoted:
			out.WriteString(p.Value)
		case *syntax.DblQuoted:
			for _, q := range p.Parts {
				lit, ok := q.(*syntax.Lit)
				if !ok {
					return "", false
				}
				out.WriteString(lit.Value)
			}
		default:
			return "", false
		}
	}
	return out.String(), true
}

// bare reports whether a word holds a variable or the output of a command outside quotes.
func bare(w *syntax.Word) bool {
	for _, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.ParamExp:
			// $#, $? and $$ are numbers; ${#x} is one too.
			if p.Length || p.Param != nil && slices.Contains([]string{"#", "?", "$", "!"}, p.Param.Value) {
				continue
			}
			return true
		case *syntax.CmdSubst:
			return true
		}
	}
	return false
}

func (s *shReader) call(n *syntax.CallExpr) {
	name := n.Args[0].Lit()
	name = name[strings.LastIndexByte(name, '/')+1:]
	line := int(n.Pos().Line())
	has := func(flags ...string) bool {
		for _, a := range n.Args[1:] {
			text, _ := constant(a)
			if text == "" && len(a.Parts) > 0 {
				if lit, ok := a.Parts[0].(*syntax.Lit); ok {
					text = lit.Value
				}
			}
			for _, f := range flags {
				if text == f || strings.HasPrefix(f, "--") && strings.HasPrefix(text, f+"=") {
					return true
				}
			}
		}
		return false
	}
	switch name {
	case "eval":
		for _, a := range n.Args[1:] {
			if _, fixed := constant(a); !fixed {
				s.r.add(RuleInjection, line, "eval runs text that is made on the way.")
			}
		}
	case "sh", "bash", "zsh", "dash":
		for i, a := range n.Args[1:] {
			if text, fixed := constant(a); fixed && text == "-c" && i+2 < len(n.Args) {
				if _, fixed := constant(n.Args[i+2]); !fixed {
					s.r.add(RuleInjection, line, "A shell is handed a command that is made from parts.")
				}
			}
		}
	case "curl":
		if !has("--max-time", "-m", "--connect-timeout") {
			s.r.add(RuleTimeout, line, "curl without --max-time waits for ever.")
		}
		if has("-k", "--insecure", "-sk", "-ks", "-skL") {
			s.r.add(RuleTLS, line, "curl does not check the certificate.")
		}
	case "wget":
		if !has("--timeout", "-T") {
			s.r.add(RuleTimeout, line, "wget without --timeout waits for fifteen minutes, twenty times.")
		}
		if has("--no-check-certificate") {
			s.r.add(RuleTLS, line, "wget does not check the certificate.")
		}
	case "exit":
		if len(n.Args) > 1 && n.Args[1].Lit() != "0" {
			s.seen.exits = true
		}
	case "set":
		for _, a := range n.Args[1:] {
			if l := a.Lit(); strings.HasPrefix(l, "-") && strings.Contains(l, "e") || l == "errexit" {
				s.seen.exits = true
			}
		}
	}
	if name == "[[" || name == "export" || name == "local" || name == "echo" || name == "exit" || name == "return" {
		return
	}
	for _, a := range n.Args {
		if bare(a) {
			s.r.add(RuleUnquoted, int(a.Pos().Line()), "A value stands outside double quotes.")
		}
	}
}
