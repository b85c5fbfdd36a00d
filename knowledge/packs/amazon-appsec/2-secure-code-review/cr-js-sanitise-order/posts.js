import { decode, encode } from 'html-entities';
import { Marked } from 'marked';
import sanitizeHtml from 'sanitize-html';
import { members, posts } from './store.js';

const RULES = {
  allowedTags: ['p', 'br', 'em', 'strong', 'a', 'ul', 'ol', 'li', 'blockquote', 'code', 'pre'],
  allowedAttributes: { a: ['href', 'title'] },
  allowedSchemes: ['http', 'https', 'mailto'],
};
const marked = new Marked({ gfm: true, breaks: true });

function headline(text) {
  return encode(String(text).trim()).slice(0, 160).normalize('NFKC');
}

function body(text) {
  const cleaned = sanitizeHtml(String(text).slice(0, 20_000), RULES);
  const source = decode(cleaned);
  return marked.parse(source);
}

async function mentions(html) {
  const names = [...new Set([...html.matchAll(/(?<=^|[\s>])@([a-z0-9]{3,20})\b/g)].map((m) => m[1]))];
  const found = new Map((await members.byHandle(names)).map((m) => [m.handle, m]));
  return html.replace(/(?<=^|[\s>])@([a-z0-9]{3,20})\b/g, (whole, handle) => {
    const member = found.get(handle);
    return member ? `<a href="/m/${handle}" title="${member.displayName}">${whole}</a>` : whole;
  });
}

function teaser(html) {
  return html.length > 400 ? `${html.slice(0, 400)}…` : html;
}

export async function createPost(author, form) {
  return posts.insert({
    author: author.id,
    title: headline(form.title),
    html: await mentions(body(form.text)),
    plot: Number(form.plot) || null,
  });
}

export async function frontPage(req, res) {
  const list = await posts.latest(30);
  const cards = list.map((p) => `<article><h2>${p.title}</h2><div>${teaser(p.html)}</div>
    <a href=/posts/${p.id}>Read on</a></article>`);
  res.type('html').send(`<!doctype html><title>Notice board</title>${cards.join('\n')}`);
}

export async function postPage(req, res) {
  const post = await posts.byId(Number(req.params.id));
  if (!post) return res.sendStatus(404);
  const state = JSON.stringify({ id: post.id, title: post.title, plot: post.plot, by: post.author });
  res.type('html').send(`<!doctype html><title>${post.title}</title>
    <script type="application/json" id="state">${state.replaceAll('<', '\\u003c')}</script>
    <h1>${post.title}</h1><main>${post.html}</main><script src="/js/reply.js"></script>`);
}
