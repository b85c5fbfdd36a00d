package source_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/source"
)

// found are the findings of a script as "line rule", in their order.
func found(r source.Result) []string {
	out := []string{}
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%d %s", f.Line, f.Rule))
	}
	return out
}

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		language string
		text     string
		needs    source.Needs
		want     []string
	}{
		// Python
		{"a command made from parts", "python", "import subprocess, sys\nsubprocess.run(f\"grep {sys.argv[1]} auth.log\", shell=True)\n", source.Needs{}, []string{"2 shell-injection"}},
		{"a command made with plus", "python", "import os\nos.system('cat ' + name)\n", source.Needs{}, []string{"2 shell-injection"}},
		{"a list of arguments", "python", "import subprocess, sys\nsubprocess.run(['grep', sys.argv[1], 'auth.log'], check=True)\n", source.Needs{}, nil},
		{"a fixed command", "python", "import os\nos.system('clear')\n", source.Needs{}, nil},
		{"the word in a string", "python", "print('os.system(x) and eval(x) are bad')  # except: pass\n", source.Needs{}, nil},
		{"the word in a long string", "python", "\"\"\"\nexcept:\n    pass\nrequests.get(url)\n\"\"\"\nprint(1)\n", source.Needs{}, nil},
		{"a bare except", "python", "try:\n    go()\nexcept:\n    print('no')\n", source.Needs{}, []string{"3 error-swallowed"}},
		{"a bare except that raises again", "python", "try:\n    go()\nexcept:\n    print('no')\n    raise\n", source.Needs{}, nil},
		{"pass", "python", "try:\n    go()\nexcept ValueError:\n    pass\n", source.Needs{}, []string{"3 error-swallowed"}},
		{"everything, and on", "python", "for l in f:\n    try:\n        go(l)\n    except Exception:\n        continue\n", source.Needs{}, []string{"4 error-swallowed"}},
		{"counted and on", "python", "for l in f:\n    try:\n        go(l)\n    except ValueError:\n        bad += 1\n        continue\n", source.Needs{}, nil},
		{"no limit", "python", "import requests\nr = requests.get(url, headers=h)\n", source.Needs{}, []string{"2 no-timeout"}},
		{"a limit", "python", "import requests\nr = requests.get(url, timeout=(3, 10))\n", source.Needs{}, nil},
		{"no certificate", "python", "import requests\nr = requests.get(url, timeout=3, verify=False)\n", source.Needs{}, []string{"2 tls-not-checked"}},
		{"a key by its form", "python", "key = \"AKIA" + "IOSFODNN7QQQQQQQ\"\n", source.Needs{}, []string{"1 secret-in-source"}},
		{"a key by its name", "python", "API_TOKEN = 'h7Gq29sLmzz41'\n", source.Needs{}, []string{"1 secret-in-source"}},
		{"from the environment", "python", "import os\nAPI_TOKEN = os.environ['API_TOKEN']\n", source.Needs{}, nil},
		{"a place-holder", "python", "password = 'changeme'\ntoken = '<your token>'\n", source.Needs{}, nil},
		{"data that runs", "python", "import pickle, yaml\na = pickle.load(f)\nb = yaml.load(f)\nc = yaml.safe_load(f)\nd = eval(s)\n", source.Needs{}, []string{"2 runs-text", "3 runs-text", "5 runs-text"}},
		{"a string without an end", "python", "print('a)\nx = 1\n", source.Needs{}, []string{"1 does-not-parse"}},
		{"a bracket without an end", "python", "x = [1,\n  2\nprint(x)\n", source.Needs{}, []string{"1 does-not-parse"}},
		{"pages", "python", "def all_groups(c):\n    return c.describe()['groups']\n", source.Needs{Paging: true}, []string{"0 no-paging"}},
		{"every page", "python", "def all_groups(c):\n    token = None\n    while True:\n        p = c.describe(next_token=token)\n        yield from p['groups']\n        token = p.get('next_token')\n        if not token:\n            return\n", source.Needs{Paging: true}, nil},
		{"changes at once", "python", "def fix(c, g):\n    c.revoke(g)\n", source.Needs{DryRun: true}, []string{"0 no-dry-run"}},
		{"shows first", "python", "def fix(c, g, dry_run=True):\n    if not dry_run:\n        c.revoke(g)\n", source.Needs{DryRun: true}, nil},
		{"always clean", "python", "import sys\nprint(1)\nsys.exit(0)\n", source.Needs{Exit: true}, []string{"0 exit-code"}},
		{"an exit code", "python", "import sys\nsys.exit(1 if bad else 0)\n", source.Needs{Exit: true}, nil},
		{"one block", "python", strings.Repeat("x = 1\n", 61), source.Needs{}, []string{"0 one-block"}},

		// Go
		{"a shell", "go", "package main\n\nimport \"os/exec\"\n\nfunc run(name string) error {\n\treturn exec.Command(\"sh\", \"-c\", \"cat \"+name).Run()\n}\n", source.Needs{}, []string{"6 shell-injection"}},
		{"a program", "go", "package main\n\nimport \"os/exec\"\n\nfunc run(name string) error {\n\treturn exec.Command(\"cat\", \"--\", name).Run()\n}\n", source.Needs{}, nil},
		{"the default client", "go", "package main\n\nimport \"net/http\"\n\nfunc run(u string) (*http.Response, error) {\n\treturn http.Get(u)\n}\n", source.Needs{}, []string{"6 no-timeout"}},
		{"a client with a limit", "go", "package main\n\nimport (\n\t\"net/http\"\n\t\"time\"\n)\n\nvar c = http.Client{Timeout: 5 * time.Second}\n", source.Needs{}, nil},
		{"a client without, that trusts all", "go", "package main\n\nimport (\n\t\"crypto/tls\"\n\t\"net/http\"\n)\n\nvar c = http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}\n", source.Needs{}, []string{"8 no-timeout", "8 tls-not-checked"}},
		{"an error thrown away", "go", "package main\n\nimport \"os\"\n\nfunc f() {\n\tb, _ := os.ReadFile(\"a\")\n\tprint(b)\n}\n", source.Needs{}, []string{"6 error-swallowed"}},
		{"an error looked at", "go", "package main\n\nimport \"os\"\n\nfunc f() []byte {\n\tb, err := os.ReadFile(\"a\")\n\tif err != nil {\n\t}\n\treturn b\n}\n", source.Needs{}, []string{"7 error-swallowed"}},
		{"Go that does not parse", "go", "package main\n\nfunc f( {\n", source.Needs{}, []string{"3 does-not-parse"}},
		{"a secret in Go", "go", "package main\n\nconst apiKey = \"h7Gq29sLmzz41\"\n", source.Needs{}, []string{"3 secret-in-source"}},
		{"Go that only succeeds", "go", "package main\n\nimport \"os\"\n\nfunc main() {\n\tos.Exit(0)\n}\n", source.Needs{Exit: true}, []string{"0 exit-code"}},

		// JavaScript
		{"execSync", "javascript", "const { execSync } = require('child_process');\nexecSync(`grep ${name} auth.log`);\n", source.Needs{}, []string{"2 shell-injection"}},
		{"execFileSync", "javascript", "const { execFileSync } = require('child_process');\nexecFileSync('grep', [name, 'auth.log']);\n", source.Needs{}, nil},
		{"a regular expression is no call of a shell", "javascript", "const m = /a(b)/.exec(line);\n", source.Needs{}, nil},
		{"spawn through a shell", "javascript", "const { spawn } = require('child_process');\nspawn(cmd, { shell: true });\n", source.Needs{}, []string{"2 shell-injection"}},
		{"catch nothing", "javascript", "try { go(); } catch (e) {}\np.catch(() => {});\n", source.Needs{}, []string{"1 error-swallowed", "2 error-swallowed"}},
		{"fetch", "javascript", "const r = await fetch(url);\n", source.Needs{}, []string{"1 no-timeout"}},
		{"fetch with an end", "javascript", "const r = await fetch(url, { signal: AbortSignal.timeout(5000) });\n", source.Needs{}, nil},
		{"any certificate", "javascript", "const a = new https.Agent({ rejectUnauthorized: false });\n", source.Needs{}, []string{"1 tls-not-checked"}},
		{"eval", "javascript", "const f = eval(text);\n", source.Needs{}, []string{"1 runs-text"}},
		{"JavaScript that does not parse", "javascript", "function f( {\n", source.Needs{}, []string{"2 does-not-parse"}},
		{"a word in a comment", "javascript", "// eval(x); fetch(url)\nconst s = 'eval(x)';\n", source.Needs{}, nil},

		// Shell
		{"eval in a shell", "shell", "#!/bin/bash\neval \"grep $1 auth.log\"\n", source.Needs{}, []string{"2 shell-injection"}},
		{"sh -c", "shell", "sh -c \"cat $1\"\n", source.Needs{}, []string{"1 shell-injection"}},
		{"without quotes", "shell", "rm -f $1\ngrep \"$2\" \"$3\"\n", source.Needs{}, []string{"1 unquoted"}},
		{"curl", "shell", "curl -sk https://internal/api\n", source.Needs{}, []string{"1 no-timeout", "1 tls-not-checked"}},
		{"curl with a limit", "shell", "curl -s --max-time 10 https://internal/api\n", source.Needs{}, nil},
		{"|| true", "shell", "grep x y || true\n", source.Needs{}, []string{"1 error-swallowed"}},
		{"shell that does not parse", "shell", "if true; then\necho a\n", source.Needs{}, []string{"1 does-not-parse"}},
		{"set -e", "shell", "set -euo pipefail\ngrep x y\n", source.Needs{Exit: true}, nil},
		{"never fails", "shell", "grep x y\nexit 0\n", source.Needs{Exit: true}, []string{"0 exit-code"}},

		// Whatever it is
		{"nothing", "", "", source.Needs{Paging: true, DryRun: true, Exit: true}, nil},
		{"no language", "", "the quick brown fox\n", source.Needs{Exit: true}, nil},
		{"a long line", "shell", "# " + strings.Repeat("é", 121) + "\n", source.Needs{}, []string{"1 long-line"}},
	}
	for _, tt := range tests {
		t.Run(tt.language+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			want := tt.want
			if want == nil {
				want = []string{}
			}
			r := source.Check(tt.language, tt.text, tt.needs)
			if d := cmp.Diff(want, found(r)); d != "" {
				t.Errorf("Check (-want +got):\n%s", d)
			}
			for _, f := range r.Findings {
				if f.What == "" || f.Why == "" || f.Area == "" || f.Line > 0 && f.Text == "" && f.Rule != source.RuleParse {
					t.Errorf("a finding says nothing: %+v", f)
				}
			}
		})
	}
}

