// The report as the page shows it. Everything in it may be missing: reading it never throws.

import type { VoiceInfo } from '../wire/frames';
import { cut, type Piece, type Span } from '../wire/bytes';
import { scriptOf, type ScriptReport } from './script';
import { againOf, calledOf, panelsOf, type Again, type Called, type Panel } from './practice';
import { warmUpOf, type WarmUp } from './warmup';

export interface Sentence extends Span {
  part: string;
}

export interface Quantity extends Span {
  value?: unknown;
  unit?: string;
  noun?: string;
  role?: string;
  turn?: number;
  text?: string;
  conflict?: unknown;
}

export interface Answer {
  text?: string;
  words?: number;
  spoken_minutes?: number;
  /** Seconds of each part, by the timer, of an answer told aloud. */
  told_aloud?: number[];
  over_seconds?: number;
  limit_seconds?: number;
  response_type?: string;
  sentences?: Sentence[];
  missing?: string[];
  ownership?: Ownership;
  quantities?: Quantity[];
  artifacts?: { kind: string; rows?: Record<string, unknown>[] }[];
}

export interface Ownership {
  i?: number;
  we?: number;
  passive?: number;
}

export interface Question {
  turn?: number;
  main?: boolean;
  step?: string;
  text?: string;
  probe?: { type?: string; name?: string; gap?: string; filled?: boolean | null };
  skipped?: string | boolean | null;
  answer?: Answer | null;
  clarifications?: { question?: string; text?: string; repeat?: boolean }[];
  hints?: string[];
}

export interface Reading {
  parts?: string[] | Record<string, number>;
  ownership?: Ownership;
  gaps?: { code?: string; name?: string; ready_when_asked?: boolean }[];
  /** Gaps that a follow-up asked for and an answer took up, which code cannot judge. */
  answered_undecided?: string[];
}

export interface Quote extends Span {
  turn: number;
}

export interface Point {
  id?: string;
  text?: string;
  must?: boolean;
  weight?: number;
  unprompted?: boolean;
  after_probes?: boolean;
  quotes?: Quote[];
  explains?: string;
  contested?: boolean;
}

export interface Finding {
  id?: string;
  title?: string;
  lines?: unknown;
  severity?: string;
  said?: boolean;
  turn?: number;
  line_match?: boolean;
  exploit?: string;
  fix?: string;
  prevention?: string;
}

/** A step of the expert's order; `at` is its place in the candidate's, from 1, 0 for never. */
export interface OrderStep {
  text: string;
  at: number | null;
}

export interface Quote {
  turn: number;
  start: number;
  end: number;
}

export interface Verdict {
  label: string;
  score: number | null;
  evidence: number;
  unknowns: number;
  pending: number;
  failed: number;
  measured: boolean;
  by: string;
}

export interface Gain {
  about: string;
  quote: Quote | null;
  words: string;
  costs: string;
  change: string;
  item?: string;
  read: { path: string; heading: string; from: number; to: number; text: string } | null;
}

export interface Keep {
  about: string;
  why: string;
  quote: Quote;
  words: string;
}

export interface Scores {
  score?: number | null;
  measured_score?: number | null;
}

export interface Dimension {
  id: string;
  name: string;
  unprompted: number | null;
  after_probes: number | null;
  yours: number | null;
  by: string;
  why: string;
  quotes: Quote[];
  claimed: Quote[];
}

export interface Grade {
  status: string;
  reason: string;
  note: string;
  by: string;
  unprompted?: Scores;
  after_probes?: Scores;
  dimensions: Dimension[];
  redFlags: string[];
  flags: string[];
  dropped: number;
  prose: string;
  earlier: Grade[];
  briefing: Briefing | null;
}

/** The checks of an explanation to somebody who is not technical. */
export interface Briefing {
  passed: number;
  checks: number;
  askAt: number;
  level: number;
  jargon: Quote[];
  invented: Quote[];
  options: { text: string; said: boolean }[];
  facts: { text: string; state: string; why: string; quotes: Quote[] }[];
  asked: InRole[];
  listener: Listened | null;
}

