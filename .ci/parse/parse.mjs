// Reads [{name, language, text}] as JSON from standard input and writes one line for each text that does not parse.
import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import vm from 'node:vm';
import { Module } from 'node:module';
import { parse as parseJava } from 'java-parser';

// JavaScript is parsed by Node itself: as a module where it imports or exports, as CommonJS otherwise.
function javascript(text) {
  if (/^\s*(import|export)\b/m.test(text)) new vm.SourceTextModule(text);
  else new vm.Script(Module.wrap(text));
}

const parsers = { java: parseJava, javascript };
const all = JSON.parse(readFileSync(0, 'utf8'));
for (const { name, language, text } of all) {
  if (language === 'python') continue;
  try {
    const parse = parsers[language];
    if (!parse) throw new Error(`nothing here parses ${language}`);
    parse(text);
  } catch (err) {
    console.log(`${name}: ${String(err.message).split('\n').slice(0, 2).join(' ')}`);
  }
}

// Python is parsed by Python itself, all files in one process.
const python = all.filter((one) => one.language === 'python');
const code = `
import ast, json, sys
for one in json.load(sys.stdin):
    try:
        ast.parse(one["text"], one["name"])
    except (SyntaxError, ValueError) as err:
        print(one["name"] + ": " + str(err))
`;
const out = spawnSync('python3', ['-c', code], { input: JSON.stringify(python), encoding: 'utf8', maxBuffer: 1 << 26 });
if (out.error || out.status !== 0) {
  console.error(out.error?.message ?? out.stderr);
  process.exit(1);
}
process.stdout.write(out.stdout);