func TestGuess(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"#!/usr/bin/env python3\nx=1\n":                   "python",
		"import csv\nprint(1)\n":                          "python",
		"package main\n\nfunc main() {}\n":                "go",
		"const fs = require('fs');\n":                     "javascript",
		"#!/usr/bin/env node\nlet a = 1\n":                "javascript",
		"#!/bin/sh\nls\n":                                 "shell",
		"set -euo pipefail\nfor f in *; do echo; done\n":  "shell",
		"This is what I found in the log, in four words.": "",
		"": "",
	} {
		if got := source.Guess(text); got != want {
			t.Errorf("Guess(%q) = %q, want %q", text, got, want)
		}
	}
}

// One file full of the same mistake tells it a few times, and a file of many stays readable.
func TestFindingsAreBounded(t *testing.T) {
	t.Parallel()
	r := source.Check("python", strings.Repeat("os.system(a + b)\neval(x)\n", 500), source.Needs{})
	counts := map[string]int{}
	for _, f := range r.Findings {
		counts[f.Rule]++
	}
	if len(r.Findings) > source.Most || counts[source.RuleInjection] != 8 || counts[source.RuleEval] != 8 {
		t.Errorf("%d findings, by rule %v", len(r.Findings), counts)
	}
	if !slices.IsSortedFunc(r.Findings[:len(r.Findings)-1], func(a, b source.Finding) int { return a.Line - b.Line }) {
		t.Error("findings are not in the order of their lines")
	}
}

