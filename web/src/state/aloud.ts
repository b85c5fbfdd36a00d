// The timer of an answer told aloud. Pure: the caller says what time it is, in milliseconds.

export interface Aloud {
  from: number;
  /** Ends of the parts that are over, in seconds from the first word. */
  ends: number[];
}

const MAX_PARTS = 20;
const at = (a: Aloud, now: number): number => Math.round((now - a.from) / 100) / 10;

export const begin = (now: number): Aloud => ({ from: now, ends: [] });

/** A part ends. A key that is pressed twice ends one part; the last part is left for the end of it all. */
export function next(a: Aloud, now: number): Aloud {
  const t = at(a, now);
  return t - (a.ends.at(-1) ?? 0) < 0.5 || a.ends.length >= MAX_PARTS - 1 ? a : { ...a, ends: [...a.ends, t] };
}

/** All of it is told: the ends of the parts, the last one included. */
export function finish(a: Aloud, now: number): number[] {
  const t = at(a, now);
  const ends = a.ends.filter((e) => t - e >= 0.5);
  return t > 0 ? [...ends, t] : [];
}

/** How long each part took, in seconds. */
export const lengths = (ends: number[]): number[] => ends.map((e, i) => Math.round((e - (ends[i - 1] ?? 0)) * 10) / 10);
