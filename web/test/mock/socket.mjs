// The least websocket server that the mock needs: text frames, no fragments out, no extensions.
import { createHash } from 'node:crypto';

export function upgrade(req, socket, { onText, onClose }) {
  const accept = createHash('sha1').update(req.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  let buf = Buffer.alloc(0);
  let open = true;
  const frame = (op, payload) => {
    if (!open) return;
    const n = payload.length;
    const head = n < 126 ? Buffer.from([0x80 | op, n]) : n < 65536 ? Buffer.from([0x80 | op, 126, n >> 8, n & 255]) : Buffer.alloc(10);
    if (n >= 65536) {
      head[0] = 0x80 | op;
      head[1] = 127;
      head.writeBigUInt64BE(BigInt(n), 2);
    }
    socket.write(Buffer.concat([head, payload]));
  };
  const api = {
    send: (value) => frame(1, Buffer.from(JSON.stringify(value))),
    close: (code) => {
      const b = Buffer.alloc(2);
      b.writeUInt16BE(code);
      frame(8, b);
      socket.end();
    },
    cut: () => socket.destroy(),
  };
  socket.on('data', (chunk) => {
    buf = Buffer.concat([buf, chunk]);
    for (;;) {
      if (buf.length < 2) return;
      const op = buf[0] & 15;
      let len = buf[1] & 127;
      let at = 2;
      if (len === 126) {
        if (buf.length < 4) return;
        len = buf.readUInt16BE(2);
        at = 4;
      } else if (len === 127) {
        if (buf.length < 10) return;
        len = Number(buf.readBigUInt64BE(2));
        at = 10;
      }
      if (buf.length < at + 4 + len) return;
      const mask = buf.subarray(at, at + 4);
      const body = Buffer.from(buf.subarray(at + 4, at + 4 + len));
      for (let i = 0; i < body.length; i++) body[i] ^= mask[i & 3];
      buf = buf.subarray(at + 4 + len);
      if (op === 1) onText(body.toString('utf8'));
      else if (op === 8) api.close(1000);
      else if (op === 9) frame(10, body);
    }
  });
  const end = () => {
    if (!open) return;
    open = false;
    onClose();
  };
  socket.on('close', end);
  socket.on('error', end);
  return api;
}
