// The page's addresses: #/ (lobby), #/material, #/models, #/stories, #/stories/from/SESSION/BLOCK, #/progress, #/cards, #/keep, #/session/ID,
// #/session/ID/report, #/session/ID/debrief.

import type { From } from '../wire/stories';

export type Route = { page: 'lobby' } | { page: 'material' } | { page: 'models' } | { page: 'progress' } | { page: 'cards' } | { page: 'keep' } | { page: 'stories'; from?: From } | { page: 'interview' | 'report' | 'debrief'; id: string };

export function parseRoute(hash: string): Route {
  if (/^#\/material\/?$/.test(hash)) return { page: 'material' };
  if (/^#\/models\/?$/.test(hash)) return { page: 'models' };
  if (/^#\/stories\/?$/.test(hash)) return { page: 'stories' };
  const between = /^#\/(progress|cards|keep)\/?$/.exec(hash);
  if (between) return { page: between[1] as 'progress' | 'cards' | 'keep' };
  const f = /^#\/stories\/from\/([A-Za-z0-9_-]+)\/(\d{1,6})$/.exec(hash);
  if (f) return { page: 'stories', from: { session: f[1]!, block: Number(f[2]) } };
  const m = /^#\/session\/([^/]+)(\/report|\/debrief)?\/?$/.exec(hash);
  if (!m) return { page: 'lobby' };
  try {
    return { page: m[2] === '/report' ? 'report' : m[2] ? 'debrief' : 'interview', id: decodeURIComponent(m[1]!) };
  } catch {
    return { page: 'lobby' };
  }
}

export const toLobby = '#/';
export const toMaterial = '#/material';
export const toModels = '#/models';
export const toStories = '#/stories';
export const toStoryFrom = (session: string, block: number): string => `#/stories/from/${encodeURIComponent(session)}/${block}`;
export const toInterview = (id: string): string => `#/session/${encodeURIComponent(id)}`;
export const toReport = (id: string): string => `#/session/${encodeURIComponent(id)}/report`;
export const toDebrief = (id: string): string => `#/session/${encodeURIComponent(id)}/debrief`;
export const toProgress = '#/progress';
export const toCards = '#/cards';
export const toKeep = '#/keep';
