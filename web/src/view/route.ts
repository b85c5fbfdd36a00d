// The page's addresses: #/ (lobby), #/material, #/models, #/session/ID, #/session/ID/report.

export type Route = { page: 'lobby' } | { page: 'material' } | { page: 'models' } | { page: 'interview' | 'report'; id: string };

export function parseRoute(hash: string): Route {
  if (/^#\/material\/?$/.test(hash)) return { page: 'material' };
  if (/^#\/models\/?$/.test(hash)) return { page: 'models' };
  const m = /^#\/session\/([^/]+)(\/report)?\/?$/.exec(hash);
  if (!m) return { page: 'lobby' };
  try {
    return { page: m[2] ? 'report' : 'interview', id: decodeURIComponent(m[1]!) };
  } catch {
    return { page: 'lobby' };
  }
}

export const toLobby = '#/';
export const toMaterial = '#/material';
export const toModels = '#/models';
export const toInterview = (id: string): string => `#/session/${encodeURIComponent(id)}`;
export const toReport = (id: string): string => `#/session/${encodeURIComponent(id)}/report`;
