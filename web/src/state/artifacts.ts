// The tables for what is not prose: which columns each kind has, and which rows are worth sending.

import type { Label, Row } from '../wire/frames';

export interface Column {
  key: string;
  label: string;
  type: 'line' | 'text' | 'long' | 'choice' | 'fixed';
  choices?: string[];
  /** Longest cell, so that a row stays under the server's 4,000 bytes. */
  max?: number;
  /** A choice that must be made; the first is taken. */
  must?: boolean;
}

export interface Table {
  title: string;
  hint: string;
  columns: Column[];
}

const long = (key: string, label: string, max = 700): Column => ({ key, label, type: 'long', max });
const text = (key: string, label: string): Column => ({ key, label, type: 'text', max: 200 });

export const tables: Record<string, Table> = {
  findings: {
    title: 'Findings',
    hint: 'Worst first. Choose lines in the listing to fill a row.',
    columns: [
      { key: 'start_line', label: 'From line', type: 'line' },
      { key: 'end_line', label: 'To line', type: 'line' },
      long('issue', 'Issue', 1000),
      long('impact', 'Impact', 1000),
      long('fix', 'Fix', 1000),
      { key: 'severity', label: 'Severity', type: 'choice', choices: ['critical', 'high', 'medium', 'low', 'info'] },
      text('cwe', 'CWE'),
    ],
  },
  threats: {
    title: 'Threats',
    hint: 'One row a threat: who, given what, does what, with what effect, on what.',
    columns: [
      text('source', 'Source'),
      text('prerequisite', 'Prerequisite'),
      long('action', 'Action'),
      long('impact', 'Impact'),
      text('asset', 'Asset'),
      text('component', 'Component'),
      long('mitigation', 'Mitigation'),
      long('residual', 'Residual risk'),
    ],
  },
  model: {
    title: 'Model',
    hint: 'Components, boundaries, assets and assumptions.',
    columns: [
      { key: 'kind', label: 'Kind', type: 'choice', must: true, choices: ['component', 'boundary', 'asset', 'assumption'] },
      text('name', 'Name'),
      long('note', 'Note'),
    ],
  },
  ranking: { title: 'Ranking', hint: 'First row first.', columns: [{ key: 'id', label: 'What', type: 'fixed' }, long('reason', 'Reason')] },
  verdict: {
    title: 'Verdicts',
    hint: 'One verdict for each, with your reason.',
    columns: [{ key: 'id', label: 'What', type: 'fixed' }, text('verdict', 'Verdict'), long('reason', 'Reason')],
  },
  source: {
    title: 'Source',
    hint: 'The whole text of your script. It is read by line and never run.',
    columns: [{ key: 'language', label: 'Language', type: 'choice', choices: ['python', 'go', 'javascript', 'shell'] }, long('text', 'Text', 120_000)],
  },
};

/** Rows to begin with: the given ids where a kind is about ids, otherwise none. */
export function startRows(kind: string, ids: Label[]): Row[] {
  if (kind === 'source') return [{}];
  return kind === 'ranking' || kind === 'verdict' ? ids.map((l) => ({ id: l.id })) : [];
}

export function emptyRow(kind: string): Row {
  return kind === 'model' ? { kind: 'component' } : {};
}

/** The rows as the contract wants them: every column, lines as numbers, rows without content left out. */
export function clean(kind: string, rows: Row[], given: Label[]): Row[] {
  const table = tables[kind];
  if (!table) return [];
  const out: Row[] = [];
  let said = false;
  for (const row of rows) {
    const next: Row = {};
    let filled = false;
    for (const c of table.columns) {
      const v = row[c.key];
      if (c.type === 'line') {
        const n = typeof v === 'number' ? v : Number.parseInt(String(v ?? ''), 10);
        if (Number.isSafeInteger(n) && n > 0) {
          next[c.key] = n;
          filled = true;
        }
        continue;
      }
      const s = v === undefined || (v === '' && c.must) ? (c.must ? (c.choices?.[0] ?? '') : '') : String(v);
      next[c.key] = s;
      if (s.trim() !== '' && c.type !== 'choice' && !(c.type === 'fixed' && given.length > 0)) filled = true;
    }
    if (kind === 'findings' && next.start_line !== undefined && next.end_line === undefined) next.end_line = next.start_line;
    if (kind === 'findings' && next.start_line === undefined && next.end_line !== undefined) next.start_line = next.end_line;
    if (filled || (kind === 'ranking' && given.length > 0)) out.push(next);
    said ||= filled;
  }
  // A ranking of given things is complete or absent: its order is the statement.
  if (kind === 'ranking' && given.length > 0 && !said && sameOrder(out, given)) return [];
  return out;
}

const CWE = /^\s*(cwe[- ]?)?0*[1-9]\d{0,4}\s*$/i;

/** Why the server would refuse these rows, in one sentence; empty when it would not. lines is the length of the code shown, 0 for none. */
export function problem(kind: string, rows: Row[], given: Label[], lines: number): string {
  for (const [i, row] of rows.entries()) {
    const [r] = clean(kind, [row], given);
    const why = r ? rowProblem(kind, r, lines) : '';
    if (why) return `${tables[kind]?.title ?? kind}, row ${i + 1}: ${why}`;
  }
  return '';
}

function rowProblem(kind: string, r: Row, lines: number): string {
  const blank = (key: string) => String(r[key] ?? '').trim() === '';
  if (kind === 'findings') {
    const [from, to] = [Number(r.start_line ?? 0), Number(r.end_line ?? 0)];
    if (to < from) return 'the last line comes before the first one.';
    if (lines > 0 && to > lines) return `the code has ${lines} ${lines === 1 ? 'line' : 'lines'}.`;
    if (!blank('cwe') && !CWE.test(String(r.cwe))) return 'a CWE looks like CWE-89 or 89; leave it empty if you are not sure.';
  }
  if ((kind === 'ranking' || kind === 'verdict') && blank('id')) return 'say what it is about.';
  return '';
}

function sameOrder(rows: Row[], given: Label[]): boolean {
  return rows.every((r, i) => r.id === given[i]?.id);
}

export const sameRows = (a: Row[], b: Row[]): boolean => JSON.stringify(a.map(sorted)) === JSON.stringify(b.map(sorted));

const sorted = (r: Row): [string, string | number][] => Object.entries(r).sort(([x], [y]) => (x < y ? -1 : 1));

/** The row of findings that a choice of lines goes to: an empty last row, or a new one. */
export function withLines(rows: Row[], from: number, to: number): Row[] {
  const [start_line, end_line] = from <= to ? [from, to] : [to, from];
  const last = rows.at(-1);
  const blank = last && tables.findings!.columns.every((c) => c.key === 'severity' || !last[c.key]);
  return blank ? [...rows.slice(0, -1), { ...last, start_line, end_line }] : [...rows, { start_line, end_line }];
}
