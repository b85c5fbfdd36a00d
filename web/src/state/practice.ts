// What a report holds of practice beyond the answers themselves. Everything in it may be missing.

const isObj = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const objs = (v: unknown): Record<string, unknown>[] => (Array.isArray(v) ? v.filter(isObj) : []);
const text = (v: unknown): string => (typeof v === 'string' ? v : '');
const texts = (v: unknown): string[] => (Array.isArray(v) ? v.filter((s): s is string => typeof s === 'string') : []);
const num = (v: unknown): number => (typeof v === 'number' ? v : 0);
const numOrNull = (v: unknown): number | null => (typeof v === 'number' ? v : null);

/** A second attempt beside the one before it, measured by code. */
export interface Again {
  session: string;
  part: string;
  attempt: number;
  gained: string[];
  still: string[];
  lost: string[];
  before: number | null;
  after: number | null;
  was: string;
  is: string;
  figures: [number, number];
}

/** How well the follow-ups were called. */
export interface Called {
  asked: number;
  hits: number;
  calls: { turn: number; guess: string; actual: string; hit: boolean; near: boolean }[];
}

/** What a second rater said, beside ours. */
export interface Panel {
  rater: string;
  same: number;
  near: number;
  of: number;
  pointsSame: number;
  pointsOf: number;
  marks: { block: number; name: string; theirs: number; ours: number | null; yours: number | null }[];
  points: { block: number; text: string; theirs: boolean; ours: boolean }[];
  notes: { block: number; text: string }[];
}

export function againOf(v: unknown): Again | null {
  if (!isObj(v)) return null;
  const figures = Array.isArray(v.figures) ? v.figures : [];
  return {
    session: text(v.session),
    part: text(v.part),
    attempt: num(v.attempt),
    gained: texts(v.gained),
    still: texts(v.still_missing),
    lost: texts(v.lost),
    before: numOrNull(v.measured_before),
    after: numOrNull(v.measured_after),
    was: text(v.was),
    is: text(v.is),
    figures: [num(figures[0]), num(figures[1])],
  };
}

export function calledOf(v: unknown): Called | null {
  if (!isObj(v)) return null;
  return {
    asked: num(v.asked),
    hits: num(v.hits),
    calls: objs(v.calls).map((c) => ({ turn: num(c.turn), guess: text(c.guess_name), actual: text(c.actual_name) || text(c.actual), hit: c.hit === true, near: c.near === true })),
  };
}

export function panelsOf(v: unknown): Panel[] {
  return objs(v).map((p) => ({
    rater: text(p.rater),
    same: num(p.same),
    near: num(p.within_one),
    of: num(p.of),
    pointsSame: num(p.points_same),
    pointsOf: num(p.points_of),
    marks: objs(p.dimensions).map((d) => ({ block: num(d.block), name: text(d.name), theirs: num(d.theirs), ours: numOrNull(d.ours), yours: numOrNull(d.yours) })),
    points: objs(p.points).map((d) => ({ block: num(d.block), text: text(d.text), theirs: d.theirs === true, ours: d.ours === true })),
    notes: objs(p.notes).map((n) => ({ block: num(n.block), text: text(n.text) })),
  }));
}

/** What a second rater's file holds, or why it is none. */
export function ratingIn(file: string): { rating: object; problem: '' } | { rating: null; problem: string } {
  let v: unknown;
  try {
    v = JSON.parse(file);
  } catch {
    v = null;
  }
  return isObj(v) && Array.isArray(v.blocks) ? { rating: v, problem: '' } : { rating: null, problem: 'This is not the file that a second rater saves. Choose the one named panel-….json; nothing was changed.' };
}

export const share = (v: number | null): string => (v === null ? 'not measured' : `${Math.round(v * 100)}%`);
