// One command to a session that nobody sits any more: connects, sends it, and leaves when it is acknowledged.

import type { Command } from './frames';
import { socketUrl } from './rest';
import { Connection, type SocketLike } from './socket';

const PATIENCE_MS = 10_000;

export function once(session: string, command: Command, open: () => SocketLike = () => new WebSocket(socketUrl(session, location)) as SocketLike): Promise<void> {
  return new Promise((resolve, reject) => {
    let id = '';
    const end = (problem?: string) => {
      clearTimeout(timer);
      connection.close();
      if (problem === undefined) resolve();
      else reject(new Error(problem));
    };
    const connection = new Connection({
      open,
      onFrame: (f) => {
        if (f.type === 'ack' && f.data.id === id) end();
        if (f.type === 'error' && f.data.id === id) end(f.data.message ?? 'it was refused');
      },
      onStatus: (s) => {
        if (s.state === 'gone') end(s.reason);
      },
      onSent: () => {},
    });
    const timer = setTimeout(() => end('the server did not answer in time; nothing was changed'), PATIENCE_MS);
    connection.connect();
    id = connection.send(command);
  });
}
