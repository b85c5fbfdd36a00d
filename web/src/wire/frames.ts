// The frames of the websocket, as the contract names them. Decoding is total: whatever arrives
// becomes a Frame or null, and nothing here throws. Unknown types and fields pass through unread.

export interface VoiceInfo {
  kind: string;
  model?: string;
  detail?: string;
  commands?: string[];
}

export interface Phase {
  id: string;
  title: string;
  minutes: number;
}

export interface Label {
  id: string;
  label: string;
}

export interface Material {
  kind: string;
  title?: string;
  text?: string;
  change?: string;
  code?: { language?: string; text: string };
  diagram?: { svg: string; text?: string };
}

export interface Probe {
  type: string;
  target?: string;
}

export interface Measured {
  words?: number;
  spoken_minutes?: number;
  parts?: Record<string, number>;
  missing?: string[];
  ownership?: { i?: number; we?: number; passive?: number };
  notes?: string[];
}

/** A row of an artifact: string cells as typed; numbers for lines. */
export type Row = Record<string, string | number>;

/** What each frame's data holds. All of it comes from outside, so every field may be missing. */
export interface FrameData {
  // durable
  'session.created': {
    format?: string;
    title?: string;
    mode?: string;
    level?: string;
    minutes?: number;
    story?: string;
    voice?: VoiceInfo;
    pack?: { id: string; version: string };
    phases?: Phase[];
  };
  'round.started': { round?: number; interviewer?: { name?: string; role?: string }; text?: string };
  'block.started': {
    block?: number;
    round?: number;
    phase?: string;
    title?: string;
    minutes?: number;
    kind?: string;
    text?: string;
    artifacts?: string[];
    ids?: Label[];
    followup_seconds?: number;
  };
  'question.asked': {
    turn?: number;
    block?: number;
    text?: string;
    main?: boolean;
    step?: string;
    probe?: Probe;
    voice?: string;
    material?: Material;
  };
  'guess.recorded': { turn?: number; type?: string };
  'answer.submitted': { turn?: number; text?: string; words?: number };
  'artifact.saved': { turn?: number; kind?: string; rows?: Row[] };
  'hint.given': { turn?: number; text?: string };
  clarified: { turn?: number; question?: string; text?: string; repeat?: boolean };
  'turn.skipped': { turn?: number; why?: string };
  'session.paused': { why?: string };
  'session.resumed': Record<string, never>;
  'speech.stopped': { turn?: number };
  'block.closed': { block?: number; measured?: Measured };
  'voice.degraded': { reason?: string };
  'session.closed': { why?: string };
  'report.ready': Record<string, never>;
  // not durable
  welcome: {
    session?: string;
    seq?: number;
    turn?: number | null;
    draft?: { turn?: number; text?: string } | null;
    clock?: Clock | null;
  };
  delta: { turn?: number; text?: string };
  ack: { id?: string; seq?: number };
  'draft.saved': { turn?: number };
  clock: Clock;
  model: { state?: string; detail?: string };
  /** A follow-up waits to be called; turn is the answer it is about. */
  guess: { turn?: number; seconds?: number; types?: Label[] };
  error: { id?: string; code?: string; message?: string; field?: string };
}

export interface Clock {
  interview_s?: number;
  wall_s?: number;
  phase?: string;
  paused?: boolean;
}

export type FrameType = keyof FrameData;

/** A known frame. Durable ones have seq. */
export type Frame = { [T in FrameType]: { type: T; data: FrameData[T]; seq?: number; at?: string } }[FrameType];

/** A frame of a type this page does not know. A durable one still counts in the sequence. */
export interface UnknownFrame {
  type: 'unknown';
  name: string;
  seq?: number;
}

const known: Record<FrameType, true> = {
  'session.created': true,
  'round.started': true,
  'block.started': true,
  'question.asked': true,
  'guess.recorded': true,
  'answer.submitted': true,
  'artifact.saved': true,
  'hint.given': true,
  clarified: true,
  'turn.skipped': true,
  'session.paused': true,
  'session.resumed': true,
  'speech.stopped': true,
  'block.closed': true,
  'voice.degraded': true,
  'session.closed': true,
  'report.ready': true,
  welcome: true,
  delta: true,
  ack: true,
  'draft.saved': true,
  clock: true,
  model: true,
  guess: true,
  error: true,
};

/** Decodes one text frame; null for what is not a frame at all. */
export function decode(text: string): Frame | UnknownFrame | null {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(raw) || typeof raw.type !== 'string') return null;
  const seq = Number.isSafeInteger(raw.seq) && (raw.seq as number) > 0 ? (raw.seq as number) : undefined;
  if (!Object.hasOwn(known, raw.type)) return { type: 'unknown', name: raw.type, seq };
  const data = isObject(raw.data) ? raw.data : {};
  const at = typeof raw.at === 'string' ? raw.at : undefined;
  return { type: raw.type, data, seq, at } as Frame;
}

function isObject(v: unknown): v is Record<string, unknown> {
  return typeof v === 'object' && v !== null && !Array.isArray(v);
}

/** What the candidate can ask the session to do. Every one but hello and draft carries an id. */
export type Command =
  | { type: 'answer'; turn: number; text: string; spoken?: number[] }
  | { type: 'clarify'; turn: number; text: string }
  | { type: 'hint' | 'repeat' | 'skip' | 'dont_know'; turn: number }
  | { type: 'stop' | 'pause' | 'resume' | 'end' }
  | { type: 'artifact'; turn: number; kind: string; rows: Row[] }
  | { type: 'guess'; turn: number; guess: string }
  | { type: 'rate'; block: number; dimensions: Record<string, number> }
  | { type: 'claim'; block: number; dimension: string; turn: number; start: number; end: number };

export type SentCommand = Command & { id: string };

/** Limits of the server that the page should say before the server does. */
export const MAX_ANSWER = 50_000; // code points
export const MAX_CLARIFY = 2_000; // code points
export const MAX_ROWS = 200;