/** A question or an objection in role, the turns in which the listener pressed, and the words that met it or gave way. */
export interface InRole {
  turn: number;
  text: string;
  objection: boolean;
  pressed: number[];
  met: boolean;
  atOnce: boolean;
  yielded: boolean;
  why: string;
  quotes: Quote[];
}

/** What somebody who heard the explanation and nothing else could answer. */
export interface Listened {
  made: boolean;
  why: string;
  right: number;
  asked: number;
  model: string;
  answers: { question: string; answer: string; right: boolean }[];
}

export interface Block {
  grade: Grade | null;
  warmUp?: WarmUp | null;
  script?: ScriptReport | null;
  block?: number;
  phase?: string;
  kind?: string;
  title?: string;
  item?: string;
  principle?: { id?: string; name?: string; label?: string } | null;
  questions: Question[];
  unprompted?: Reading | null;
  after_probes?: Reading | null;
  points: Point[];
  findings: Finding[];
  order: OrderStep[];
  rows_that_match_no_finding?: number;
  decoys: { lines?: unknown; why_safe?: string; taken?: boolean }[];
  decisive_facts: { id?: string; asked?: boolean; answer?: string }[];
  pushed: Pushed[];
  boundaries: { label?: string; named?: boolean; turn?: number }[];
  ranking: { id?: string; label?: string; reason?: string; yours?: number }[];
}

export interface Report {
  session: {
    id?: string;
    format?: string;
    title?: string;
    mode?: string;
    report?: string;
    level?: string;
    created_at?: string;
    closed_at?: string;
    why?: string;
    interview_minutes?: number;
    wall_minutes?: number;
    voice?: VoiceInfo & { degraded?: boolean; reasons?: string[] };
    pack?: { id?: string; version?: string; title?: string };
  };
  notice: string;
  verdict: Verdict | null;
  gains: Gain[];
  keep: Keep | null;
  phases: { id?: string; title?: string; planned_minutes?: number; interview_minutes?: number; wall_minutes?: number }[];
  blocks: Block[];
  numbers: Quantity[];
  notes: string[];
  provenance: string[];
  own: OwnNote[];
  again: Again | null;
  called: Called | null;
  panels: Panel[];
}

/** A repair that the author of a pull request pushed, what was decided about it, and the pack's key. */
export interface Pushed {
  turn: number;
  lines: number[];
  change: string;
  argues: string;
  holds: boolean;
  why: string;
  decision: string;
  right: boolean;
  changed: boolean;
  words: string;
  shared: string[];
}

/** How a decision about a repair stands against the key, in words. */
export function verdictOn(p: Pushed): string {
  if (p.decision === '') return 'not decided';
  if (p.right) return p.holds ? 'rightly approved' : 'rightly blocked';
  return p.holds ? 'blocked, and it holds' : 'approved, and it can be got round';
}

/** A place where an answer and the candidate's own notes differ. */
export interface OwnNote {
  kind: string;
  quote: Quote | null;
  said: string;
  notes: string;
  path: string;
  line: number;
}

type Obj = Record<string, unknown>;
const isObj = (v: unknown): v is Obj => typeof v === 'object' && v !== null && !Array.isArray(v);
const objs = (v: unknown): Obj[] => (Array.isArray(v) ? v.filter(isObj) : []);
const list = (v: unknown): string[] => (Array.isArray(v) ? v.map(textOf).filter((s) => s !== '') : []);

/** Any value as one line of text. */
export function textOf(v: unknown): string {
  if (v === null || v === undefined) return '';
  if (typeof v === 'string') return v;
  if (typeof v === 'number' || typeof v === 'boolean') return String(v);
  if (Array.isArray(v)) return v.map(textOf).filter(Boolean).join(', ');
  if (isObj(v) && typeof v.text === 'string') return v.text;
  return Object.entries(v as Obj)
    .map(([k, x]) => `${k}: ${textOf(x)}`)
    .join(', ');
}

const num = (v: unknown): number => (typeof v === 'number' && Number.isFinite(v) ? v : 0);
const numOrNull = (v: unknown): number | null => (typeof v === 'number' && Number.isFinite(v) ? v : null);

function quoteOf(v: unknown): Quote | null {
  return isObj(v) && typeof v.turn === 'number' ? { turn: v.turn, start: num(v.start), end: num(v.end) } : null;
}

