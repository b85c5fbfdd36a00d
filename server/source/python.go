package source

import (
	"slices"
	"strings"
)

// Calls that wait for a server, and have no limit of their own.
var pyNet = []string{"requests.get", "requests.post", "requests.put", "requests.delete", "requests.patch", "requests.head", "requests.request", "requests.options",
	"urllib.request.urlopen", "request.urlopen", "urlopen", "http.client.HTTPConnection", "http.client.HTTPSConnection", "client.HTTPConnection", "client.HTTPSConnection",
	"HTTPConnection", "HTTPSConnection", "socket.create_connection", "session.get", "session.post", "session.put", "session.delete", "session.patch", "session.request",
	"s.get", "s.post"}

var pyShell = []string{"subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen", "Popen", "check_output", "check_call"}

// python reads Python token by token.
func (r *reader) python() signs {
	all, wrong := pyTokens(r.text)
	if wrong > 0 {
		r.add(RuleParse, wrong, "A string begins here and never ends.")
	}
	if line := unbalanced(all); line > 0 && wrong == 0 {
		r.add(RuleParse, line, "A bracket has no partner.")
	}
	seen := signs{}
	for i, t := range all {
		if t.kind == tokWord && t.text == "def" {
			seen.functions++
		}
		if t.kind == tokWord && t.text == "raise" && i+1 < len(all) && all[i+1].text == "SystemExit" {
			seen.exits = true
		}
	}
	r.excepts(all)
	session := strings.Contains(r.text, "requests")
	for _, c := range calls(all) {
		switch {
		case slices.Contains(pyShell, c.name):
			shell := c.keyword("shell")
			if says(shell, "True") && !list(c.first()) && !literal(c.first()) {
				r.add(RuleInjection, c.line, c.name+" hands a shell a command that is made on the way (shell=True).")
			}
		case c.name == "os.system", c.name == "os.popen", c.name == "commands.getoutput", c.name == "subprocess.getoutput", c.name == "subprocess.getstatusoutput":
			if !literal(c.first()) {
				r.add(RuleInjection, c.line, c.name+" hands a shell a command that is made on the way.")
			}
		case c.name == "eval", c.name == "exec":
			if !literal(c.args) && len(c.args) > 0 {
				r.add(RuleEval, c.line, c.name+" runs text as code.")
			}
		case c.name == "pickle.load", c.name == "pickle.loads", c.name == "marshal.loads":
			r.add(RuleEval, c.line, c.name+" runs what the data says.")
		case c.name == "yaml.load":
			if !strings.Contains(texts(c.args), "Safe") {
				r.add(RuleEval, c.line, "yaml.load without a safe loader runs what the data says.")
			}
		case c.name == "sys.exit", c.name == "exit", c.name == "quit", c.name == "os._exit", c.name == "SystemExit":
			if len(c.args) > 0 && (len(c.args) != 1 || c.args[0].kind != tokSign || !r.zero(c)) {
				seen.exits = true
			}
		case c.name == "parser.error", strings.HasSuffix(c.name, ".error") && strings.Contains(r.text, "ArgumentParser"):
			seen.exits = true
		}
		if says(c.keyword("verify"), "False") || strings.HasSuffix(c.name, "_create_unverified_context") {
			r.add(RuleTLS, c.line, "The certificate of the server is not checked.")
		}
		onNet := slices.Contains(pyNet, c.name) && (session || !strings.HasPrefix(c.name, "session.") && !strings.HasPrefix(c.name, "s."))
		limited := c.keyword("timeout") != nil || starred(c.args) || strings.HasSuffix(c.name, "create_connection") && second(c.args)
		if onNet && !limited {
			r.add(RuleTimeout, c.line, c.name+" is called without timeout=.")
		}
	}
	assignments(all, func(name string, v tok) { r.secret(v.line, name, v.text) })
	return seen
}

// zero reports whether a call with one number as its argument ends with the code 0.
func (r *reader) zero(c callTo) bool {
	if c.line < 1 || c.line > len(r.lines) {
		return false
	}
	return strings.Contains(strings.ReplaceAll(r.lines[c.line-1], " ", ""), "(0)")
}

func texts(all []tok) string {
	var out strings.Builder
	for _, t := range all {
		out.WriteString(t.text + " ")
	}
	return out.String()
}

// starred reports whether arguments come from a mapping: what is in it cannot be seen.
func starred(args []tok) bool {
	for i := 1; i < len(args); i++ {
		if args[i-1].text == "*" && args[i].text == "*" && args[i].kind == tokSign {
			return true
		}
	}
	return false
}

// second reports whether there is a second argument.
func second(args []tok) bool { return len(upTo(args)) < len(args) }

// unbalanced is the line of the first bracket without a partner, 0 for none.
func unbalanced(all []tok) int {
	type open struct {
		sign string
		line int
	}
	var stack []open
	pair := map[string]string{")": "(", "]": "[", "}": "{"}
	for _, t := range all {
		if t.kind != tokSign {
			continue
		}
		switch t.text {
		case "(", "[", "{":
			stack = append(stack, open{t.text, t.line})
		case ")", "]", "}":
			if len(stack) == 0 || stack[len(stack)-1].sign != pair[t.text] {
				return t.line
			}
			stack = stack[:len(stack)-1]
		}
	}
	if len(stack) > 0 {
		return stack[0].line
	}
	return 0
}

// excepts finds handlers that catch everything, and those that do nothing.
func (r *reader) excepts(all []tok) {
	for i, t := range all {
		if t.kind != tokWord || t.text != "except" || t.indent < 0 {
			continue
		}
		colon := i + 1
		depth := 0
		for colon < len(all) && all[colon].kind != tokLine && (depth > 0 || all[colon].text != ":" || all[colon].kind != tokSign) {
			if all[colon].kind == tokSign {
				switch all[colon].text {
				case "(", "[", "{":
					depth++
				case ")", "]", "}":
					depth--
				}
			}
			colon++
		}
		if colon >= len(all) || all[colon].kind == tokLine {
			continue
		}
		body := colon + 1
		if body < len(all) && all[body].kind == tokLine {
			body++
		}
		nothing := body+1 < len(all) && (all[body].text == "pass" && all[body].kind == tokWord || all[body].text == "." && all[body].kind == tokSign) && endsBlock(all, body, t.indent)
		skips := body+1 < len(all) && all[body].kind == tokWord && all[body].text == "continue"
		broad := says(all[i:colon], "Exception", "BaseException")
		reraises := false
		for k := body; k < len(all) && (all[k].indent < 0 || all[k].indent > t.indent); k++ {
			if all[k].kind == tokWord && all[k].text == "raise" {
				reraises = true
			}
		}
		switch {
		case colon == i+1 && !reraises:
			r.add(RuleSwallow, t.line, "A bare except catches everything, the end of the program included.")
		case nothing:
			r.add(RuleSwallow, t.line, "The error is caught and nothing is done.")
		case broad && skips:
			r.add(RuleSwallow, t.line, "Every error is caught, and the work goes on without a word.")
		}
	}
}

// endsBlock reports whether the block of a handler ends after one statement.
func endsBlock(all []tok, at, indent int) bool {
	for k := at; k < len(all); k++ {
		if all[k].kind == tokLine {
			return k+1 >= len(all) || all[k+1].indent <= indent
		}
	}
	return true
}
