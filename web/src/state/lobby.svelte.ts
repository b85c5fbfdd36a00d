// The lobby: what can be rehearsed, what was rehearsed, and the choice being made.

import type { VoiceInfo } from '../wire/frames';
import { Api, isUnauthorized, messageOf, type Format, type Item, type NewSession, type Pack, type SessionLine } from '../wire/rest';
import { forget } from './live.svelte';

export interface LevelChoice {
  id: string;
  title: string;
}

/** One exercise: it can be chosen by item and retried. */
export const isSingle = (f: Format | undefined): boolean => !!f && (f.single === true || (f.modes ?? []).includes('drill'));

export class Lobby {
  state: 'loading' | 'ready' | 'failed' | 'unauthorized' = $state('loading');
  problem = $state('');
  formats: Format[] = $state.raw([]);
  pack: Pack = $state.raw({});
  voice: VoiceInfo = $state.raw({ kind: '' });
  sessions: SessionLine[] = $state.raw([]);
  sessionsProblem = $state('');
  items: Item[] = $state.raw([]);
  format = $state('');
  mode = $state('');
  level = $state('');
  item = $state('');
  /** Follow-ups wait to be called. */
  guess = $state(false);
  /** How long a story may take as spoken; 0 leaves it open. */
  seconds = $state(0);
  starting = $state(false);
  startProblem = $state('');

  private readonly api = new Api();

  get chosen(): Format | undefined {
    return this.formats.find((f) => f.id === this.format);
  }

  get levels(): LevelChoice[] {
    return (this.pack.levels ?? []).map((l) => (typeof l === 'string' ? { id: l, title: l } : { id: l.id, title: l.title ?? l.id }));
  }

  async load(): Promise<void> {
    this.state = 'loading';
    try {
      const f = await this.api.formats();
      this.formats = Array.isArray(f.formats) ? f.formats : [];
      this.pack = f.pack ?? {};
      this.voice = f.voice ?? { kind: '' };
      this.level = this.pack.default_level ?? this.levels[0]?.id ?? '';
      this.state = 'ready';
      if (this.formats[0]) this.choose(this.formats[0].id);
    } catch (e) {
      this.problem = messageOf(e);
      this.state = isUnauthorized(e) ? 'unauthorized' : 'failed';
      return;
    }
    await this.loadSessions();
  }

  async loadSessions(): Promise<void> {
    try {
      this.sessions = (await this.api.sessions()).sessions ?? [];
      this.sessionsProblem = '';
    } catch (e) {
      this.sessionsProblem = messageOf(e);
    }
  }

  choose(format: string): void {
    this.format = format;
    const f = this.chosen;
    const modes = f?.modes ?? [];
    if (!modes.includes(this.mode)) this.mode = modes.includes('coached') ? 'coached' : (modes[0] ?? '');
    this.item = '';
    this.items = [];
    if (isSingle(f)) void this.loadItems(format, f?.kinds ?? []);
  }

  /** Starts a session and returns its id, or null with startProblem set. */
  async start(): Promise<string | null> {
    const s: NewSession = { format: this.format };
    if (this.mode) s.mode = this.mode;
    if (this.level) s.level = this.level;
    if (this.item) s.item = this.item;
    if (this.guess && this.mode !== 'exam') s.guess = true;
    if (this.seconds > 0 && this.format === 'story-drill') s.seconds = this.seconds;
    this.starting = true;
    this.startProblem = '';
    try {
      return (await this.api.create(s)).id;
    } catch (e) {
      this.startProblem = messageOf(e);
      return null;
    } finally {
      this.starting = false;
    }
  }

  async remove(id: string): Promise<void> {
    try {
      await this.api.remove(id);
      forget(id);
    } catch (e) {
      this.sessionsProblem = messageOf(e);
    }
    await this.loadSessions();
  }

  private async loadItems(format: string, kinds: string[]): Promise<void> {
    const found: Item[] = [];
    for (const kind of kinds) {
      try {
        found.push(...((await this.api.items(kind)).items ?? []));
      } catch {
        // Without the list the server chooses.
      }
    }
    if (this.format === format) this.items = found;
  }
}
