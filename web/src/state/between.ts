// What comes between sessions: the criteria, the plan, the cards, the next suggestion, and a loop's debrief. Everything in
// it may be missing: reading never throws.

const isObj = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const obj = (v: unknown): Record<string, unknown> => (isObj(v) ? v : {});
const text = (v: unknown): string => (typeof v === 'string' ? v : '');
const num = (v: unknown): number => (typeof v === 'number' && Number.isFinite(v) ? v : 0);
const maybe = (v: unknown): number | null => (typeof v === 'number' && Number.isFinite(v) ? v : null);
const list = (v: unknown): Record<string, unknown>[] => (Array.isArray(v) ? v.filter(isObj) : []);
const texts = (v: unknown): string[] => (Array.isArray(v) ? v.filter((x): x is string => typeof x === 'string') : []);

/** The body that begins a session, as the server gave it. */
export type Start = Record<string, unknown>;
const startOf = (v: unknown): Start | null => (isObj(v) && typeof v.format === 'string' ? v : null);

export interface Fact {
  text: string;
  required: string;
  measured: string;
  known: boolean;
  met: boolean;
}
const factOf = (f: Record<string, unknown>): Fact => ({ text: text(f.text), required: text(f.required), measured: text(f.measured), known: f.known === true, met: f.met === true });

export interface Criterion {
  id: string;
  title: string;
  state: string;
  judge: string;
  facts: Fact[];
  attempts: { session: string; title: string; at: string; expires: string; counts: boolean; why: string[]; met: boolean; facts: Fact[] }[];
  principles: { name: string; state: string; exposures: number; opening: string }[];
  missing: string[];
  next: { text: string; start: Start | null; notBefore: string };
  until: string;
  unseen: number;
  short: string;
}

export interface Progress {
  notice: string;
  judge: string;
  met: number;
  criteria: Criterion[];
}

export function progressOf(v: unknown): Progress {
  const p = obj(v);
  return {
    notice: text(p.notice),
    judge: text(p.judge),
    met: num(p.met),
    criteria: list(p.criteria).map((c) => ({
      id: text(c.id),
      title: text(c.title),
      state: text(c.state),
      judge: text(c.judge),
      facts: list(c.facts).map(factOf),
      attempts: list(c.attempts).map((a) => ({
        session: text(a.session),
        title: text(a.title),
        at: text(a.at),
        expires: text(a.expires),
        counts: a.counts === true,
        why: texts(a.why_not),
        met: a.met === true,
        facts: list(a.facts).map(factOf),
      })),
      principles: list(c.principles).map((r) => ({ name: text(r.name), state: text(r.state), exposures: num(r.exposures), opening: text(obj(r.primary).opening) })),
      missing: texts(c.missing),
      next: { text: text(obj(c.next).text), start: startOf(obj(c.next).start), notBefore: text(obj(c.next).not_before) },
      until: text(c.holds_until),
      unseen: num(c.unseen_items),
      short: text(c.pack_is_short),
    })),
  };
}

/** A state of a criterion in words, with a mark that does without colour. */
export const stateText = (s: string): string => ({ met: '✓ met', not_yet: '✗ not yet', no_evidence: '– no evidence' })[s] ?? s.replace(/_/g, ' ');

export interface Suggestion {
  what: string;
  title: string;
  why: string;
  minutes: number;
  start: Start | null;
}
const suggestionOf = (s: Record<string, unknown>): Suggestion => ({ what: text(s.what), title: text(s.title), why: text(s.why), minutes: num(s.minutes), start: startOf(s.start) });

/** What to practise now, and what else would do. */
export function nextOf(v: unknown): { now: Suggestion | null; others: Suggestion[] } {
  const n = obj(v);
  return { now: isObj(n.now) && text(n.now.title) ? suggestionOf(n.now) : null, others: list(n.alternatives).map(suggestionOf) };
}

export interface Plan {
  form: string;
  date: string;
  minutes: number;
  zone: string;
  today: string;
  left: number;
  missed: number;
  days: { date: string; weekday: string; theme: string; minutes: number; limit: number; tasks: { title: string; why: string; minutes: number; done: boolean; start: Start | null }[] }[];
  gates: { by: string; text: string; met: boolean }[];
  notes: string[];
}

export function planOf(v: unknown): Plan {
  const p = obj(v);
  const s = isObj(p.settings) ? p.settings : p;
  return {
    form: text(p.form),
    date: text(s.date),
    minutes: num(s.minutes_a_day),
    zone: text(s.time_zone),
    today: text(p.today),
    left: num(p.days_left),
    missed: num(p.days_missed),
    days: list(p.days).map((d) => ({
      date: text(d.date),
      weekday: text(d.weekday),
      theme: text(d.theme),
      minutes: num(d.minutes),
      limit: num(d.limit_minutes),
      tasks: list(d.tasks).map((t) => ({ title: text(t.title), why: text(t.why), minutes: num(t.minutes), done: t.done === true, start: startOf(t.start) })),
    })),
    gates: list(p.gates).map((g) => ({ by: text(g.by), text: text(g.text), met: g.met === true })),
    notes: texts(p.notes),
  };
}

export interface Card {
  id: string;
  deck: string;
  front: string;
  back: string[];
  looks: number;
  why: string;
  fork: unknown;
}

