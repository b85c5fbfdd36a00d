// The reducer: frames in, view model out. Pure: no clock, no storage, no socket.

import type { Frame, SentCommand } from '../wire/frames';
import type { Status } from '../wire/socket';
import { caughtUp, type Entry, type Model, type QuestionView } from './model';

export type Input = { on: 'frame'; frame: Frame } | { on: 'other'; seq: number } | { on: 'status'; status: Status } | { on: 'sent'; command: SentCommand };

export function reduce(m: Model, input: Input): Model {
  switch (input.on) {
    case 'status':
      return input.status.state === 'open' ? { ...m, status: input.status } : { ...m, status: input.status, target: null };
    case 'sent':
      return { ...m, pending: [...m.pending, { command: input.command, acked: null }] };
    // An event of a type this page does not know: nothing to show, and one less to wait for.
    case 'other':
      return input.seq <= m.seq ? m : { ...m, seq: input.seq, pending: m.pending.filter((p) => p.acked === null || p.acked > input.seq) };
    case 'frame':
      return input.frame.seq === undefined ? passing(m, input.frame) : event(m, input.frame, input.frame.seq);
  }
}

/** Frames that are not events. */
function passing(m: Model, f: Frame): Model {
  switch (f.type) {
    case 'welcome': {
      const d = f.data;
      const target = d.seq ?? 0;
      const next: Model = {
        ...m,
        target,
        calling: null, // what waits is asked for again
        speaking: null, // the partial utterance is sent again, whole
        clock: d.clock ?? m.clock,
        paused: d.clock?.paused ?? m.paused,
        serverDraft: d.draft ? { turn: d.draft.turn ?? d.turn ?? 0, text: d.draft.text ?? '' } : null,
      };
      return next;
    }
    case 'delta': {
      const turn = f.data.turn ?? 0;
      const text = f.data.text ?? '';
      const before = m.speaking?.turn === turn ? m.speaking.text : '';
      if (m.question?.turn === turn) return m; // asked already: the whole text stands there
      return { ...m, speaking: { turn, text: before + text, busy: true } };
    }
    case 'ack': {
      const { id, seq } = f.data;
      const pending = m.pending
        .map((p) => (p.command.id === id ? { ...p, acked: seq ?? 0 } : p))
        .filter((p) => p.acked === null || p.acked > m.seq);
      return { ...m, pending };
    }
    case 'error': {
      const { id, code, message } = f.data;
      const command = m.pending.find((p) => p.command.id === id)?.command ?? null;
      const text = message || code || 'The server refused that.';
      return say(
        {
          ...m,
          pending: id ? m.pending.filter((p) => p.command.id !== id) : m.pending,
          refusal: { n: (m.refusal?.n ?? 0) + 1, command, code: code ?? '', message: text },
        },
        text,
      );
    }
    case 'clock': {
      const next = { ...m, clock: f.data, paused: f.data.paused ?? m.paused };
      return threshold(next);
    }
    case 'model':
      return { ...m, busy: f.data.state && f.data.state !== 'idle' ? { state: f.data.state, detail: f.data.detail ?? '' } : null };
    case 'guess': {
      const types = Array.isArray(f.data.types) ? f.data.types : [];
      if (types.length === 0 || m.turn !== null) return m;
      return say({ ...m, calling: { turn: f.data.turn ?? 0, seconds: f.data.seconds ?? 0, types } }, 'Which follow-up is coming?');
    }
    default:
      return m;
  }
}

/** Events: each once, in order. */
function event(m: Model, f: Frame, seq: number): Model {
  if (seq <= m.seq) return m;
  const live = caughtUp(m);
  const called = f.type === 'guess.recorded' || f.type === 'question.asked' || f.type === 'block.closed' || f.type === 'session.closed';
  const next = fold({ ...m, seq, calling: called ? null : m.calling }, f, seq);
  const pending = next.pending.filter((p) => p.acked === null || p.acked > seq);
  const settled = pending.length === next.pending.length ? next : { ...next, pending };
  return live ? announce(settled, f) : settled;
}

