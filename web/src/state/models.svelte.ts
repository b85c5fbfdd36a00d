// The models of this machine: what there is, what each can do, and fetching and removing them.

import { Api, isUnauthorized, messageOf, type ModelLine, type PullStep, type Suggestion } from '../wire/rest';
import { sizeText } from './material.svelte';

export class Models {
  state: 'loading' | 'ready' | 'failed' | 'unauthorized' = $state('loading');
  problem = $state('');
  models: ModelLine[] = $state.raw([]);
  suggestions: Suggestion[] = $state.raw([]);
  note = $state('');
  /** The model that is being fetched, and how far that is. */
  pulling = $state('');
  step: PullStep = $state.raw({});
  /** The model that is being tried. */
  trying = $state('');

  private readonly api: Api;
  private stop: AbortController | undefined;

  constructor(api = new Api()) {
    this.api = api;
  }

  async load(): Promise<void> {
    try {
      const r = await this.api.models();
      this.models = r.models ?? [];
      this.suggestions = r.suggestions ?? [];
      this.note = r.note ?? '';
      this.state = 'ready';
    } catch (e) {
      this.problem = messageOf(e);
      this.state = isUnauthorized(e) ? 'unauthorized' : 'failed';
    }
  }

  async pull(name: string): Promise<void> {
    name = name.trim();
    if (name === '' || this.pulling !== '') return;
    this.pulling = name;
    this.problem = '';
    this.step = { status: 'starting' };
    this.stop = new AbortController();
    try {
      await this.api.pull(name, (s) => (this.step = s), this.stop.signal);
    } catch (e) {
      this.problem = messageOf(e);
    }
    this.pulling = '';
    await this.load();
  }

  /** Ends the download; what was fetched stays, and fetching again goes on there. */
  cancel(): void {
    this.stop?.abort();
  }

  async tryOut(name: string): Promise<void> {
    this.trying = name;
    this.problem = '';
    try {
      await this.api.tryModel(name);
    } catch (e) {
      this.problem = messageOf(e);
    }
    this.trying = '';
    await this.load();
  }

  async remove(name: string): Promise<void> {
    this.problem = '';
    try {
      await this.api.removeModel(name);
    } catch (e) {
      this.problem = messageOf(e);
    }
    await this.load();
  }
}

/** How far a download is, in words. */
export function stepText(s: PullStep): string {
  if (!s.total) return s.status ?? '';
  return `${s.status ?? ''}: ${sizeText(s.completed ?? 0)} of ${sizeText(s.total)}`;
}

/** How far a download is, 0 to 1; undefined when it is not known. */
export function stepShare(s: PullStep): number | undefined {
  return s.total ? Math.min(1, (s.completed ?? 0) / s.total) : undefined;
}

/** Suggestions that are not here yet. */
export function missing(suggestions: Suggestion[], models: ModelLine[]): Suggestion[] {
  const bare = (n: string) => n.replace(/:latest$/, '');
  return suggestions.filter((s) => !models.some((m) => bare(m.name) === bare(s.name)));
}
