// What the interview screen shows. Only the reducer makes one; components read it.

import type { Clock, Label, Material, Measured, Phase, Probe, Row, SentCommand, VoiceInfo } from '../wire/frames';
import type { Status } from '../wire/socket';

export interface SessionView {
  format: string;
  title: string;
  mode: string;
  level: string;
  minutes: number;
  phases: Phase[];
  voice: VoiceInfo;
  story?: string; // of the bank, to be told here
}

export interface BlockView {
  block: number;
  phase: string;
  title: string;
  minutes: number;
  kind: string;
  artifacts: string[];
  ids: Label[];
  /** How long an answer to a follow-up should be at most, in seconds as spoken; 0 for no limit. */
  followupSeconds: number;
}

export interface QuestionView {
  turn: number;
  block: number;
  text: string;
  main: boolean;
  probe: Probe | null;
  voice: string;
}

/** One thing in the transcript. `seq` is the number of its event, and its key. */
export type Entry = { seq: number } & (
  | { kind: 'speech'; text: string }
  | { kind: 'block'; title: string; minutes: number }
  | { kind: 'question'; question: QuestionView }
  | { kind: 'answer'; turn: number; text: string; words: number | null }
  | { kind: 'clarified'; turn: number; question: string; text: string; repeat: boolean }
  | { kind: 'hint'; turn: number; text: string }
  | { kind: 'skipped'; turn: number; why: string }
  | { kind: 'artifact'; turn: number; artifact: string; rows: Row[] }
  | { kind: 'measured'; title: string; measured: Measured }
  | { kind: 'note'; text: string }
);

export interface Pending {
  command: SentCommand;
  /** The number of the event it became; it stays until that event has arrived. */
  acked: number | null;
}

export interface Refusal {
  n: number;
  command: SentCommand | null;
  code: string;
  message: string;
}

export interface Model {
  seq: number;
  /** welcome.seq of this connection, null before it. */
  target: number | null;
  status: Status;
  session: SessionView | null;
  interviewer: { name: string; role: string } | null;
  block: BlockView | null;
  turn: number | null;
  question: QuestionView | null;
  material: Material | null;
  entries: Entry[];
  speaking: { turn: number; text: string; busy: boolean } | null;
  clock: Clock | null;
  paused: boolean;
  busy: { state: string; detail: string } | null;
  /** The last saved rows of the open block, by kind. */
  artifacts: Record<string, Row[]>;
  /** The follow-up that waits to be called, with what it may be called. */
  calling: { turn: number; seconds: number; types: Label[] } | null;
  pending: Pending[];
  refusal: Refusal | null;
  serverDraft: { turn: number; text: string } | null;
  degraded: string | null;
  closed: string | null;
  reportReady: boolean;
  /** Said once to screen readers; n changes with each. */
  announcement: { n: number; text: string };
  /** 0 none, 1 three quarters of the time, 2 all of it. */
  threshold: 0 | 1 | 2;
}

export const initial: Model = {
  seq: 0,
  target: null,
  status: { state: 'connecting', attempt: 0 },
  session: null,
  interviewer: null,
  block: null,
  turn: null,
  question: null,
  material: null,
  entries: [],
  speaking: null,
  clock: null,
  paused: false,
  busy: null,
  artifacts: {},
  calling: null,
  pending: [],
  refusal: null,
  serverDraft: null,
  degraded: null,
  closed: null,
  reportReady: false,
  announcement: { n: 0, text: '' },
  threshold: 0,
};

/** Nothing may be answered before this holds. */
export const caughtUp = (m: Model): boolean => m.status.state === 'open' && m.target !== null && m.seq >= m.target;

/** The answer to the open turn that is on its way, if one is. */
export const answering = (m: Model): Pending | undefined =>
  m.pending.find((p) => p.command.type === 'answer' && p.command.turn === m.turn);

/** Without a connection the answer waits in the outbox; while events are replayed the open turn is not known yet. */
export const canAnswer = (m: Model): boolean =>
  m.turn !== null && m.closed === null && !m.paused && !answering(m) && (m.status.state === 'connecting' ? m.seq > 0 : caughtUp(m));

const talk = new Set(['behavioural', 'opening', 'introduction', 'questions', 'closing']);

/** Hints exist in coached technical blocks. */
export const mayHint = (m: Model): boolean =>
  m.session?.mode === 'coached' && m.block !== null && m.block.kind !== '' && !talk.has(m.block.kind);