function fold(m: Model, f: Frame, seq: number): Model {
  switch (f.type) {
    case 'session.created': {
      const d = f.data;
      const voice = d.voice ?? { kind: '' };
      return {
        ...m,
        session: {
          format: d.format ?? '',
          title: d.title || d.format || 'Session',
          mode: d.mode ?? '',
          level: d.level ?? '',
          minutes: d.minutes ?? 0,
          phases: Array.isArray(d.phases) ? d.phases : [],
          voice,
          ...(d.story ? { story: d.story } : {}),
        },
      };
    }
    case 'round.started': {
      const d = f.data;
      const interviewer = { name: d.interviewer?.name || 'Interviewer', role: d.interviewer?.role ?? '' };
      const who = interviewer.role ? `${interviewer.name}, ${interviewer.role}` : interviewer.name;
      const noted = add({ ...m, interviewer }, { seq, kind: 'note', text: `${who} joins` });
      return d.text ? add(hush(noted), { seq: seq + 0.5, kind: 'speech', text: d.text }) : noted;
    }
    case 'block.started': {
      const d = f.data;
      const block = {
        block: d.block ?? 0,
        phase: d.phase ?? '',
        title: d.title ?? '',
        minutes: d.minutes ?? 0,
        kind: d.kind ?? '',
        artifacts: d.artifacts ?? [],
        ids: d.ids ?? [],
        followupSeconds: d.followup_seconds ?? 0,
      };
      const next = add(
        { ...m, block, turn: null, question: null, material: null, artifacts: {} },
        { seq, kind: 'block', title: block.title, minutes: block.minutes },
      );
      return d.text ? add(hush(next), { seq: seq + 0.5, kind: 'speech', text: d.text }) : next;
    }
    case 'question.asked': {
      const d = f.data;
      const question: QuestionView = {
        turn: d.turn ?? 0,
        block: d.block ?? m.block?.block ?? 0,
        text: d.text ?? '',
        main: d.main !== false,
        probe: d.probe ?? null,
        voice: d.voice ?? '',
      };
      return add(
        { ...hush(m), turn: question.turn, question, material: d.material ?? m.material },
        { seq, kind: 'question', question },
      );
    }
    case 'answer.submitted': {
      const turn = f.data.turn ?? 0;
      return add(shut(m, turn), { seq, kind: 'answer', turn, text: f.data.text ?? '', words: f.data.words ?? null });
    }
    case 'turn.skipped': {
      const turn = f.data.turn ?? 0;
      return add(shut(m, turn), { seq, kind: 'skipped', turn, why: f.data.why ?? '' });
    }
    case 'artifact.saved': {
      const kind = f.data.kind ?? '';
      const rows = Array.isArray(f.data.rows) ? f.data.rows : [];
      const turn = f.data.turn ?? 0;
      // Each save replaces the one before it in the same turn.
      const entries = m.entries.filter((e) => !(e.kind === 'artifact' && e.turn === turn && e.artifact === kind));
      return add({ ...m, entries, artifacts: { ...m.artifacts, [kind]: rows } }, { seq, kind: 'artifact', turn, artifact: kind, rows });
    }
    case 'hint.given':
      return add(hush(m), { seq, kind: 'hint', turn: f.data.turn ?? 0, text: f.data.text ?? '' });
    case 'clarified': {
      const d = f.data;
      return add(hush(m), {
        seq,
        kind: 'clarified',
        turn: d.turn ?? 0,
        question: d.question ?? '',
        text: d.text ?? '',
        repeat: d.repeat === true,
      });
    }
    case 'speech.stopped':
      return m.speaking ? { ...m, speaking: { ...m.speaking, busy: false } } : m;
    case 'session.paused':
      return add({ ...m, paused: true }, {
        seq,
        kind: 'note',
        text: f.data.why === 'away' ? 'Paused while this page was away' : 'Paused',
      });
    case 'session.resumed':
      return add({ ...m, paused: false }, { seq, kind: 'note', text: 'Resumed' });
    case 'block.closed': {
      const next = hush(m);
      return f.data.measured && m.session?.mode !== 'exam'
        ? add(next, { seq, kind: 'measured', title: m.block?.title ?? '', measured: f.data.measured })
        : next;
    }
    case 'voice.degraded': {
      const degraded = f.data.reason || 'The model did not answer.';
      return add({ ...m, degraded }, { seq, kind: 'note', text: `The authored voice goes on: ${degraded}` });
    }
    case 'session.closed':
      return add({ ...hush(m), closed: f.data.why ?? '', turn: null, question: null, paused: false, busy: null }, {
        seq,
        kind: 'note',
        text: closing(f.data.why),
      });
    case 'report.ready':
      return { ...m, reportReady: true };
    default:
      return m;
  }
}

function closing(why: string | undefined): string {
  return why === 'ended' ? 'You ended the session' : why === 'abandoned' ? 'The session ran out of time' : 'The session is complete';
}

const add = (m: Model, entry: Entry): Model => ({ ...m, entries: [...m.entries, entry] });
const hush = (m: Model): Model => (m.speaking ? { ...m, speaking: null } : m);
const shut = (m: Model, turn: number): Model => (m.turn === turn ? { ...hush(m), turn: null, question: null } : hush(m));
const say = (m: Model, text: string): Model => ({ ...m, announcement: { n: m.announcement.n + 1, text } });

/** What a screen reader hears: whole utterances and changes of state, never deltas. */
function announce(m: Model, f: Frame): Model {
  const who = m.interviewer?.name ?? 'Interviewer';
  switch (f.type) {
    case 'round.started':
    case 'hint.given':
    case 'clarified':
    case 'question.asked':
      return f.data.text ? say(m, `${f.type === 'hint.given' ? 'Hint' : who}: ${f.data.text}`) : m;
    case 'block.started':
      return say(m, [f.data.title, f.data.text].filter(Boolean).join('. '));
    case 'session.paused':
      return say(m, 'Paused');
    case 'session.resumed':
      return say(m, 'Resumed');
    case 'voice.degraded':
      return say(m, 'The model stopped answering. The authored voice goes on.');
    case 'session.closed':
      return say(m, `${closing(f.data.why)}.`);
    case 'report.ready':
      return say(m, 'The report is ready.');
    default:
      return m;
  }
}

/** The clock is spoken at three quarters and at the end, and otherwise only when asked for. */
function threshold(m: Model): Model {
  const limit = (m.session?.minutes ?? 0) * 60;
  const used = m.clock?.interview_s ?? 0;
  if (limit <= 0) return m;
  const now = used >= limit ? 2 : used >= 0.75 * limit ? 1 : 0;
  if (now <= m.threshold) return m;
  return say({ ...m, threshold: now }, now === 2 ? 'The planned time is used.' : 'Three quarters of the planned time are used.');
}