export function cardsOf(v: unknown): { cards: Card[]; due: number; fresh: number; unseen: number; minutes: number } {
  const d = obj(v);
  return {
    cards: list(d.cards).map((c) => ({ id: text(c.id), deck: text(c.deck), front: text(c.front), back: texts(c.back), looks: num(c.looks), why: text(c.why), fork: isObj(c.fork) ? c.fork : null })),
    due: num(d.due),
    fresh: num(d.new),
    unseen: num(d.unseen),
    minutes: num(d.minutes),
  };
}

export interface Words {
  turn: number;
  text: string;
}
const wordsOf = (v: unknown): Words | null => (isObj(v) && text(v.text) ? { turn: num(v.turn), text: text(v.text) } : null);

export interface Line {
  about: string;
  text: string;
  value: number | null;
  by: string;
  absent: boolean;
  quotes: Words[];
}
const lineOf = (l: Record<string, unknown>): Line => ({
  about: text(l.about),
  text: text(l.text),
  value: maybe(l.value),
  by: text(l.by),
  absent: l.absent === true,
  quotes: list(l.quotes).flatMap((q) => wordsOf(q) ?? []),
});

export interface Telling {
  name: string;
  quote: Words | null;
}
const tellingOf = (v: unknown): Telling => ({ name: text(obj(v).name), quote: wordsOf(obj(v).quote) });

export interface Debrief {
  title: string;
  notice: string;
  pending: number;
  opened: boolean;
  notes: { round: number; name: string; role: string; area: string; good: Line[]; bad: Line[]; unknown: Line[] }[];
  votes: { round: number; name: string; vote: string; mean: number | null; basis: string; why: string; dimensions: { name: string; value: number | null; measured: boolean }[] }[];
  matrix: { principle: string; points: { name: string; value: number; by: string }[]; open: { name: string; why: string }[]; mean: number | null; gap: boolean }[];
  disagreements: { about: string; settle: string; sides: { name: string; holds: string; quote: Words | null }[] }[];
  reused: { share: number; first: Telling; second: Telling }[];
  numbers: { what: string; said: string[]; first: Telling; second: Telling }[];
  outcome: { text: string; good: number; bad: number; none: number; mean: number | null; measured: boolean; open: string[] } | null;
  next: { principles: string[]; why: string; start: Start | null } | null;
  rules: string[];
  provenance: string[];
}

export function debriefOf(v: unknown): Debrief {
  const d = obj(v);
  const o = isObj(d.outcome) ? d.outcome : null;
  const n = isObj(d.next) ? d.next : null;
  return {
    title: text(d.title),
    notice: text(d.notice),
    pending: num(d.grades_pending),
    opened: d.votes_opened === true,
    notes: list(d.notes).map((x) => ({ round: num(x.round), name: text(x.name), role: text(x.role), area: text(x.area), good: list(x.for).map(lineOf), bad: list(x.against).map(lineOf), unknown: list(x.unknowns).map(lineOf) })),
    votes: list(d.votes).map((x) => ({
      round: num(x.round),
      name: text(x.name),
      vote: text(x.vote),
      mean: maybe(x.mean),
      basis: text(x.basis),
      why: text(x.why),
      dimensions: list(x.dimensions).map((y) => ({ name: text(y.name), value: maybe(y.value), measured: y.measured === true })),
    })),
    matrix: list(d.matrix).map((r) => ({
      principle: text(obj(r.principle).label) || text(obj(r.principle).id),
      points: list(r.data_points).map((p) => ({ name: text(p.name), value: num(p.value), by: text(p.by) })),
      open: list(r.asked_without_evidence).map((p) => ({ name: text(p.name), why: text(p.why) })),
      mean: maybe(r.mean),
      gap: r.gap === true,
    })),
    disagreements: list(d.disagreements).map((x) => ({ about: text(x.about), settle: text(x.settle), sides: list(x.sides).map((s) => ({ name: text(s.name), holds: text(s.holds), quote: wordsOf(s.quote) })) })),
    reused: list(d.reused_stories).map((x) => ({ share: num(x.share), first: tellingOf(x.first), second: tellingOf(x.second) })),
    numbers: list(d.numbers_that_disagree).map((x) => ({ what: text(x.what), said: texts(x.said), first: tellingOf(x.first), second: tellingOf(x.second) })),
    outcome: o && { text: text(o.text) || text(o.result), good: num(o.for), bad: num(o.against), none: num(o.not_enough_evidence), mean: maybe(o.mean), measured: o.measured === true, open: texts(o.open) },
    next: n && { principles: list(n.principles).map((p) => text(p.label) || text(p.id)), why: text(n.why), start: startOf(n.session) },
    rules: texts(d.rules),
    provenance: texts(d.provenance),
  };
}

/** The browser's own time zone, to begin a plan with. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** What an import did, as the server says it. */
export const importedText = (v: unknown): string => [text(obj(v).message), ...texts(obj(v).notes)].filter(Boolean).join(' ') || 'Done.';

/** What was deleted for good, and what stays. */
export function wipedText(v: unknown): string {
  const gone = Object.entries(obj(obj(v).deleted)).flatMap(([k, n]) => (typeof n === 'number' ? [`${k} ${n}`] : n === true ? [k] : []));
  const kept = texts(obj(v).kept);
  return `Deleted for good: ${gone.join(', ') || 'nothing was there'}.${kept.length > 0 ? ` Still there: ${kept.join(', ')}.` : ''}`;
}
