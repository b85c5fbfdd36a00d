// The candidate's own material, and the search over it and over the notes of the pack.

import { Api, isUnauthorized, messageOf, type IndexState, type MaterialFile, type Passage } from '../wire/rest';

export class Shelf {
  state: 'loading' | 'ready' | 'failed' | 'unauthorized' = $state('loading');
  problem = $state('');
  files: MaterialFile[] = $state.raw([]);
  index: IndexState = $state.raw({});
  uploading = $state(false);

  query = $state('');
  searching = $state(false);
  /** What was searched for last; empty before the first search. */
  asked = $state('');
  passages: Passage[] = $state.raw([]);
  searchProblem = $state('');

  private readonly api: Api;
  private searches = 0;

  constructor(api = new Api()) {
    this.api = api;
  }

  async load(): Promise<void> {
    try {
      const r = await this.api.material();
      this.files = r.material ?? [];
      this.index = r.index ?? {};
      this.state = 'ready';
    } catch (e) {
      this.problem = messageOf(e);
      this.state = isUnauthorized(e) ? 'unauthorized' : 'failed';
    }
  }

  /** Searches; an answer that comes after a newer question is dropped. */
  async search(): Promise<void> {
    const q = this.query.trim();
    if (q === '') return;
    const mine = ++this.searches;
    this.searching = true;
    this.searchProblem = '';
    try {
      const r = await this.api.search(q);
      if (mine !== this.searches) return;
      this.passages = r.passages ?? [];
      this.index = r.index ?? this.index;
      this.asked = q;
    } catch (e) {
      if (mine === this.searches) this.searchProblem = messageOf(e);
    } finally {
      if (mine === this.searches) this.searching = false;
    }
  }

  async upload(files: File[]): Promise<void> {
    if (files.length === 0) return;
    this.uploading = true;
    this.problem = '';
    try {
      await this.api.upload(files);
    } catch (e) {
      this.problem = messageOf(e);
    }
    this.uploading = false;
    await this.load(); // files before the one that was refused are kept
  }

  async remove(id: string): Promise<void> {
    this.problem = '';
    try {
      await this.api.removeMaterial(id);
    } catch (e) {
      this.problem = messageOf(e);
    }
    await this.load();
  }
}

/** Where a passage stands: file, heading, lines. */
export function placeOf(p: Passage): string {
  const lines = p.start_line && p.end_line ? (p.start_line === p.end_line ? `line ${p.start_line}` : `lines ${p.start_line}–${p.end_line}`) : '';
  const heading = p.heading && p.title && p.heading.startsWith(`${p.title} > `) ? p.heading.slice(p.title.length + 3) : (p.heading ?? '');
  return [p.title || p.path, heading !== p.title ? heading : '', lines].filter(Boolean).join(', ');
}

/** A size for people. */
export function sizeText(bytes: number | undefined): string {
  if (!bytes) return '';
  return bytes < 1024 ? `${bytes} bytes` : bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
