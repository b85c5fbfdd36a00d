// Small readings of text and time for display. What counts is measured by the server.

export const WORDS_PER_MINUTE = 140;

export function countWords(text: string): number {
  return text.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’\-.,%$€£]*/gu)?.length ?? 0;
}

export const codePoints = (text: string): number => {
  let n = 0;
  for (const _ of text) n++;
  return n;
};

/** 0.5 steps are enough for speech: "½ min", "2 min". */
export function spoken(words: number): string {
  const min = words / WORDS_PER_MINUTE;
  if (min === 0) return '0 min';
  if (min < 0.25) return 'under ¼ min';
  return `${(Math.round(min * 4) / 4).toLocaleString('en', { maximumFractionDigits: 2 })} min`;
}

/** Seconds a text would take to say. */
export const spokenSeconds = (words: number): number => (words * 60) / WORDS_PER_MINUTE;

export function clockText(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return '–';
  const s = Math.max(0, Math.floor(seconds));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}

export function minutesText(min: number | undefined): string {
  if (min === undefined || min === null || !Number.isFinite(min)) return '–';
  return `${(Math.round(min * 10) / 10).toLocaleString('en')} min`;
}

export function dateText(iso: string | undefined): string {
  const d = iso ? new Date(iso) : null;
  if (!d || Number.isNaN(d.getTime())) return '';
  return d.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

const modes: Record<string, string> = { coached: 'Coached', exam: 'Exam', drill: 'Drill' };
export const modeName = (mode: string | undefined): string => (mode ? (modes[mode] ?? mode) : '');

const probes: Record<string, string> = {
  Q01: 'one specific occasion',
  Q02: 'stakes',
  Q03: 'task',
  Q04: 'your action',
  Q05: 'your own part',
  Q06: 'how it was done',
  Q07: 'alternatives',
  Q08: 'trade-off',
  Q09: 'result',
  Q10: 'metric',
  Q11: 'where the number comes from',
  Q12: 'scale',
  Q13: 'pushback',
  Q14: 'failure',
  Q15: 'learning',
  Q16: 'customer',
  Q17: 'consistency',
  Q18: 'second example',
  if_said: 'something you said',
  misconception: 'a possible misconception',
  point: 'a point not made yet',
};
export const probeName = (type: string | undefined): string => (type ? (probes[type] ?? type) : '');

export const partNames: Record<string, string> = { S: 'Situation', T: 'Task', A: 'Action', R: 'Result', O: 'Other' };
