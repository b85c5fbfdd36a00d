// Which text stands in the composer when a turn opens, and what is kept beside it. Pure.

export interface LocalDraft {
  turn: number;
  text: string;
  /** The text the server last said it saved. */
  saved: string;
}

export interface Choice {
  text: string;
  /** Another version that must not be lost; shown beside the composer. */
  other: string | null;
}

/** The local copy wins where it holds something unsaved; otherwise the server's, which another browser may have written. */
export function choose(local: LocalDraft | null, server: { turn: number; text: string } | null, turn: number): Choice {
  const mine = local && local.turn === turn ? local : null;
  const theirs = server && server.turn === turn ? server.text : '';
  if (!mine || mine.text === '') return { text: theirs, other: null };
  if (theirs === '' || theirs === mine.text) return { text: mine.text, other: null };
  if (mine.text === mine.saved) return { text: theirs, other: null };
  return { text: mine.text, other: theirs === mine.saved ? null : theirs };
}

export function parseDraft(raw: string | null): LocalDraft | null {
  if (!raw) return null;
  try {
    const v = JSON.parse(raw) as Partial<LocalDraft> | null;
    if (!v || typeof v.turn !== 'number' || typeof v.text !== 'string') return null;
    return { turn: v.turn, text: v.text, saved: typeof v.saved === 'string' ? v.saved : '' };
  } catch {
    return null;
  }
}
