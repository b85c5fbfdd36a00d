// What the mock interviewer asks, and what its report says.

const code = `import os
import sqlite3
from flask import Flask, request, send_file

app = Flask(__name__)
ROOT = "/srv/uploads"

def db():
    return sqlite3.connect("app.db")

@app.get("/files")
def files():
    owner = request.args.get("owner", "")
    rows = db().execute("SELECT id, name FROM files WHERE owner = '%s'" % owner)
    return {"files": [{"id": r[0], "name": r[1]} for r in rows]}

@app.get("/download")
def download():
    name = request.args["name"]
    return send_file(os.path.join(ROOT, name), as_attachment=True)  # serves any file under the upload root

@app.post("/resize")
def resize():
    name = request.form["name"]
    os.system("convert " + os.path.join(ROOT, name) + " -resize 200x200 thumb.png")
    return {"ok": True}
`;

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 520 180" font-family="sans-serif" font-size="14">
<rect x="150" y="20" width="350" height="140" fill="none" stroke="#888" stroke-dasharray="6 4"/><text x="158" y="38" fill="#666">VPC</text>
<rect x="10" y="70" width="90" height="44" rx="22" fill="#eee" stroke="#333"/><text x="30" y="97">Browser</text>
<rect x="180" y="70" width="110" height="44" fill="#eee" stroke="#333"/><text x="200" y="97">Upload API</text>
<rect x="370" y="70" width="110" height="44" fill="#eee" stroke="#333"/><text x="385" y="97">File bucket</text>
<path d="M100 92h76M290 92h76" stroke="#333" marker-end="url(#a)"/><defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0l8 4-8 4z"/></marker></defs>
</svg>`;

export const formats = {
  formats: [
    { id: 'phone-screen', title: 'Phone screen', summary: '60 minutes with one interviewer: a threat model, a code review, a remediation, then two stories and your own questions.', minutes: 60, modes: ['coached', 'exam'], kinds: ['threat-model', 'code-review', 'behavioural'], phases: [
      { id: 'opening', title: 'Opening', minutes: 2 }, { id: 'introduction', title: 'Your introduction', minutes: 2 }, { id: 'threat-model', title: 'Threat model', minutes: 10 },
      { id: 'code-review', title: 'Code review', minutes: 8 }, { id: 'story-a', title: 'First story', minutes: 12 }, { id: 'triage', title: 'Triage', minutes: 8 }] },
    { id: 'story-drill', title: 'Story drill', summary: 'One leadership question, up to three follow-ups. 10 to 14 minutes.', minutes: 14, modes: ['coached', 'drill', 'exam'], kinds: ['behavioural'], phases: [{ id: 'story', title: 'Story', minutes: 14 }] },
    { id: 'code-review', title: 'Code review', summary: 'One pull request of 30 to 90 lines. Mark findings by line, worst first.', minutes: 10, modes: ['coached', 'drill', 'exam'], kinds: ['code-review'], phases: [{ id: 'code-review', title: 'Code review', minutes: 10 }] },
    { id: 'threat-model', title: 'Threat model', summary: 'A design with a diagram and a fact table. Scope, boundaries, threats, ranking, mitigations.', minutes: 20, modes: ['coached', 'drill', 'exam'], kinds: ['threat-model'], phases: [{ id: 'threat-model', title: 'Threat model', minutes: 20 }] },
  ],
  pack: { id: 'appsec', version: '1.0.0', title: 'Application Security Engineer', role: 'For a security engineer’s interview', notice: 'Practice by our own rules; not connected with or approved by any employer. What you type stays with this server.', levels: ['L4', 'L5', 'L6'], default_level: 'L5' },
  voice: process.env.MOCK_MODEL
    ? { kind: 'ollama', model: process.env.MOCK_MODEL, detail: 'Questions are worded by this model and checked before you see them.' }
    : { kind: 'authored', detail: 'Every question is spoken as its author wrote it. The interview is complete without a model.', commands: ['ollama serve', 'ollama pull qwen3:4b'] },
};

export const items = {
  'code-review': [{ id: 'cr-07', kind: 'code-review', title: 'File service in Python', section: 2, level: ['L4', 'L5'], est_minutes: 8 }, { id: 'cr-09', kind: 'code-review', title: 'Password reset in Java', section: 2, level: ['L5'], est_minutes: 10 }],
  'threat-model': [{ id: 'tm-01', kind: 'threat-model', title: 'A page with file upload', section: 1, level: ['L5'], est_minutes: 20 }],
  behavioural: [{ id: 'bq-11', kind: 'behavioural', title: 'A decision with incomplete data', section: 3, level: ['L5'], est_minutes: 12 }],
};

const tm = [
  { block: { phase: 'threat-model', title: 'Threat model', minutes: 10, kind: 'threat-model', artifacts: ['model', 'threats'], text: 'We start with a design.' },
    ask: { text: 'Customers of a photo-book shop upload up to 500 files each; an API stores them and a worker makes thumbnails.\n\nBefore you list threats: what do you need to know, and what is in scope?', material: { kind: 'diagram', title: 'Photo-book upload', text: 'About 2 million uploads a day. Files are kept for 30 days. Support staff can open any order.', diagram: { svg, text: 'Browser → Upload API (in the VPC) → File bucket. The trust boundary runs between the browser and the VPC.' } } },
    probes: [{ text: 'Which of those boundaries worries you most, and why?', type: 'point' }] },
];
const cr = [
  { block: { phase: 'code-review', title: 'Code review', minutes: 8, kind: 'code-review', artifacts: ['findings'] },
    ask: { text: 'Please review this pull request as you would at work. Mark what you would raise, worst first.', material: { kind: 'code', title: 'files.py', code: { language: 'python', text: code } } },
    probes: [{ text: 'Show me the request that exploits your first finding.', type: 'point' }] },
];
const story = [
  { block: { phase: 'story-a', title: 'First story', minutes: 12, kind: 'behavioural', text: 'Now for something else.' },
    ask: { text: 'Tell me about a time you had to make a decision with incomplete data.' },
    probes: [{ text: 'You said “we rolled it out”. Which part would not have happened without you?', type: 'Q05' }, { text: 'How did you know it worked?', type: 'Q10' }] },
];
const triage = [
  { block: { phase: 'triage', title: 'Triage', minutes: 8, kind: 'remediation', artifacts: ['ranking', 'verdict'], ids: [{ id: 'f1', label: 'SQL injection in the admin report' }, { id: 'f2', label: 'Outdated TLS library in the build image' }, { id: 'f3', label: 'Public bucket with old invoices' }] },
    ask: { text: 'Put these three in order and give a verdict on each.' }, probes: [] },
];

export const plans = { 'phone-screen': [...tm, ...cr, ...story, ...triage], 'story-drill': story, 'code-review': cr, 'threat-model': tm };

const enc = new TextEncoder();
const at = (text, part) => {
  const i = text.indexOf(part);
  return { start: enc.encode(text.slice(0, i)).length, end: enc.encode(text.slice(0, i + part.length)).length };
};

export function report(s) {
  const text = 'In March our café-ordering service — 40 000 orders a day — lost its fraud signal. I had to decide within two hours whether to block new accounts. I pulled the last 14 days of orders, compared chargebacks and wrote the rule myself. We rolled it out at 18:00. Chargebacks fell from 3.1% to 0.4% in one week.';
  const sent = [['In March our café-ordering service — 40 000 orders a day — lost its fraud signal.', 'S'], ['I had to decide within two hours whether to block new accounts.', 'T'], ['I pulled the last 14 days of orders, compared chargebacks and wrote the rule myself.', 'A'], ['We rolled it out at 18:00.', 'A'], ['Chargebacks fell from 3.1% to 0.4% in one week.', 'R']];
  const qs = [['40 000', 'population'], ['14 days', 'window'], ['3.1%', 'baseline'], ['0.4%', 'after'], ['one week', 'window']];
  return {
    session: { id: s.id, format: s.format, title: s.title, mode: s.mode, level: s.level, created_at: s.created_at, closed_at: s.closed_at, why: s.why, voice: { ...formats.voice, degraded: false }, pack: { id: 'appsec', version: '1.0.0' } },
    notice: 'Practice result by our rules.',
    phases: [{ id: 'code-review', title: 'Code review', planned_minutes: 8, interview_minutes: 9.4, wall_minutes: 14 }, { id: 'story-a', title: 'First story', planned_minutes: 12, interview_minutes: 6.2, wall_minutes: 21.5 }],
    blocks: [
      { block: 1, phase: 'code-review', kind: 'code-review', title: 'Code review', item: 'cr-07',
        questions: [{ turn: 1, main: true, text: 'Please review this pull request as you would at work.', hints: ['Follow each value that comes from the request.'], answer: { text: 'The query is built by string formatting, so owner can close the quote. I would bind it as a parameter.', words: 18, spoken_minutes: 0.1, artifacts: [{ kind: 'findings', rows: [{ start_line: 14, end_line: 14, issue: 'SQL injection', impact: 'reads every file name', fix: 'bind parameters', severity: 'high', cwe: 'CWE-89' }] }] } },
          { turn: 2, main: false, text: 'Show me the request that exploits your first finding.', probe: { type: 'point', name: 'exploit path', gap: 'no request shown', filled: false }, skipped: 'dont_know' }],
        points: [{ id: 'p1', text: 'The query takes the owner unescaped', must: true, weight: 3, unprompted: true, after_probes: true, quotes: [{ turn: 1, ...at('The query is built by string formatting, so owner can close the quote.', 'built by string formatting') }] }, { id: 'p2', text: 'Names a class-wide fix', weight: 1, unprompted: false, after_probes: true, quotes: [{ turn: 1, start: 71, end: 103 }] }, { id: 'p3', text: 'A shell runs with a name from the request', must: true, weight: 3, unprompted: false, after_probes: false, explains: 'os.system joins the file name into a command line; a name with ; runs anything.' }],
        findings: [{ id: 'f1', title: 'SQL injection', lines: [14, 14], severity: 'high', said: true, turn: 1, line_match: true }, { id: 'f2', title: 'Command injection', lines: [25, 26], severity: 'critical', said: false, exploit: 'name=a;id runs id', fix: 'pass a list to subprocess.run, no shell', prevention: 'lint rule against os.system' }], rows_that_match_no_finding: 1, decoys: [{ lines: [9, 9], why_safe: 'The database path is a constant.', taken: false }], order: [{ id: 'a', text: 'Take the route offline', at: 2 }, { id: 'b', text: 'Look for use in the logs', at: 0 }], decisive_facts: [{ id: 'f', asked: false, answer: 'The service is reachable from the internet.' }] },
      { block: 2, phase: 'story-a', kind: 'behavioural', title: 'First story', principle: { id: 'bias-for-action', label: 'Bias for Action' }, item: 'bq-11',
        questions: [{ turn: 3, main: true, text: 'Tell me about a time you had to make a decision with incomplete data.', clarifications: [{ question: 'May it be from an earlier job?', text: 'Yes.' }], answer: { text, words: 62, spoken_minutes: 0.44, sentences: sent.map(([t, part]) => ({ ...at(text, t), part })), missing: [], ownership: { i: 3, we: 1, passive: 0 }, quantities: qs.map(([t, role]) => ({ ...at(text, t), role })) } },
          { turn: 4, main: false, text: 'You said “we rolled it out”. Which part would not have happened without you?', probe: { type: 'Q05', name: 'ownership', gap: '“we” where the action is', filled: true }, answer: { text: 'I wrote the rule and I alone was on call for it.', words: 12, spoken_minutes: 0.1, sentences: [{ start: 0, end: 48, part: 'A' }], ownership: { i: 2, we: 0, passive: 0 } } }],
        unprompted: { parts: ['S', 'T', 'A', 'R'], ownership: { i: 3, we: 1, passive: 0 }, gaps: [{ code: 'Q05', name: 'own part unclear' }, { code: 'Q07', name: 'no alternative' }] },
        after_probes: { parts: ['S', 'T', 'A', 'R'], ownership: { i: 5, we: 1, passive: 0 }, gaps: [{ code: 'Q07', name: 'no alternative' }] } },
    ],
    numbers: qs.map(([t, role]) => ({ turn: 3, ...at(text, t), text: t, role, noun: role === 'population' ? 'orders a day' : 'chargebacks', conflict: t === '0.4%' ? 5 : undefined })),
    notes: ['The review ran 1.4 minutes over its plan.', 'No rejected alternative was named in the story.'],
    provenance: ['Parts, words, ownership and numbers: measured by code.', 'Points: authored rules of pack appsec 1.0.0.', 'No model graded this session.'],
  };
}
