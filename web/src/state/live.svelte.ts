// One running interview: joins the connection to the reducer, and keeps what the candidate is typing.
// Typed text is written to this browser's storage at every keystroke and given up only when the server
// has it as an answer.

import type { Command, Row, SentCommand } from '../wire/frames';
import { MAX_ANSWER } from '../wire/frames';
import { Api, socketUrl } from '../wire/rest';
import { Connection, type Outbox, type SocketLike } from '../wire/socket';
import { clean, problem, sameRows, startRows } from './artifacts';
import { choose, parseDraft, type LocalDraft } from './drafts';
import { canAnswer, initial, type Model } from './model';
import { reduce, type Input } from './reduce';
import { codePoints } from './text';

const DRAFT_MS = 400;
const ARTIFACT_MS = 2500;

export type Saved = 'empty' | 'local' | 'saving' | 'saved';

export interface Returned {
  text: string;
  why: string;
}

export class Live {
  readonly session: string;
  model: Model = $state.raw(initial);
  /** The composer. */
  text = $state('');
  saved: Saved = $state('empty');
  /** Texts that could not be used as sent; nothing is thrown away. */
  returned: Returned[] = $state([]);
  /** The artifact tables of the open block. */
  pad: Record<string, Row[]> = $state({});

  /** Of an answer told aloud: seconds from the first word to the end of each part. */
  spoken: number[] = $state([]);

