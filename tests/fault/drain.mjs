// SPDX-License-Identifier: MIT
//
// TERM of serve while files arrive: one that ends within the grace is loaded whole, one that does not is refused whole,
// and its row says so.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { meetingsFile, sleep, Stack, until } from './lib.mjs';

const GRACE_MS = 6000;
const LONGEST_MS = 12000; // of an upload; afterwards its row is taken for interrupted

let stack, token;

before(async () => {
  stack = await Stack.up({ CM_SHUTDOWN_GRACE_MS: String(GRACE_MS), CM_STREAM_TIMEOUT_MS: String(LONGEST_MS) });
  token = await stack.token();
});
after(() => stack?.down());

const gone = (pid) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

// The file in pieces, over `ms` altogether.
async function* slowly(file, ms) {
  const pieces = 20;
  const size = Math.ceil(file.length / pieces);
  for (let at = 0; at < file.length; at += size) {
    yield file.subarray(at, at + size);
    await sleep(ms / pieces);
  }
}

test('TERM: the file in flight is finished, the one that takes too long is cut and leaves nothing', async () => {
  const soon = Buffer.from(meetingsFile('soon', 400));
  const late = Buffer.from(meetingsFile('late', 400));
  const serve = stack.pid('serve');
  const a = stack.send(token, slowly(soon, 2500), soon.length, { name: 'soon.csv' });
  const b = stack.send(token, slowly(late, 60000), late.length, { name: 'late.csv' });
  await until('both in their workers', async () =>
    (await stack.processes('stream')).filter((p) => p.state === 'busy' && p.route === '/api/upload').length === 2);
  await sleep(300);
  const begun = Date.now();
  process.kill(serve, 'SIGTERM');

  const first = await a.answer;
  assert.equal(first.status, 201, first.body);
  assert.equal(JSON.parse(first.body).data.created, 400);

  // No new work is taken meanwhile: nginx says so in the envelope.
  const during = await stack.ask('/api/me', { token });
  assert.equal(during.status, 502);
  assert.equal(JSON.parse(during.body).error.code, 'unavailable');

  const second = await b.answer.catch((e) => ({ status: 0, body: e.message }));
  assert.ok(second.status === 0 || second.status >= 500, `${second.status} ${second.body}`);
  b.request.destroy();
  await until('serve to end', () => gone(serve), GRACE_MS + 5000);
  assert.ok(Date.now() - begun < GRACE_MS + 5000, 'within its grace');

  await stack.sh('program');
  await until('serve again', async () => (await stack.ask('/readyz')).status === 200);
  const rows = await until('both rows to be at an end', async () => {
    const u = (await stack.data('/api/uploads', { token })).uploads;
    return u.every((x) => x.state !== 'receiving') && u;
  }, LONGEST_MS + 5000, 250);
  const byName = Object.fromEntries(rows.map((r) => [r.filename, r]));
  assert.equal(byName['soon.csv'].state, 'loaded');
  assert.equal(byName['soon.csv'].created, 400);
  assert.equal(byName['late.csv'].state, 'failed');
  assert.equal(byName['late.csv'].created, 0);
  assert.equal(await stack.one("SELECT count(*) FROM meetings WHERE client_name LIKE 'Persona late %'"), 0);
  assert.equal(await stack.one("SELECT count(*) FROM meetings WHERE client_name LIKE 'Persona soon %'"), 400);
});

test('TERM with nothing in hand ends at once', async () => {
  const serve = stack.pid('serve');
  const begun = Date.now();
  process.kill(serve, 'SIGTERM');
  await until('serve to end', () => gone(serve), 5000, 20);
  assert.ok(Date.now() - begun < 3000);
  await stack.sh('program');
  await until('serve again', async () => (await stack.ask('/readyz')).status === 200);
});
