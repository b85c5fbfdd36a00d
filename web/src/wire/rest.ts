// The HTTP half of the contract. Every failure is an ApiError that a person can read.

import type { Phase, VoiceInfo } from './frames';
import type { Bank, From, Imported, Matrix, NewStory, Story } from './stories';

export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly field: string | undefined;

  constructor(status: number, code: string, message: string, field?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

export interface Format {
  id: string;
  title?: string;
  summary?: string;
  minutes?: number;
  modes?: string[];
  phases?: Phase[];
  kinds?: string[];
  single?: boolean;
}

export interface Pack {
  id?: string;
  version?: string;
  title?: string;
  role?: string;
  notice?: string;
  levels?: (string | { id: string; title?: string })[];
  default_level?: string;
  principles?: { id: string; label: string }[];
}

export interface Formats {
  formats?: Format[];
  pack?: Pack;
  voice?: VoiceInfo;
}

export interface Item {
  id: string;
  kind?: string;
  title?: string;
  section?: string | number;
  level?: string | string[];
  est_minutes?: number;
}

export interface SessionLine {
  id: string;
  format?: string;
  title?: string;
  mode?: string;
  level?: string;
  created_at?: string;
  closed?: boolean;
  why?: string;
  blocks?: number;
  answers?: number;
  interview_s?: number;
}

export interface NewSession {
  format: string;
  mode?: string;
  level?: string;
  item?: string;
  principle?: string;
  story?: string;
  retry_of?: string;
  /** The part of a story to tell again. */
  part?: string;
  /** How long a story may take as spoken. */
  seconds?: number;
  /** Follow-ups wait until the candidate has called them. */
  guess?: boolean;
}

/** Goes back to one turn of a closed session; everything else is that session's. */
export interface Fork {
  fork: { session: string; turn: number };
}

/** A passage of the search, quoted as it stands in its file. */
export interface Passage {
  rank?: number;
  path?: string;
  title?: string;
  heading?: string;
  start_line?: number;
  end_line?: number;
  text?: string;
  by?: string;
  origins?: string[];
  file?: string;
}

export interface MaterialFile {
  id: string;
  name?: string;
  path?: string;
  title?: string;
  kind?: string;
  origins?: string[];
  size?: number;
  passages?: number;
  problem?: string;
}

export interface IndexState {
  files?: number;
  chunks?: number;
  pending?: number;
  model?: string;
  note?: string;
}

/** What was found out about a model by trying it. */
export interface Abilities {
  verdict?: string;
  voice?: boolean;
  exam?: boolean;
  context?: number;
  reads_per_second?: number;
  writes_per_second?: number;
  seconds_per_question?: number;
  reuse?: number;
  server?: string;
  at?: string;
}

export interface ModelLine {
  name: string;
  size?: number;
  cloud?: boolean;
  host?: string;
  abilities?: Abilities;
}

export interface Suggestion {
  name: string;
  bytes?: number;
  for?: string;
  why?: string;
}

/** One step of a pull; the last has done or error. */
export interface PullStep {
  status?: string;
  completed?: number;
  total?: number;
  done?: boolean;
  error?: { code?: string; message?: string };
}

type Fetch = (path: string, init: RequestInit) => Promise<Response>;

const BASE = '/api/v1';

export class Api {
  private readonly fetch: Fetch;

  constructor(f: Fetch = (path, init) => fetch(path, init)) {
    this.fetch = f;
  }

  formats = () => this.call<Formats>('GET', '/formats');
  items = (kind: string) => this.call<{ items?: Item[] }>('GET', `/items?kind=${encodeURIComponent(kind)}`);
  sessions = () => this.call<{ sessions?: SessionLine[] }>('GET', '/sessions');
  session = (id: string) => this.call<unknown>('GET', `/sessions/${encodeURIComponent(id)}`);
  create = (s: NewSession | (Fork & Partial<NewSession>)) => this.call<{ id: string }>('POST', '/sessions', s);
  remove = (id: string) => this.call<unknown>('DELETE', `/sessions/${encodeURIComponent(id)}`);
  report = (id: string) => this.call<unknown>('GET', `/sessions/${encodeURIComponent(id)}/report`);
  sample = (id: string, block: number) => this.call<{ samples?: { level: string; text: string }[] }>('GET', `/sessions/${encodeURIComponent(id)}/sample?block=${block}`);
  panel = (id: string, rating: object) => this.call<unknown>('POST', `/sessions/${encodeURIComponent(id)}/panel`, rating);
  regrade = (id: string) => this.call<unknown>('POST', `/sessions/${encodeURIComponent(id)}/regrade`, {});

  files = (id: string) => this.call<unknown>('GET', `/sessions/${encodeURIComponent(id)}/files`);
  output = (id: string, command: string, item: string, text: string) => this.call<unknown>('POST', `/sessions/${encodeURIComponent(id)}/output`, { id: command, item, text });

  progress = () => this.call<unknown>('GET', '/progress');
  next = () => this.call<unknown>('GET', '/next');
  plan = () => this.call<unknown>('GET', '/plan');
  setPlan = (date: string, minutes_a_day: number, time_zone: string) => this.call<unknown>('PUT', '/plan', { date, minutes_a_day, time_zone });
  cards = () => this.call<unknown>('GET', '/cards/due');
  reviewCard = (id: string, rating: string) => this.call<unknown>('POST', `/cards/${encodeURIComponent(id)}/review`, { rating });
  debrief = (id: string) => this.call<unknown>('GET', `/sessions/${encodeURIComponent(id)}/debrief`);
  begin = (start: Record<string, unknown>) => this.call<{ id: string }>('POST', '/sessions', start);
  importArchive = (file: File) => {
    const form = new FormData();
    form.append('file', file, file.name);
    return this.call<unknown>('POST', '/import', form);
  };
  wipe = (confirm: string) => this.call<unknown>('DELETE', '/everything', { confirm });

  models = () => this.call<{ models?: ModelLine[]; suggestions?: Suggestion[]; note?: string }>('GET', '/models');
  removeModel = (name: string) => this.call<unknown>('DELETE', `/models/${encodeURIComponent(name)}`);
  tryModel = (name: string) => this.call<Abilities>('POST', `/models/${encodeURIComponent(name)}/try`, {});

  /** Fetches a model; each step is told. It ends with the last step, or with an error. */
  async pull(name: string, tell: (s: PullStep) => void, signal: AbortSignal): Promise<void> {
    let res: Response;
    try {
      res = await this.fetch(`${BASE}/models/pull`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'application/x-ndjson' },
        body: JSON.stringify({ name }),
        credentials: 'same-origin',
        cache: 'no-store',
        signal,
      });
    } catch (e) {
      if (signal.aborted) return;
      throw new ApiError(0, 'unreachable', messageOf(e));
    }
    if (!res.ok || !res.body) {
      const body = (await res.json().catch(() => null)) as { error?: { message?: string } } | null;
      throw new ApiError(res.status, codeOf(res.status), body?.error?.message || `The server answered ${res.status}.`);
    }
    const reader = res.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    let last: PullStep = {};
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const lines = (rest + value).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines.filter((l) => l.trim() !== '')) {
          last = JSON.parse(line) as PullStep;
          tell(last);
        }
      }
    } catch (e) {
      if (signal.aborted) return;
      throw new ApiError(0, 'unreachable', messageOf(e));
    }
    if (last.error) throw new ApiError(503, last.error.code ?? 'unavailable', last.error.message ?? 'The model could not be fetched.');
    if (!last.done) throw new ApiError(0, 'unavailable', 'The download broke off. What was fetched is kept; fetch it again to go on.');
  }

  search = (q: string) => this.call<{ passages?: Passage[]; index?: IndexState }>('GET', `/search?q=${encodeURIComponent(q)}&k=10`);
  material = () => this.call<{ material?: MaterialFile[]; index?: IndexState }>('GET', '/material');
  removeMaterial = (id: string) => this.call<unknown>('DELETE', `/material/${encodeURIComponent(id)}`);
  upload = (files: File[]) => {
    const form = new FormData();
    for (const f of files) form.append('file', f, f.name);
    return this.call<{ material?: MaterialFile[] }>('POST', '/material', form);
  };

  stories = () => this.call<Bank>('GET', '/stories');
  story = (id: string) => this.call<Story>('GET', `/stories/${encodeURIComponent(id)}`);
  storyMatrix = () => this.call<Matrix>('GET', '/stories/matrix');
  storyDraft = (f: From) => this.call<NewStory>('GET', `/stories/draft?session=${encodeURIComponent(f.session)}&block=${f.block}`);
  addStory = (s: NewStory) => this.call<Story>('POST', '/stories', s);
  changeStory = (id: string, s: NewStory) => this.call<Story>('PUT', `/stories/${encodeURIComponent(id)}`, s);
  removeStory = (id: string) => this.call<unknown>('DELETE', `/stories/${encodeURIComponent(id)}`);
  saidStory = (s: From & { story: string }) => this.call<unknown>('PUT', '/stories/said', s);
  importStories = (text: string) => this.call<Imported>('POST', '/stories/import', new Blob([text], { type: 'text/markdown' }));

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    let res: Response;
    try {
      res = await this.fetch(BASE + path, {
        method,
        // The browser gives a form its own type, with the boundary between its parts.
        headers: { Accept: 'application/json', ...(body && !(body instanceof FormData || body instanceof Blob) ? { 'Content-Type': 'application/json' } : {}) },
        body: body instanceof FormData || body instanceof Blob ? body : body ? JSON.stringify(body) : undefined,
        credentials: 'same-origin',
        cache: 'no-store',
      });
    } catch {
      throw new ApiError(0, 'unreachable', 'The Rehearse server does not answer. Is it still running?');
    }
    const text = await res.text().catch(() => '');
    let value: unknown = null;
    try {
      value = text === '' ? null : JSON.parse(text);
    } catch {
      value = null;
    }
    if (res.ok) {
      if (value === null && text !== '') throw new ApiError(res.status, 'internal', 'The server sent something that is not JSON.');
      return value as T;
    }
    const e = (value as { error?: { code?: unknown; message?: unknown; field?: unknown } } | null)?.error;
    throw new ApiError(
      res.status,
      typeof e?.code === 'string' ? e.code : codeOf(res.status),
      typeof e?.message === 'string' && e.message ? e.message : `The server answered ${res.status}.`,
      typeof e?.field === 'string' ? e.field : undefined,
    );
  }
}

export const fileUrl = (id: string, name: string, item: string) =>
  `${BASE}/sessions/${encodeURIComponent(id)}/files/${encodeURIComponent(name)}?item=${encodeURIComponent(item)}`;

export const storiesUrl = `${BASE}/stories.md`;
export const exportUrl = `${BASE}/export`;

export const reportUrl = (id: string, form: 'json' | 'md') =>
  `${BASE}/sessions/${encodeURIComponent(id)}/report${form === 'md' ? '.md' : ''}`;

export const panelUrl = (id: string) => `${BASE}/sessions/${encodeURIComponent(id)}/panel.html`;

export function socketUrl(id: string, at: { protocol: string; host: string }): string {
  return `${at.protocol === 'https:' ? 'wss' : 'ws'}://${at.host}${BASE}/sessions/${encodeURIComponent(id)}/ws`;
}

function codeOf(status: number): string {
  return status === 401 ? 'unauthorized' : status === 404 ? 'not_found' : status === 409 ? 'conflict' : 'internal';
}

export function isUnauthorized(e: unknown): boolean {
  return e instanceof ApiError && e.code === 'unauthorized';
}

export function messageOf(e: unknown): string {
  return e instanceof Error ? e.message : String(e);
}
