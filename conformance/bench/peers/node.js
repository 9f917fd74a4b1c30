// W1 in Node by hand: what somebody would write for this one counterparty with nothing but Node's own library.
'use strict';
const net = require('node:net');
const http = require('node:http');
const crypto = require('node:crypto');

const macKey = Buffer.from('tongshi-w1-mac-key-0123456789abc');
const signatureKey = Buffer.from('tongshi-w1-signature-key-abcdefg');
const [host, port] = process.argv[2].split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 64, noDelay: true });

// GBK: Node decodes it and has no encoder, so that a table is made from the decoder.
const decoder = new TextDecoder('gbk', { fatal: true });
const encodes = new Map();
for (let lead = 0x81; lead <= 0xfe; lead++) {
  for (let trail = 0x40; trail <= 0xfe; trail++) {
    try {
      const text = decoder.decode(Uint8Array.of(lead, trail));
      if (text.length === 1 && !encodes.has(text)) encodes.set(text, (lead << 8) | trail);
    } catch { /* no character stands there */ }
  }
}

function putText(buffer, text, at, width) {
  let end = at;
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (code < 0x80) {
      buffer[end++] = code;
    } else {
      const pair = encodes.get(character);
      if (pair === undefined) throw new Error('no GBK');
      buffer[end++] = pair >> 8;
      buffer[end++] = pair & 0xff;
    }
  }
  if (end > at + width) throw new Error('too long');
  buffer.fill(0x20, end, at + width);
  return at + width;
}

const mac = (octets) => crypto.createHmac('sha256', macKey).update(octets).digest('hex').slice(0, 16).toUpperCase();
const signature = (octets) => crypto.createHmac('sha256', signatureKey).update(octets).digest('hex');
const digits = (text, width) => {
  if (text.length !== width || !/^\d+$/.test(text)) throw new Error('no figures');
  return text;
};
const day = (text) => {
  digits(text, 8);
  const date = new Date(Date.UTC(+text.slice(0, 4), +text.slice(4, 6) - 1, +text.slice(6)));
  if (date.toISOString().slice(0, 10).replaceAll('-', '') !== text) throw new Error('no day');
  return text;
};
const fen = (text) => {
  if (!/^\d{1,10}\.\d\d$/.test(text)) throw new Error('no amount');
  return text.replace('.', '').padStart(12, '0').slice(-12);
};

function answer(body, reply) {
  const sealed = body.subarray(0, 109);
  if (body.length !== 125 || mac(sealed) !== body.toString('latin1', 109)) throw new Error('bad mac');
  const text = body.toString('latin1');
  const [code, date, serial, customerNo] = [text.slice(0, 4), day(text.slice(4, 12)), digits(text.slice(12, 24), 12), digits(text.slice(24, 37), 13)];
  if (code !== '2001') throw new Error('unknown code');
  const name = decoder.decode(body.subarray(37, 97)).trimEnd();
  const amount = Number(digits(text.slice(97, 109), 12));
  const yuan = `${Math.trunc(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;
  const content = Buffer.from(JSON.stringify({ txnCode: code, date, serial, customerNo, name, amount: yuan }));
  const headers = { 'Content-Type': 'application/json', 'Content-Length': content.length, 'X-Signature': signature(content) };
  const request = http.request({ host, port, method: 'POST', path: '/bill/query', agent, headers }, (response) => {
    const parts = [];
    response.on('data', (part) => parts.push(part));
    response.on('end', () => {
      const octets = parts.length === 1 ? parts[0] : Buffer.concat(parts);
      if (response.headers['x-signature'] !== signature(octets)) throw new Error('bad signature');
      const told = JSON.parse(octets.toString());
      if (told.serial !== serial) throw new Error('another serial');
      const frame = Buffer.allocUnsafe(4 + 189);
      frame.write(`01892002${date}${serial}${digits(told.code, 4)}`, 0, 'latin1');
      let at = putText(frame, told.message, 32, 40);
      at += frame.write(digits(told.customerNo, 13), at, 'latin1');
      at = putText(frame, told.name, at, 60);
      at += frame.write(fen(told.amount) + fen(told.balance) + day(told.dueDate), at, 'latin1');
      frame.write(mac(frame.subarray(4, at)), at, 'latin1');
      reply(frame);
    });
  });
  request.end(content);
}

const server = net.createServer({ noDelay: true }, (socket) => {
  let incoming = Buffer.alloc(0);
  socket.on('data', (data) => {
    incoming = incoming.length === 0 ? data : Buffer.concat([incoming, data]);
    while (incoming.length >= 4) {
      const length = Number(incoming.toString('latin1', 0, 4));
      if (incoming.length < 4 + length) return;
      answer(incoming.subarray(4, 4 + length), (frame) => socket.write(frame));
      incoming = incoming.subarray(4 + length);
    }
  });
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
