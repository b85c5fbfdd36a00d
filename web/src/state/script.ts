// A scripting task: its files, what an output was compared to, and what a report tells of it. Everything may be missing.

const isObj = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const text = (v: unknown): string => (typeof v === 'string' ? v : '');
const num = (v: unknown): number => (typeof v === 'number' && Number.isFinite(v) ? v : 0);
const maybe = (v: unknown): number | null => (typeof v === 'number' && Number.isFinite(v) ? v : null);
const list = (v: unknown): Record<string, unknown>[] => (Array.isArray(v) ? v.filter(isObj) : []);

/** The most bytes of an output that the server compares. */
export const MAX_OUTPUT = 256 * 1024;

export interface TaskFile {
  name: string;
  about: string;
  role: string;
  stage: number;
  bytes: number;
  item: string;
}

export function filesOf(v: unknown): TaskFile[] {
  return list(isObj(v) ? v.files : null).map((f) => ({ name: text(f.name), about: text(f.about), role: text(f.role), stage: num(f.stage), bytes: num(f.bytes), item: text(f.item) }));
}

/** What to do with a file, by its role. */
export const roleText = (role: string): string =>
  ({ input: 'your script reads it', stub: 'your script imports it', server: 'run it beside your script' })[role] ?? role;

export interface Difference {
  line: number;
  column: number;
  expected: string;
  got: string;
  ended: string;
  withheld: boolean;
  whitespace: boolean;
}

export interface Compared {
  match: boolean;
  stage: number;
  message: string;
  difference: Difference | null;
}

function differenceOf(v: unknown): Difference | null {
  if (!isObj(v)) return null;
  return { line: num(v.line), column: num(v.column), expected: text(v.expected), got: text(v.got), ended: text(v.ended), withheld: v.withheld === true, whitespace: v.whitespace === true };
}

export function comparedOf(v: unknown): Compared {
  const d = isObj(v) ? v : {};
  return { match: d.match === true, stage: num(d.stage), message: text(d.message), difference: differenceOf(d.first_difference) };
}

/** Why an output cannot be sent, in one sentence; empty when it can. */
export function outputProblem(output: string): string {
  if (output.trim() === '') return 'Paste what your script printed, or choose a file with it.';
  const bytes = new TextEncoder().encode(output).length;
  if (bytes > MAX_OUTPUT) return `This has ${bytes.toLocaleString('en')} bytes; at most ${MAX_OUTPUT.toLocaleString('en')} are compared. Print only what the task asks for. Nothing was sent.`;
  return '';
}

/** Blanks and tabs made visible, for two lines that differ in nothing else. */
export const visible = (s: string): string => s.replace(/\t/g, '→').replace(/ /g, '·');

export interface ScriptReport {
  got: number;
  of: number;
  parts: { name: string; of: number; got: number | null; why: string }[];
  tries: { stage: number; match: boolean; minutes: number; message: string }[];
  twists: { twist: number; tries: number; minutes: number | null }[];
  first: number | null;
  source: { language: string; read: string; findings: { line: number; area: string; text: string; what: string; why: string }[] } | null;
}

export function scriptOf(v: unknown): ScriptReport | null {
  if (!isObj(v)) return null;
  const source = isObj(v.source) ? v.source : null;
  return {
    got: num(v.got),
    of: num(v.of),
    parts: list(v.parts).map((p) => ({ name: text(p.name), of: num(p.of), got: maybe(p.got), why: text(p.why) })),
    tries: list(v.tries).map((t) => ({ stage: num(t.stage), match: t.match === true, minutes: num(t.minutes), message: text(t.message) })),
    twists: list(v.twists).map((t) => ({ twist: num(t.twist), tries: num(t.tries), minutes: maybe(t.minutes) })),
    first: maybe(v.first_working_minutes),
    source: source && {
      language: text(source.language),
      read: text(source.read),
      findings: list(source.findings).map((f) => ({ line: num(f.line), area: text(f.area), text: text(f.text), what: text(f.what), why: text(f.why) })),
    },
  };
}
