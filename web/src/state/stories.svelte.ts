// The candidate's own stories: the bank, the matrix, and the one that is being written.

import { Api, isUnauthorized, messageOf } from '../wire/rest';
import type { Bank, Cue, From, Matrix, MiningPrompt, NewStory, Start, Story, Tag, Unmatched } from '../wire/stories';

/** How a principle stands in the form. */
export type Use = '' | 'serves' | 'first' | 'second';

/** A story as it is typed: one cue a line. */
export interface Form {
  id: string; // empty for a new one
  title: string;
  worth: string;
  cues: string;
  uses: Record<string, Use>;
  from?: From;
  asked?: string; // the question that helped to remember it
}

const parts = ['situation', 'task', 'action', 'result', 'lesson'];

/** Cues as lines; a part stands before its words in brackets. */
export const cueLines = (cues: Cue[]): string => cues.map((c) => (c.part ? `[${c.part}] ${c.text}` : c.text.startsWith('[') ? `[] ${c.text}` : c.text)).join('\n');

/** Lines as cues. Words in brackets that name no part are part of the cue. */
export function cuesOf(lines: string): Cue[] {
  const out: Cue[] = [];
  for (const raw of lines.split('\n')) {
    const line = raw.trim().replace(/^[-*•]\s+/, '');
    const m = /^\[([a-z]*)\]\s*(.*)$/i.exec(line);
    const part = (m?.[1] ?? '').toLowerCase();
    const cue: Cue = m && (part === '' || parts.includes(part)) ? { part, text: m[2]! } : { text: line };
    if (!cue.part) delete cue.part;
    if (cue.text !== '') out.push(cue);
  }
  return out;
}

export const usesOf = (tags: Tag[]): Record<string, Use> => Object.fromEntries(tags.map((t) => [t.principle, (t.choice || 'serves') as Use]));

export const tagsOf = (uses: Record<string, Use>): Tag[] =>
  Object.entries(uses)
    .filter(([, use]) => use !== '')
    .map(([principle, use]) => (use === 'serves' ? { principle } : { principle, choice: use }));

export class Stories {
  state: 'loading' | 'ready' | 'failed' | 'unauthorized' = $state('loading');
  problem = $state('');
  /** What the last save or import did. */
  told = $state('');
  stories: Story[] = $state.raw([]);
  unmatched: Unmatched[] = $state.raw([]);
  prompts: MiningPrompt[] = $state.raw([]);
  notes: string[] = $state.raw([]);
  matrix: Matrix = $state.raw({});
  form: Form | null = $state(null);
  busy = $state(false);

  private readonly api: Api;

  constructor(api = new Api()) {
    this.api = api;
  }

  async load(): Promise<void> {
    try {
      const [bank, matrix] = await Promise.all([this.api.stories(), this.api.storyMatrix()]);
      this.take(bank);
      this.matrix = matrix;
      this.state = 'ready';
    } catch (e) {
      this.problem = messageOf(e);
      this.state = isUnauthorized(e) ? 'unauthorized' : 'failed';
    }
  }

  private take(b: Bank): void {
    this.stories = b.stories ?? [];
    this.unmatched = b.unmatched ?? [];
    this.prompts = b.prompts ?? [];
    this.notes = b.notes ?? [];
  }

  write(asked?: string): void {
    this.problem = this.told = '';
    this.form = { id: '', title: '', worth: 'standard', cues: '', uses: {}, asked };
  }

  edit(s: Story): void {
    this.problem = this.told = '';
    this.form = { id: s.id, title: s.title, worth: s.worth, cues: cueLines(s.cues), uses: usesOf(s.principles) };
  }

  /** Draws a story from an answer into the form; nothing is kept before it is saved. */
  async draw(from: From): Promise<void> {
    this.problem = this.told = '';
    try {
      const d = await this.api.storyDraft(from);
      this.form = { id: '', title: d.title, worth: d.worth, cues: cueLines(d.cues), uses: usesOf(d.principles), from };
    } catch (e) {
      this.problem = messageOf(e);
    }
  }

  /** Keeps what is in the form. It stays open, as it was typed, when the server refuses it. */
  async save(): Promise<boolean> {
    const f = this.form;
    if (!f || this.busy) return false;
    const sent: NewStory = { title: f.title, worth: f.worth, principles: tagsOf(f.uses), cues: cuesOf(f.cues) };
    if (f.from) sent.from = f.from;
    const ok = await this.change(async () => {
      await (f.id ? this.api.changeStory(f.id, sent) : this.api.addStory(sent));
      this.told = `“${f.title}” is kept.`;
    });
    if (ok) this.form = null;
    return ok;
  }

  remove(s: Story): Promise<boolean> {
    return this.change(async () => {
      await this.api.removeStory(s.id);
      this.told = `“${s.title}” is deleted.`;
    });
  }

  /** Says which story an answer was; empty for none of them. */
  said(u: Pick<Unmatched, 'session' | 'block'>, story: string): Promise<boolean> {
    return this.change(async () => void (await this.api.saidStory({ session: u.session, block: u.block, story })));
  }

  bring(text: string): Promise<boolean> {
    return this.change(async () => {
      this.told = (await this.api.importStories(text)).message;
    });
  }

  /** Begins a drill or a dive; the id of the session, or nothing. */
  async begin(start: Start): Promise<string | undefined> {
    this.problem = '';
    try {
      return (await this.api.create(start)).id;
    } catch (e) {
      this.problem = messageOf(e);
      return undefined;
    }
  }

  private async change(f: () => Promise<void>): Promise<boolean> {
    this.busy = true;
    this.problem = this.told = '';
    try {
      await f();
      await this.load();
      return true;
    } catch (e) {
      this.problem = messageOf(e);
      return false;
    } finally {
      this.busy = false;
    }
  }
}

/** A share as people say it. */
export const percent = (v: number | null | undefined): string => (v === null || v === undefined ? 'not measured' : `${Math.round(v * 100)} %`);