const quotesOf = (v: unknown): Quote[] => objs(v).flatMap((q) => quoteOf(q) ?? []);

function gradeOf(v: unknown): Grade | null {
  if (!isObj(v)) return null;
  return {
    status: textOf(v.status),
    reason: textOf(v.reason),
    note: textOf(v.note),
    by: textOf(v.by),
    unprompted: isObj(v.unprompted) ? (v.unprompted as Scores) : {},
    after_probes: isObj(v.after_probes) ? (v.after_probes as Scores) : {},
    dimensions: objs(v.dimensions).map((d) => ({
      id: textOf(d.id),
      name: textOf(d.name),
      unprompted: numOrNull(d.unprompted),
      after_probes: numOrNull(d.after_probes),
      yours: numOrNull(d.yours),
      by: textOf(d.by),
      why: textOf(d.why),
      quotes: quotesOf(d.quotes),
      claimed: quotesOf(d.claimed),
    })),
    redFlags: objs(v.red_flags).map((f) => textOf(f.say)),
    flags: list(v.flags),
    dropped: num(v.quotes_dropped),
    prose: textOf(v.prose),
    earlier: objs(v.earlier).flatMap((e) => gradeOf(e) ?? []),
    briefing: briefingOf(isObj(v.exercise) ? v.exercise.briefing : null),
  };
}

function briefingOf(v: unknown): Briefing | null {
  if (!isObj(v)) return null;
  return {
    passed: num(v.passed),
    checks: num(v.checks),
    askAt: num(v.ask_at_word),
    level: num(v.reading_grade),
    jargon: quotesOf(v.undefined_jargon),
    invented: quotesOf(v.invented_figures),
    options: objs(v.options).map((o) => ({ text: textOf(o.text), said: o.said === true })),
    facts: objs(v.facts).map((f) => ({ text: textOf(f.text), state: textOf(f.state), why: textOf(f.why), quotes: quotesOf(f.quotes) })),
    asked: objs(v.questions_in_role).map((q) => ({
      turn: num(q.turn),
      text: textOf(q.text),
      objection: q.objection === true,
      pressed: Array.isArray(q.pressed_turns) ? q.pressed_turns.filter((n): n is number => typeof n === 'number') : [],
      met: q.met === true,
      atOnce: q.met_at_once === true,
      yielded: q.yielded === true,
      why: textOf(q.why),
      quotes: quotesOf(q.quotes),
    })),
    listener: listenedOf(v.listener),
  };
}

function listenedOf(v: unknown): Listened | null {
  if (!isObj(v)) return null;
  return {
    made: v.made === true,
    why: textOf(v.why),
    right: num(v.right),
    asked: num(v.asked),
    model: textOf(v.model),
    answers: objs(v.answers).map((a) => ({ question: textOf(a.question), answer: textOf(a.answer), right: a.right === true })),
  };
}

/** The candidate's own marks are asked for before ours are shown, and there are none yet. */
export const unrated = (g: Grade | null): boolean =>
  g !== null && g.status !== 'pending' && g.status !== 'failed' && g.dimensions.length > 0 && g.dimensions.every((d) => d.yours === null);

/** How an answer in role stood, in words. */
export function stood(q: InRole): string {
  if (q.met) return q.atOnce || q.pressed.length === 0 ? '✓ met' : '✓ met when you were pressed';
  return q.yielded ? '✗ you gave way' : '✗ not met';
}

function verdictOf(v: unknown): Verdict | null {
  if (!isObj(v)) return null;
  return {
    label: textOf(v.label),
    score: numOrNull(v.score),
    evidence: num(v.evidence),
    unknowns: num(v.unknowns),
    pending: num(v.grades_pending),
    failed: num(v.grades_failed),
    measured: v.measured === true,
    by: textOf(v.by),
  };
}

function keepOf(v: unknown): Keep | null {
  const quote = isObj(v) ? quoteOf(v.quote) : null;
  return isObj(v) && quote ? { about: textOf(v.about), why: textOf(v.why), words: textOf(v.words), quote } : null;
}