  private readonly connection: Connection;
  private shownTurn: number | null = null; // the turn that `text` belongs to
  private padBlock = 0;
  private padSaved: Record<string, Row[]> = {};
  private confirmed = ''; // the draft the server said it has
  private flying: string[] = []; // drafts sent and not yet confirmed
  private draftTimer: ReturnType<typeof setTimeout> | undefined;
  private padTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: string) {
    this.session = session;
    const api = new Api();
    this.connection = new Connection({
      open: () => new WebSocket(socketUrl(session, location)) as SocketLike,
      outbox: outboxOf(session),
      onFrame: (frame) => {
        const before = this.model;
        this.apply({ on: 'frame', frame });
        if (frame.type === 'draft.saved') this.draftSaved();
        if (frame.type === 'error' && frame.data.id) this.refused(before, frame.data.id, frame.data.message ?? '');
        if (frame.type === 'session.closed') this.over();
        if (frame.type === 'answer.submitted') this.answered(before, frame.data.turn ?? 0, frame.data.text ?? '');
        this.follow();
      },
      onOther: (seq) => {
        this.apply({ on: 'other', seq });
        this.follow();
      },
      onRestart: () => this.restarted(),
      onStatus: (status) => {
        this.apply({ on: 'status', status });
        if (status.state !== 'open') {
          this.flying = [];
          if (this.saved === 'saving' || this.saved === 'saved') this.saved = this.text === this.confirmed ? this.saved : 'local';
        }
      },
      onSent: (command) => this.apply({ on: 'sent', command }),
      probe: async () => {
        try {
          await api.session(session);
          return null;
        } catch (e) {
          const status = (e as { status?: number }).status;
          if (status === 401) return 'This browser is not signed in. Open the link that rehearse printed when it started.';
          if (status === 404) return 'This session does not exist any more.';
          return null;
        }
      },
    });
    for (const command of this.connection.unacked) this.apply({ on: 'sent', command });
  }

  start(): () => void {
    const hurry = () => this.connection.hurry();
    const hide = () => {
      if (document.visibilityState === 'hidden') this.sendDraft();
      else hurry();
    };
    const storage = (ev: StorageEvent) => this.otherTab(ev);
    addEventListener('online', hurry);
    addEventListener('storage', storage);
    document.addEventListener('visibilitychange', hide);
    this.connection.connect();
    return () => {
      this.sendDraft();
      this.sendPad();
      clearTimeout(this.draftTimer);
      clearTimeout(this.padTimer);
      removeEventListener('online', hurry);
      removeEventListener('storage', storage);
      document.removeEventListener('visibilitychange', hide);
      this.connection.close();
    };
  }

  /** The composer changed. */
  typed(text: string): void {
    this.text = text;
    this.keep();
    this.saved = text === '' && this.confirmed === '' ? 'empty' : this.model.status.state === 'open' ? 'saving' : 'local';
    clearTimeout(this.draftTimer);
    this.draftTimer = setTimeout(() => this.sendDraft(), DRAFT_MS);
  }

  submit(): void {
    const turn = this.model.turn;
    if (turn === null || !canAnswer(this.model) || this.tooLong) return;
    if (this.text.trim() === '') return; // the server takes no empty answer
    if (this.padRefused()) return;
    clearTimeout(this.draftTimer);
    this.sendPad();
    this.send({ type: 'answer', turn, text: this.text, ...(this.spoken.length > 0 ? { spoken: [...this.spoken] } : {}) });
    this.spoken = [];
    this.text = ''; // the copy in storage stays until the server has the answer
    this.saved = 'empty';
    this.confirmed = '';
  }

  /** The tables hold something, which goes with the answer. */
  get padFilled(): boolean {
    if (this.model.question?.main !== true) return false;
    const ids = this.model.block?.ids ?? [];
    return Object.entries(this.pad).some(([kind, rows]) => clean(kind, rows, ids).length > 0);
  }

  get tooLong(): boolean {
    return this.text.length > MAX_ANSWER && codePoints(this.text) > MAX_ANSWER;
  }

  clarify(text: string): void {
    if (this.model.turn !== null && text.trim() !== '') this.send({ type: 'clarify', turn: this.model.turn, text });
  }

  onTurn(type: 'hint' | 'repeat' | 'skip' | 'dont_know'): void {
    const turn = this.model.turn;
    if (turn === null) return;
    if (type === 'skip' || type === 'dont_know') {
      if (this.padRefused()) return;
      this.sendPad();
    }
    this.send({ type, turn });
  }

  /** Calls the follow-up that waits. */
  guess(type: string): void {
    const c = this.model.calling;
    if (c) this.send({ type: 'guess', turn: c.turn, guess: type });
  }

  control(type: 'stop' | 'pause' | 'resume' | 'end'): void {
    if (type === 'end' || type === 'pause') {
      this.sendDraft();
      this.sendPad();
      if (type === 'end') this.returnRows();
    }
    this.send({ type });
  }

  /** A table changed. */
  padChanged(): void {
    this.keepPad();
    clearTimeout(this.padTimer);
    this.padTimer = setTimeout(() => this.sendPad(), ARTIFACT_MS);
  }

  takeBack(r: Returned): void {
    this.typed(this.text.trim() === '' ? r.text : `${this.text}\n\n${r.text}`);
    this.drop(r);
  }

  drop(r: Returned): void {
    this.returned = this.returned.filter((x) => x !== r);
  }

  private send(command: Command): void {
    this.connection.send(command);
  }

  private apply(input: Input): void {
    this.model = reduce(this.model, input);
  }

  /** Moves the composer and the tables to the open turn and block. */
  private follow(): void {
    const m = this.model;
    const block = m.block?.block ?? 0;
    if (block !== this.padBlock) {
      this.padBlock = block;
      this.padSaved = {};
      this.pad = {};
      const kept = this.keptPad(block);
      for (const kind of m.block?.artifacts ?? []) this.pad[kind] = kept[kind] ?? startRows(kind, m.block?.ids ?? []);
    }
    for (const [kind, rows] of Object.entries(m.artifacts)) {
      if (this.padSaved[kind] === rows) continue;
      const ids = m.block?.ids ?? [];
      const mine = clean(kind, this.pad[kind] ?? [], ids);
      // Rows saved elsewhere are shown here unless this tab has changes of its own.
      if (!sameRows(mine, rows) && (mine.length === 0 || sameRows(mine, this.padSaved[kind] ?? []))) this.pad[kind] = withMissing(kind, rows, startRows(kind, ids));
      this.padSaved[kind] = rows;
    }
    if (m.turn === null || m.target === null || m.seq < m.target || m.turn === this.shownTurn) return;
    this.leaveTurn();
    this.spoken = [];
    this.shownTurn = m.turn;
    this.flying = [];
    if (m.pending.some((p) => p.command.type === 'answer' && p.command.turn === m.turn)) {
      this.text = '';
      this.confirmed = '';
      this.saved = 'empty';
      return;
    }
    const local = parseDraft(read(localStorage, this.draftKey));
    const choice = choose(local, m.serverDraft, m.turn);
    this.text = choice.text;
    this.confirmed = m.serverDraft?.turn === m.turn ? m.serverDraft.text : '';
    if (choice.other !== null) this.giveBack(choice.other, 'Another version of this answer was saved elsewhere.');
    this.saved = this.text === '' ? 'empty' : this.text === this.confirmed ? 'saved' : 'saving';
    this.keep();
    if (this.saved === 'saving') this.sendDraft();
  }

  /** The turn closed while something was still in the composer. */
  private leaveTurn(): void {
    if (this.shownTurn !== null && this.text.trim() !== '') {
      this.giveBack(this.text, 'The question was closed before this text was sent.');
    }
    this.text = '';
  }

  /** The log begins again. What is being typed stays: it is put back when its turn is open again, and handed back when it is not. */
  private restarted(): void {
    this.keep();
    this.keepPad();
    const { status, pending } = this.model;
    this.model = { ...initial, status, pending };
    this.padBlock = 0;
    this.padSaved = {};
    this.flying = [];
    this.confirmed = '';
    if (this.text !== '') this.saved = 'local';
  }

  private over(): void {
    if (this.text.trim() !== '') this.giveBack(this.text, 'The session closed before this text was sent.');
    this.text = '';
    this.saved = 'empty';
    write(localStorage, `rehearse.pad.${this.session}`, null);
  }

  private answered(before: Model, turn: number, text: string): void {
    if (turn !== this.shownTurn) return;
    const mine = before.pending.some((p) => p.command.type === 'answer' && p.command.turn === turn);
    if (!mine && this.text === text) this.text = ''; // sent from another tab
    if (this.text.trim() === '') {
      write(localStorage, this.draftKey, null);
      this.saved = 'empty';
    }
  }

  private refused(before: Model, id: string, message: string): void {
    const c = before.pending.find((p) => p.command.id === id)?.command;
    if (!c) return;
    if (c.type === 'artifact') this.padSaved[c.kind] = this.model.artifacts[c.kind] ?? []; // sent again with the next change
    if (c.type === 'answer' || c.type === 'clarify') {
      if (c.type === 'answer' && c.turn === this.model.turn && c.spoken) this.spoken = c.spoken;
      if (c.type === 'answer' && c.turn === this.model.turn && this.text.trim() === '') this.typed(c.text);
      else if (!this.alreadySaid(c)) this.giveBack(c.text, message || 'The server did not take this text.');
    }
  }

  /** The same answer is in the transcript already (it was sent from another tab). */
  private alreadySaid(c: SentCommand): boolean {
    return c.type === 'answer' && this.model.entries.some((e) => e.kind === 'answer' && e.turn === c.turn && e.text === c.text);
  }

  private giveBack(text: string, why: string): void {
    if (text.trim() !== '' && !this.returned.some((r) => r.text === text)) this.returned = [...this.returned, { text, why }];
  }

  private sendDraft(): void {
    clearTimeout(this.draftTimer);
    const turn = this.shownTurn;
    if (turn === null || turn !== this.model.turn || this.tooLong) return;
    const text = this.text;
    if (text === (this.flying.at(-1) ?? this.confirmed)) return;
    if (this.connection.draft(turn, text)) this.flying.push(text);
    else this.saved = text === '' ? 'empty' : 'local';
  }

  private draftSaved(): void {
    const text = this.flying.shift();
    if (text === undefined) {
      if (this.connection.caughtUp && this.saved === 'local') this.saved = 'saved'; // the one that waited for the connection
      return;
    }
    this.confirmed = text;
    if (text === this.text) this.saved = text === '' ? 'empty' : 'saved';
    this.keep();
  }

  /** Says what is wrong with a table, before the answer goes without it; nothing was sent and all of it stands here. */
  private padRefused(): boolean {
    if (this.model.block?.block !== this.padBlock) return false;
    const wrong = Object.keys(this.pad).map((kind) => this.padProblem(kind)).find((why) => why !== '');
    if (!wrong) return false;
    this.apply({ on: 'frame', frame: { type: 'error', data: { code: 'invalid', message: `${wrong} Nothing was sent yet: mend the row and send again.` } } });
    return true;
  }

  /** The session ends: rows that could not be sent are handed back as text. */
  private returnRows(): void {
    for (const [kind, rows] of Object.entries(this.pad)) {
      const why = this.padProblem(kind);
      if (why) this.giveBack(rows.map((r) => Object.values(r).filter((v) => v !== '').join(' · ')).join('\n'), `These rows were not saved. ${why}`);
    }
  }

  private padProblem(kind: string): string {
    const m = this.model;
    const code = m.material?.code?.text.replace(/\n$/, '');
    return problem(kind, $state.snapshot(this.pad[kind] ?? []), m.block?.ids ?? [], code === undefined ? 0 : code.split('\n').length);
  }

  private sendPad(): void {
    clearTimeout(this.padTimer);
    const m = this.model;
    if (m.turn === null || m.block?.block !== this.padBlock) return;
    for (const [kind, rows] of Object.entries(this.pad)) {
      const cleaned = clean(kind, $state.snapshot(rows), m.block.ids);
      if (sameRows(cleaned, this.padSaved[kind] ?? [])) continue;
      if (kind === 'source' && cleaned.length === 0) continue; // there is always a whole source, or none yet
      if (this.padProblem(kind) !== '') continue; // still being typed; kept in this browser until it can be sent
      this.padSaved[kind] = cleaned;
      this.send({ type: 'artifact', turn: m.turn, kind, rows: cleaned });
    }
  }

  /** Another tab of this browser typed: show it, unless this one is being typed in. */
  private otherTab(ev: StorageEvent): void {
    if (ev.key !== this.draftKey || document.hasFocus()) return;
    const draft = parseDraft(ev.newValue);
    if (draft && draft.turn === this.shownTurn && this.model.turn === draft.turn) {
      this.text = draft.text;
      this.confirmed = draft.saved;
      this.saved = draft.text === '' ? 'empty' : draft.text === draft.saved ? 'saved' : 'saving';
    }
  }

  private get draftKey(): string {
    return `rehearse.draft.${this.session}`;
  }

  private keep(): void {
    if (this.shownTurn === null) return;
    const draft: LocalDraft = { turn: this.shownTurn, text: this.text, saved: this.confirmed };
    write(localStorage, this.draftKey, JSON.stringify(draft));
  }

  private keepPad(): void {
    write(localStorage, `rehearse.pad.${this.session}`, JSON.stringify({ block: this.padBlock, pad: this.pad }));
  }

  private keptPad(block: number): Record<string, Row[]> {
    try {
      const v = JSON.parse(read(localStorage, `rehearse.pad.${this.session}`) ?? 'null') as { block?: number; pad?: Record<string, Row[]> } | null;
      return v?.block === block && v.pad ? v.pad : {};
    } catch {
      return {};
    }
  }
}