// What a candidate wrote is read and never run: the room cannot start a program, and neither can what it imports
// from the product.
func TestRunsNothing(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "rehearse/server/source").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range strings.Fields(string(out)) {
		if p == "os/exec" || p == "plugin" || p == "net/http" || p == "net" {
			t.Errorf("the room that reads source imports %s", p)
		}
	}
}

// Any text is read to its end, in any language, without a panic and within bounds.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{"", "try:\n  x\nexcept:", "f\"{a}\" 'b", "`${`", "/", "a=/[/]/", "$(", "<<E\n", "package", "((((", "'''", "\\", "r'\\'", "\x00", "é\r\n"} {
		for _, l := range []string{"python", "go", "javascript", "shell", ""} {
			f.Add(l, s)
		}
	}
	f.Fuzz(func(t *testing.T, language, text string) {
		r := source.Check(language, text, source.Needs{Paging: true, DryRun: true, Exit: true})
		lines := strings.Count(strings.ReplaceAll(text, "\r\n", "\n"), "\n") + 1
		if len(r.Findings) > source.Most {
			t.Errorf("%d findings", len(r.Findings))
		}
		for _, x := range r.Findings {
			if x.Line < 0 || x.Line > lines {
				t.Errorf("line %d of %d: %+v", x.Line, lines, x)
			}
		}
	})
}