export function readReport(raw: unknown): Report {
  const r: Obj = isObj(raw) ? raw : {};
  return {
    session: isObj(r.session) ? (r.session as Report['session']) : {},
    notice: textOf(r.notice),
    verdict: verdictOf(r.verdict),
    gains: objs(r.gaps).map((g) => ({
      about: textOf(g.about),
      quote: quoteOf(g.quote),
      words: textOf(g.words),
      costs: textOf(g.costs),
      change: textOf(g.change),
      ...(g.item ? { item: textOf(g.item) } : {}),
      read: isObj(g.read) ? { path: textOf(g.read.path), heading: textOf(g.read.heading), from: num(g.read.start_line), to: num(g.read.end_line), text: textOf(g.read.text) } : null,
    })),
    keep: keepOf(r.keep),
    phases: objs(r.phases) as Report['phases'],
    blocks: objs(r.blocks).map((b) => ({
      ...(b as unknown as Block),
      grade: gradeOf(b.grade),
      warmUp: warmUpOf(b.warm_up),
      script: scriptOf(b.script),
      questions: objs(b.questions).map((q) => ({
        ...(q as Question),
        answer: isObj(q.answer) ? { ...(q.answer as Answer), text: textOf(q.answer.text) } : null,
        probe: isObj(q.probe) ? (q.probe as Question['probe']) : undefined,
        clarifications: objs(q.clarifications) as Question['clarifications'],
        hints: list(q.hints),
      })),
      unprompted: isObj(b.unprompted) ? (b.unprompted as Reading) : null,
      after_probes: isObj(b.after_probes) ? (b.after_probes as Reading) : null,
      points: objs(b.points) as Point[],
      findings: objs(b.findings) as Finding[],
      order: (Array.isArray(b.order) ? b.order : []).map((o: unknown) => ({
        text: textOf(o),
        at: isObj(o) && typeof o.at === 'number' ? o.at : null,
      })),
      decoys: objs(b.decoys) as Block['decoys'],
      decisive_facts: objs(b.decisive_facts) as Block['decisive_facts'],
      pushed: objs(b.pushed).map((x) => ({
        turn: num(x.turn),
        lines: (Array.isArray(x.lines) ? x.lines : []) as number[],
        change: textOf(x.change),
        argues: textOf(x.argues),
        holds: x.holds === true,
        why: textOf(x.why),
        decision: textOf(x.decision),
        right: x.right === true,
        changed: x.changed_when_questioned === true,
        words: textOf(x.words),
        shared: list(x.shared),
      })),
      boundaries: objs(b.boundaries) as Block['boundaries'],
      ranking: objs(b.ranking) as Block['ranking'],
    })),
    numbers: objs(r.numbers) as unknown as Quantity[],
    notes: list(r.notes),
    provenance: list(r.provenance),
    own: objs(r.own_notes).map((o) => ({ kind: textOf(o.kind), quote: quoteOf(o.quote), said: textOf(o.said), notes: textOf(o.notes), path: textOf(o.path), line: num(o.line) })),
    again: againOf(r.again),
    called: calledOf(r.called),
    panels: panelsOf(r.panels),
  };
}

export type Marked = Span & ({ what: 'part'; part: string } | { what: 'number'; role: string });

/** An answer cut into pieces, each knowing its part (S, T, A, R) and whether it is a number. */
export function marked(a: Answer): Piece<Marked>[] {
  const parts = spans(a.sentences).map((s): Marked => ({ start: s.start, end: s.end, what: 'part', part: s.part }));
  const numbers = spans(a.quantities).map((q): Marked => ({ start: q.start, end: q.end, what: 'number', role: q.role ?? '' }));
  return cut(a.text ?? '', [...parts, ...numbers]);
}

function spans<T extends Span>(v: T[] | undefined): T[] {
  return Array.isArray(v) ? v.filter((s) => isObj(s) && typeof s.start === 'number' && typeof s.end === 'number') : [];
}

export interface Run {
  part: string;
  pieces: { text: string; number: string | null }[];
}

/** The pieces joined into runs of one part, so that a letter stands once before each sentence or group. */
export function runs(a: Answer): Run[] {
  const out: Run[] = [];
  for (const p of marked(a)) {
    const part = p.spans.find((s) => s.what === 'part');
    const number = p.spans.find((s) => s.what === 'number');
    const letter = part?.what === 'part' ? part.part : '';
    const piece = { text: p.text, number: number?.what === 'number' ? number.role : null };
    const last = out.at(-1);
    // White space between two sentences of one part does not end the run.
    if (last && (last.part === letter || (letter === '' && p.text.trim() === ''))) last.pieces.push(piece);
    else out.push({ part: letter, pieces: [piece] });
  }
  return out;
}

