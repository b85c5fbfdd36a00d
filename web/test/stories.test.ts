import { describe, expect, it } from 'vitest';
import { cueLines, cuesOf, percent, Stories, tagsOf, usesOf } from '../src/state/stories.svelte';
import { parseRoute, toStoryFrom } from '../src/view/route';
import { Api } from '../src/wire/rest';

interface Call {
  path: string;
  init: RequestInit;
}

/** An API that answers by method and path; anything else is an empty object. */
function answering(answers: Record<string, { status?: number; body: object }>): { api: Api; calls: Call[] } {
  const calls: Call[] = [];
  const api = new Api((path, init) => {
    calls.push({ path, init });
    const a = answers[`${init.method} ${path.replace('/api/v1', '')}`] ?? { body: {} };
    return Promise.resolve(new Response(JSON.stringify(a.body), { status: a.status ?? 200 }));
  });
  return { api, calls };
}

describe('stories', () => {
  it('have an address of their own, and one for an answer', () => {
    expect(parseRoute('#/stories')).toEqual({ page: 'stories' });
    expect(parseRoute(toStoryFrom('abc7', 3))).toEqual({ page: 'stories', from: { session: 'abc7', block: 3 } });
    expect(parseRoute('#/stories/from/abc')).toEqual({ page: 'lobby' });
  });

  it('are typed as lines and come back as the same lines', () => {
    const cues = [{ part: 'situation', text: '14 pipelines' }, { text: '[x] marked' }, { text: 'Marta said no' }];
    expect(cuesOf(cueLines(cues))).toEqual(cues);
    expect(cuesOf(' - [Action] wrote a check \n\n* told nine\n[note] kept as it is')).toEqual([
      { part: 'action', text: 'wrote a check' },
      { text: 'told nine' },
      { text: '[note] kept as it is' },
    ]);
  });

  it('keep their choices through the form', () => {
    const tags = [{ principle: 'ownership', choice: 'first' }, { principle: 'dive-deep' }];
    expect(tagsOf(usesOf(tags))).toEqual(tags);
    expect(tagsOf({ ownership: '' })).toEqual([]);
  });

  it('are sent as they were typed, and the form closes when they are kept', async () => {
    const { api, calls } = answering({ 'POST /stories': { status: 201, body: { id: 's-1' } }, 'GET /stories': { body: { stories: [{ id: 's-1' }] } } });
    const bank = new Stories(api);
    bank.write('What did you break?');
    Object.assign(bank.form!, { title: 'The cookie', cues: '[result] 40 minutes', uses: { ownership: 'first' } });
    expect(await bank.save()).toBe(true);
    const post = calls.find((c) => c.init.method === 'POST');
    expect(JSON.parse(post!.init.body as string)).toEqual({ title: 'The cookie', worth: 'standard', principles: [{ principle: 'ownership', choice: 'first' }], cues: [{ part: 'result', text: '40 minutes' }] });
    expect(bank.form).toBeNull();
    expect(bank.stories).toHaveLength(1);
  });

  it('stay in the form when the server refuses them', async () => {
    const { api } = answering({ 'POST /stories': { status: 400, body: { error: { code: 'invalid', message: 'cue 1 has 30 words', field: 'cues' } } } });
    const bank = new Stories(api);
    bank.write();
    bank.form!.cues = 'far too long';
    expect(await bank.save()).toBe(false);
    expect(bank.problem).toBe('cue 1 has 30 words');
    expect(bank.form?.cues).toBe('far too long');
    expect(bank.busy).toBe(false);
  });

  it('are brought in as the file stands, and a damaged one is told by its line', async () => {
    const { api, calls } = answering({ 'POST /stories/import': { status: 400, body: { error: { code: 'invalid', message: 'line 7: worth is standout or standard' } } } });
    const bank = new Stories(api);
    expect(await bank.bring('## A\n- x\n')).toBe(false);
    expect(await (calls[0]!.init.body as Blob).text()).toBe('## A\n- x\n');
    expect(new Headers(calls[0]!.init.headers).get('Content-Type')).toBeNull(); // the blob has its own
    expect(bank.problem).toContain('line 7');
  });

  it('are drawn from an answer into the form and not kept', async () => {
    const { api, calls } = answering({ 'GET /stories/draft?session=abc&block=2': { body: { title: '14 pipelines', worth: 'standard', principles: [{ principle: 'ownership' }], cues: [{ text: '14 pipelines' }] } } });
    const bank = new Stories(api);
    await bank.draw({ session: 'abc', block: 2 });
    expect(bank.form).toMatchObject({ id: '', cues: '14 pipelines', uses: { ownership: 'serves' }, from: { session: 'abc', block: 2 } });
    expect(calls).toHaveLength(1);
  });

  it('show no number where none was measured', () => {
    expect([percent(null), percent(undefined), percent(0), percent(0.755)]).toEqual(['not measured', 'not measured', '0 %', '76 %']);
  });
});
