// The report page: loads one report and can start the exercise again.

import { once } from '../wire/once';
import { Api, ApiError, isUnauthorized, messageOf } from '../wire/rest';
import { isSingle } from './lobby.svelte';
import { ratingIn } from './practice';
import { isClaimed, readReport, withClaim, type Quote, type Report } from './report';

/** The single exercise that practises one part of a longer interview, by the part's kind. */
const drillOf: Record<string, string> = {
  behavioural: 'story-drill',
  'threat-model': 'threat-model',
  'code-review': 'code-review',
  remediation: 'remediation',
  briefing: 'briefing',
  ranking: 'triage',
  'concept-card': 'concept-cards',
};

export class Reading {
  readonly id: string;
  state: 'loading' | 'ready' | 'open' | 'failed' | 'unauthorized' = $state('loading');
  problem = $state('');
  report: Report = $state.raw(readReport(null));
  single = $state(false);
  /** Of the pack, by name. */
  principles: { id: string; label: string }[] = $state.raw([]);
  /** Strong samples by exercise, once they were asked for. */
  samples: Record<number, { level: string; text: string }[]> = $state({});
  retrying = $state(false);

  private readonly api = new Api();

  constructor(id: string) {
    this.id = id;
  }

  async load(): Promise<void> {
    this.state = 'loading';
    try {
      this.report = readReport(await this.api.report(this.id));
      this.state = 'ready';
    } catch (e) {
      this.problem = messageOf(e);
      this.state = isUnauthorized(e) ? 'unauthorized' : e instanceof ApiError && e.code === 'conflict' ? 'open' : 'failed';
      return;
    }
    try {
      const known = await this.api.formats();
      const formats = known.formats ?? [];
      this.principles = known.pack?.principles ?? [];
      this.single = isSingle(formats.find((f) => f.id === this.report.session.format));
    } catch {
      this.single = false;
    }
  }

  /** Loads the report again behind what is shown; a failure leaves it as it is. */
  async refresh(): Promise<void> {
    try {
      this.report = readReport(await this.api.report(this.id));
    } catch (e) {
      this.problem = messageOf(e);
    }
  }

  /** Keeps the candidate's own marks for a block, and loads the report with them. */
  async rate(block: number, dimensions: Record<string, number>): Promise<void> {
    this.problem = '';
    try {
      await once(this.id, { type: 'rate', block, dimensions });
      await this.refresh();
    } catch (e) {
      this.problem = messageOf(e);
    }
  }

  /** Says which words show a dimension: shown at once, and taken out again when the server does not take it. */
  async claim(block: number, dimension: string, q: Quote): Promise<void> {
    this.problem = '';
    if (isClaimed(this.report, block, dimension, q)) return;
    this.report = withClaim(this.report, block, dimension, q);
    try {
      await once(this.id, { type: 'claim', block, dimension, turn: q.turn, start: q.start, end: q.end });
    } catch (e) {
      this.report = withClaim(this.report, block, dimension, q, false);
      this.problem = `Your claim was not kept: ${messageOf(e)}. Nothing else changed; you can point to the words again.`;
      return;
    }
    await this.refresh();
  }

  /** Goes back to one turn of this session, and returns the new session's id. */
  async fork(turn: number): Promise<string | null> {
    return this.begin({ fork: { session: this.id, turn } });
  }

  /** Tells the weakest part again, or the whole story within a length or for another principle. */
  async vary(how: { part?: string; seconds?: number; principle?: string }): Promise<string | null> {
    const s = this.report.session;
    const item = this.report.blocks.find((b) => b.item)?.item;
    return this.begin({
      format: s.format ?? '',
      ...(s.mode ? { mode: s.mode } : {}),
      ...(s.level ? { level: s.level } : {}),
      ...(item && !how.principle ? { item } : {}),
      retry_of: s.id ?? this.id,
      ...how,
    });
  }

  /** Asks for the strong samples of an exercise; without this no report holds any. */
  async sample(block: number): Promise<void> {
    this.problem = '';
    try {
      this.samples = { ...this.samples, [block]: (await this.api.sample(this.id, block)).samples ?? [] };
    } catch (e) {
      this.problem = messageOf(e);
    }
  }

  /** Brings back what a second rater saved. */
  async panel(file: File): Promise<void> {
    const { rating, problem } = ratingIn(await file.text());
    this.problem = problem;
    if (rating === null) return;
    try {
      await this.api.panel(this.id, rating);
      await this.refresh();
    } catch (e) {
      this.problem = messageOf(e);
    }
  }

  private async begin(s: Parameters<Api['create']>[0]): Promise<string | null> {
    this.retrying = true;
    this.problem = '';
    try {
      return (await this.api.create(s)).id;
    } catch (e) {
      this.problem = messageOf(e);
      return null;
    } finally {
      this.retrying = false;
    }
  }

  /** Asks for every grade once more; they come with the next refresh. */
  async regrade(): Promise<void> {
    this.problem = '';
    try {
      await this.api.regrade(this.id);
      await this.refresh();
    } catch (e) {
      this.problem = messageOf(e);
    }
  }

  /** Starts an exercise of this session again, or the single one, and returns the new session's id. */
  async retry(again?: string): Promise<string | null> {
    const s = this.report.session;
    const item = again ?? this.report.blocks.find((b) => b.item)?.item;
    this.retrying = true;
    this.problem = '';
    try {
      const made = await this.api.create({
        format: this.single ? (s.format ?? '') : (drillOf[this.report.blocks.find((b) => b.item === item)?.kind ?? ''] ?? s.format ?? ''),
        ...(s.mode && this.single ? { mode: s.mode } : {}),
        ...(s.level ? { level: s.level } : {}),
        ...(item ? { item } : {}),
        retry_of: s.id ?? this.id,
      });
      return made.id;
    } catch (e) {
      this.problem = messageOf(e);
      return null;
    } finally {
      this.retrying = false;
    }
  }
}
