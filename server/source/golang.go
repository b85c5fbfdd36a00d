package source

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strconv"
	"strings"
)

// golang reads Go by the parser of its own library. What could be read before a mistake is checked too.
func (r *reader) golang() signs {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", r.text, parser.SkipObjectResolution)
	if err != nil {
		line, what := 0, "It does not parse as Go."
		var list scanner.ErrorList
		if errors.As(err, &list) && len(list) > 0 {
			line, what = list[0].Pos.Line, "It does not parse as Go: "+list[0].Msg+"."
		}
		r.add(RuleParse, line, what)
	}
	if file == nil {
		return signs{}
	}
	g := goReader{r: r, set: set, imports: map[string]string{}}
	for _, imp := range file.Imports {
		path, _ := strconv.Unquote(imp.Path.Value)
		name := path[strings.LastIndexByte(path, '/')+1:]
		if imp.Name != nil {
			name = imp.Name.Name
		}
		g.imports[name] = path
	}
	ast.Inspect(file, g.look)
	return g.seen
}

type goReader struct {
	r       *reader
	set     *token.FileSet
	imports map[string]string
	seen    signs
}

func (g *goReader) line(n ast.Node) int { return g.set.Position(n.Pos()).Line }

// called is the import path and name of a function of another package; the path is empty for anything else.
func (g *goReader) called(e ast.Expr) (path, name string) {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	if x, ok := s.X.(*ast.Ident); ok {
		return g.imports[x.Name], s.Sel.Name
	}
	return "", s.Sel.Name
}

func (g *goReader) look(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		g.seen.functions++
		if n.Recv == nil && n.Name.Name == "main" {
			g.seen.functions--
		}
	case *ast.CallExpr:
		g.call(n)
	case *ast.AssignStmt:
		g.assign(n)
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if i < len(n.Values) {
				g.literal(name.Name, n.Values[i])
			}
		}
	case *ast.KeyValueExpr:
		if k, ok := n.Key.(*ast.Ident); ok {
			g.literal(k.Name, n.Value)
			if v, ok := n.Value.(*ast.Ident); ok && k.Name == "InsecureSkipVerify" && v.Name == "true" {
				g.r.add(RuleTLS, g.line(n), "The certificate of the server is not checked.")
			}
		}
	case *ast.CompositeLit:
		path, name := g.called(n.Type)
		if path == "net/http" && name == "Client" && !hasField(n, "Timeout") {
			g.r.add(RuleTimeout, g.line(n), "This http.Client has no Timeout.")
		}
	case *ast.IfStmt:
		if isErrCheck(n.Cond) && len(n.Body.List) == 0 {
			g.r.add(RuleSwallow, g.line(n), "The error is looked at and nothing is done.")
		}
	}
	return true
}

func isErrCheck(e ast.Expr) bool {
	b, ok := e.(*ast.BinaryExpr)
	if !ok || b.Op != token.NEQ {
		return false
	}
	x, ok := b.X.(*ast.Ident)
	return ok && strings.HasPrefix(strings.ToLower(x.Name), "err")
}

func hasField(n *ast.CompositeLit, name string) bool {
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if k, ok := kv.Key.(*ast.Ident); ok && k.Name == name {
				return true
			}
		}
	}
	return false
}

func (g *goReader) literal(name string, v ast.Expr) {
	if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		if text, err := strconv.Unquote(lit.Value); err == nil {
			g.r.secret(g.line(lit), name, text)
		}
	}
}

func (g *goReader) assign(n *ast.AssignStmt) {
	if len(n.Lhs) == len(n.Rhs) {
		for i := range n.Lhs {
			if id, ok := n.Lhs[i].(*ast.Ident); ok {
				g.literal(id.Name, n.Rhs[i])
			}
		}
	}
	last, ok := n.Lhs[len(n.Lhs)-1].(*ast.Ident)
	if !ok || last.Name != "_" || len(n.Rhs) != 1 {
		return
	}
	if call, ok := n.Rhs[0].(*ast.CallExpr); ok {
		if path, name := g.called(call.Fun); path != "fmt" && name != "Close" && name != "Cut" {
			g.r.add(RuleSwallow, g.line(n), "What the call returns last, an error as a rule, is thrown away.")
		}
	}
}

var goNet = map[string]bool{"Get": true, "Post": true, "PostForm": true, "Head": true}

func (g *goReader) call(n *ast.CallExpr) {
	path, name := g.called(n.Fun)
	switch {
	case path == "net/http" && goNet[name]:
		g.r.add(RuleTimeout, g.line(n), "http."+name+" uses the client without a time-out.")
	case path == "net" && name == "Dial", path == "crypto/tls" && name == "Dial":
		g.r.add(RuleTimeout, g.line(n), name+" waits as long as the system does.")
	case path == "os/exec" && (name == "Command" || name == "CommandContext"):
		args := n.Args
		if name == "CommandContext" && len(args) > 0 {
			args = args[1:]
		}
		g.command(n, args)
	case path == "os" && name == "Exit" && len(n.Args) == 1:
		if lit, ok := n.Args[0].(*ast.BasicLit); !ok || lit.Value != "0" {
			g.seen.exits = true
		}
	case path == "log" && strings.HasPrefix(name, "Fatal"), name == "panic":
		g.seen.exits = true
	}
	if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "panic" {
		g.seen.exits = true
	}
}

// command looks at a program that is run: a shell that is handed text that is made on the way.
func (g *goReader) command(n *ast.CallExpr, args []ast.Expr) {
	if len(args) < 3 {
		return
	}
	shell, ok := args[0].(*ast.BasicLit)
	if !ok {
		return
	}
	name, _ := strconv.Unquote(shell.Value)
	name = name[strings.LastIndexByte(name, '/')+1:]
	if name != "sh" && name != "bash" && name != "zsh" && name != "dash" && name != "cmd" {
		return
	}
	if _, constant := args[2].(*ast.BasicLit); !constant {
		g.r.add(RuleInjection, g.line(n), "A shell is handed a command that is made from parts.")
	}
}