/** An answer that can be pointed into. The pieces joined are its text; sentences carry the server's bytes. */
export interface Said {
  turn: number;
  text: string;
  pieces: { text: string; quote: Quote | null }[];
}

/** The answers of an exercise, in the order they were given. */
export function saidIn(b: Block): Said[] {
  return b.questions.flatMap((q) => {
    const text = q.answer?.text ?? '';
    const turn = q.turn;
    if (turn === undefined || text.trim() === '') return [];
    const pieces = cut(text, spans(q.answer?.sentences)).map((p) => {
      const s = p.spans[0];
      return { text: p.text, quote: s ? { turn, start: s.start, end: s.end } : null };
    });
    return [{ turn, text, pieces }];
  });
}

const same = (a: Quote, b: Quote): boolean => a.turn === b.turn && a.start === b.start && a.end === b.end;

/** The report with words claimed for a dimension, or with that claim taken out again. */
export function withClaim(r: Report, block: number, dimension: string, quote: Quote, on = true): Report {
  const claim = (d: Dimension): Dimension => {
    if (d.id !== dimension) return d;
    const others = d.claimed.filter((c) => !same(c, quote));
    return { ...d, claimed: on ? [...others, quote] : others };
  };
  return {
    ...r,
    blocks: r.blocks.map((b) => (b.block === block && b.grade ? { ...b, grade: { ...b.grade, dimensions: b.grade.dimensions.map(claim) } } : b)),
  };
}

/** Whether these very words are claimed for a dimension already. */
export function isClaimed(r: Report, block: number, dimension: string, quote: Quote): boolean {
  const d = r.blocks.find((b) => b.block === block)?.grade?.dimensions.find((x) => x.id === dimension);
  return d?.claimed.some((c) => same(c, quote)) ?? false;
}

export interface PointGroups {
  said: Point[];
  pulled: Point[];
  missing: Point[];
}

export function groupPoints(points: Point[]): PointGroups {
  const byWeight = [...points].sort((a, b) => Number(b.must ?? false) - Number(a.must ?? false) || (b.weight ?? 0) - (a.weight ?? 0));
  return {
    said: byWeight.filter((p) => p.unprompted),
    pulled: byWeight.filter((p) => !p.unprompted && p.after_probes),
    missing: byWeight.filter((p) => !p.unprompted && !p.after_probes),
  };
}

/** The answers by turn, for quotes. */
export function answersOf(r: Report): Map<number, string> {
  const out = new Map<number, string>();
  for (const b of r.blocks) for (const q of b.questions) if (q.turn !== undefined && q.answer) out.set(q.turn, q.answer.text ?? '');
  return out;
}

/** S, T, A, R as found: a list, or counts. */
export function partsOf(r: Reading | null | undefined): string {
  const p = r?.parts;
  if (Array.isArray(p)) return p.join(' ');
  if (isObj(p)) return ['S', 'T', 'A', 'R'].filter((k) => Number(p[k]) > 0).join(' ');
  return '';
}

export function ownershipOf(o: Ownership | null | undefined): string {
  if (!isObj(o)) return '';
  return [`“I” ${o.i ?? 0}`, `“we” ${o.we ?? 0}`, `passive ${o.passive ?? 0}`].join(' · ');
}

export function linesOf(v: unknown): string {
  if (Array.isArray(v) && v.every((x) => typeof x === 'number')) {
    if (v.length === 2 && v[0] !== v[1]) return `${v[0]}–${v[1]}`;
    return [...new Set(v)].join(', ');
  }
  if (Array.isArray(v)) return v.map(linesOf).join('; ');
  if (isObj(v)) {
    const from = v.start ?? v.start_line;
    const to = v.end ?? v.end_line;
    if (from !== undefined) return to !== undefined && to !== from ? `${textOf(from)}–${textOf(to)}` : textOf(from);
  }
  return textOf(v);
}