/** Forgets what this browser keeps of a session that was deleted. */
export function forget(session: string): void {
  for (const kind of ['draft', 'pad']) write(localStorage, `rehearse.${kind}.${session}`, null);
  write(sessionStorage, `rehearse.outbox.${session}`, null);
}

function withMissing(kind: string, rows: Row[], start: Row[]): Row[] {
  const copy = rows.map((r) => ({ ...r }));
  if (kind !== 'ranking' && kind !== 'verdict') return copy;
  return [...copy, ...start.filter((s) => !rows.some((r) => r.id === s.id))];
}

/** Unacked commands, kept for this tab over a reload. */
function outboxOf(session: string): Outbox {
  const key = `rehearse.outbox.${session}`;
  return {
    load() {
      try {
        const v: unknown = JSON.parse(read(sessionStorage, key) ?? '[]');
        return Array.isArray(v) ? (v as SentCommand[]) : [];
      } catch {
        return [];
      }
    },
    save(commands) {
      write(sessionStorage, key, commands.length > 0 ? JSON.stringify(commands) : null);
    },
  };
}

// Storage may be full or forbidden; typing must go on.
function read(s: Storage, key: string): string | null {
  try {
    return s.getItem(key);
  } catch {
    return null;
  }
}

function write(s: Storage, key: string, value: string | null): void {
  try {
    if (value === null) s.removeItem(key);
    else s.setItem(key, value);
  } catch {
    // The server's draft remains.
  }
}
