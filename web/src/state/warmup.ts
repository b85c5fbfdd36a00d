// What a warm-up's report holds. Everything in it may be missing.

const isObj = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);

/** One card of a warm-up, beside the time before. */
export interface Flash {
  title: string;
  turn: number;
  known: boolean;
  state: string;
  left: string;
}

/** What is told of a warm-up: no mark, and one thing. */
export interface WarmUp {
  line: string;
  flash: Flash[];
  worst: { title: string; from: number; to: number; said: boolean; fix: string } | null;
  seconds: number;
  figures: number;
}

const text = (v: unknown): string => (typeof v === 'string' ? v : '');
const num = (v: unknown): number => (typeof v === 'number' ? v : 0);

export function warmUpOf(v: unknown): WarmUp | null {
  if (!isObj(v)) return null;
  const w = isObj(v.worst) ? v.worst : null;
  const lines = w && Array.isArray(w.lines) ? w.lines : [];
  return {
    line: text(v.line),
    flash: (Array.isArray(v.flash) ? v.flash : []).filter(isObj).map((f) => ({ title: text(f.title), turn: num(f.turn), known: f.known === true, state: text(f.state), left: text(f.left_out) })),
    worst: w && { title: text(w.title), from: num(lines[0]), to: num(lines[1]), said: w.said === true, fix: text(w.fix) },
    seconds: num(v.headline_seconds),
    figures: num(v.headline_figures),
  };
}
