// One session's connection. It promises: events arrive once each and in order, whatever happens to the
// socket; a command is sent until it is acked or refused, always under the same id; nothing is sent
// before this client has caught up with the server.

import { decode, type Command, type Frame, type SentCommand, type UnknownFrame } from './frames';

export type Status =
  | { state: 'connecting'; attempt: number }
  | { state: 'open' }
  | { state: 'gone'; reason: string }; // will not reconnect

/** The part of WebSocket that is used here. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((ev: never) => void) | null;
  onmessage: ((ev: { data: unknown }) => void) | null;
  onclose: ((ev: { code: number; reason: string }) => void) | null;
}

/** Keeps unacked commands over a reload. */
export interface Outbox {
  load(): SentCommand[];
  save(commands: SentCommand[]): void;
}

export interface Options {
  open: () => SocketLike;
  /** Every known frame, events once each. */
  onFrame: (frame: Frame) => void;
  /** The number of an event of a type this page does not know. */
  onOther?: (seq: number) => void;
  onStatus: (status: Status) => void;
  /** A command entered the outbox. */
  onSent: (command: SentCommand) => void;
  /** The server's log is shorter than what was received (it was restored from a copy, say): everything comes again from the first event. */
  onRestart?: () => void;
  outbox?: Outbox;
  newId?: () => string;
  /** Asked after a connection that never opened: a reason to give up, or null to try again. */
  probe?: () => Promise<string | null>;
  random?: () => number;
}

const FIRST_DELAY_MS = 400;
const MAX_DELAY_MS = 10_000;

export class Connection {
  private readonly o: Options;
  private socket: SocketLike | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private closed = false;
  private seq = 0;
  private target = Infinity; // welcome.seq; Infinity until welcomed on this socket
  private holeAt = 0; // the hole that was asked for again
  private pending: SentCommand[];
  private draftWaiting: { turn: number; text: string } | null = null;

  constructor(o: Options) {
    this.o = o;
    this.pending = o.outbox?.load() ?? [];
  }

  /** Number of the last event received. */
  get lastSeq(): number {
    return this.seq;
  }

  /** Welcomed, and every event up to that welcome has arrived. */
  get caughtUp(): boolean {
    return this.seq >= this.target;
  }

  get unacked(): readonly SentCommand[] {
    return this.pending;
  }

  connect(): void {
    if (this.closed || this.socket) return;
    clearTimeout(this.timer);
    this.target = Infinity;
    this.o.onStatus({ state: 'connecting', attempt: this.attempt });
    let opened = false;
    const socket = this.o.open();
    this.socket = socket;
    socket.onopen = () => {
      opened = true;
      socket.send(JSON.stringify({ v: 1, type: 'hello', after: this.seq }));
    };
    socket.onmessage = (ev) => {
      if (socket !== this.socket || typeof ev.data !== 'string') return;
      const frame = decode(ev.data);
      if (frame) this.receive(frame);
    };
    socket.onclose = (ev) => {
      if (socket !== this.socket) return;
      this.socket = null;
      this.target = Infinity;
      if (this.closed) return;
      const final = finalReason(ev.code, ev.reason);
      if (final) this.giveUp(final);
      else if (!opened && this.o.probe) {
        this.retryLater();
        void this.o.probe().then((reason) => {
          if (reason && !this.closed && this.target === Infinity) this.giveUp(reason);
        });
      } else this.retryLater();
    };
  }

  /** Try at once, if a retry is waiting (the machine woke up, the network came back). */
  hurry(): void {
    if (!this.closed && !this.socket) {
      this.attempt = 0;
      this.connect();
    }
  }

  /** Queues a command and returns its id. It is sent now, or when the connection is back. */
  send(command: Command): string {
    const id = (this.o.newId ?? newId)();
    const sent = { ...command, id } as SentCommand;
    if (command.type === 'answer' && this.draftWaiting?.turn === command.turn) this.draftWaiting = null;
    this.pending.push(sent);
    this.o.outbox?.save(this.pending);
    this.o.onSent(sent);
    if (this.caughtUp) this.write({ v: 1, ...sent });
    return id;
  }

  /** Sends a draft; drafts are not acked, and only the newest waits for the connection. */
  draft(turn: number, text: string): boolean {
    if (!this.caughtUp) {
      this.draftWaiting = { turn, text };
      return false;
    }
    this.draftWaiting = null;
    return this.write({ v: 1, type: 'draft', turn, text });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000, 'left');
  }

  private receive(frame: Frame | UnknownFrame): void {
    if (frame.seq !== undefined) {
      if (frame.seq <= this.seq) return; // seen
      if (frame.seq > this.seq + 1 && this.holeAt !== frame.seq) {
        // A hole: ask once for what is missing. A server that repeats the hole is believed.
        this.holeAt = frame.seq;
        this.drop();
        return;
      }
      this.seq = frame.seq;
    }
    const shorter = frame.type === 'welcome' && (frame.data.seq ?? 0) < this.seq;
    const refused = frame.type === 'error' && frame.data.field === 'after' && this.target === Infinity && this.seq > 0;
    if (shorter || refused) {
      this.seq = 0;
      this.holeAt = 0;
      this.o.onRestart?.();
      this.drop();
      return;
    }
    if (frame.type === 'welcome') {
      const end = Math.max(0, frame.data.seq ?? 0);
      this.target = end;
      this.attempt = 0;
      this.o.onFrame(frame);
      this.o.onStatus({ state: 'open' });
      if (this.caughtUp) this.flush();
      return;
    }
    if (frame.type === 'ack' || frame.type === 'error') this.settle(frame.data.id);
    const behind = this.target !== Infinity && frame.seq === this.target;
    if (frame.type !== 'unknown') this.o.onFrame(frame);
    else if (frame.seq !== undefined) this.o.onOther?.(frame.seq);
    if (behind) this.flush();
  }

  private settle(id: string | undefined): void {
    if (!id) return;
    const left = this.pending.filter((c) => c.id !== id);
    if (left.length === this.pending.length) return;
    this.pending = left;
    this.o.outbox?.save(left);
  }

  private flush(): void {
    for (const command of this.pending) this.write({ v: 1, ...command });
    const draft = this.draftWaiting;
    if (draft) this.draft(draft.turn, draft.text);
  }

  private write(frame: object): boolean {
    if (!this.socket) return false;
    try {
      this.socket.send(JSON.stringify(frame));
      return true;
    } catch {
      return false; // closing: the command stays in the outbox
    }
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.target = Infinity;
    socket?.close(1000, 'resume');
    this.retryLater();
  }

  private retryLater(): void {
    const delay = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** this.attempt);
    this.attempt++;
    this.o.onStatus({ state: 'connecting', attempt: this.attempt });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), delay * (0.75 + 0.5 * (this.o.random ?? Math.random)()));
  }

  private giveUp(reason: string): void {
    this.closed = true;
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000, 'gave up');
    this.o.onStatus({ state: 'gone', reason });
  }
}

/** Close codes 4500 to 4999, and 1009 for a frame too large, mean that trying again cannot help. */
function finalReason(code: number, reason: string): string | null {
  if (code === 1009) return 'The server refused a message as too large. Your text is kept in this browser; reload to go on.';
  if (code >= 4500 && code <= 4999) return reason || `The server ended the connection (${code}).`;
  return null;
}

/** A unique id; randomUUID exists only where the browser calls the address secure. */
export function newId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
}
