// SPDX-License-Identifier: MIT
//
// 1,000 requests while serve rolls: none fails. 1,000 requests while its workers are killed one after the other: at most
// the one request that each of them had in its hands fails, with 502, and no answer is wrong. A stream worker killed in
// the middle of a file leaves nothing of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { meetingsFile, sleep, Stack, until } from './lib.mjs';

const REQUESTS = 1000;
const CONCURRENCY = 8;
const ROLLS = 3;
const WEB_WORKERS = 8;

let stack, token, expected;

before(async () => {
  // A file longer than that is taken for interrupted, see the last test.
  stack = await Stack.up({ CM_WEB_WORKERS: String(WEB_WORKERS), CM_STREAM_TIMEOUT_MS: '4000' });
  token = await stack.token();
  await stack.upload(token, meetingsFile('roll', 200));
  await until('the jobs', async () => {
    const s = (await stack.data('/api/process-jobs', { token })).stats;
    return s.pending + s.processing === 0;
  }, 30000, 200);
  // Short ones and some that take a while, so that a kill finds workers busy. All answers are known.
  const kinds = [
    { path: '/api/me' }, { path: '/api/meetings?limit=200' }, { path: '/api/fields' },
    { path: '/api/charts/data', method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ chart: { chart_type: 'bar', x_axis: 'sales_rep', group_by: 'closed', y_axis: 'count',
        aggregation: 'count' } }) },
    { path: '/api/meetings/00000000-0000-7000-8000-000000000000' },
  ];
  expected = [];
  for (const k of kinds) {
    const a = await stack.ask(k.path, { ...k, token });
    expected.push({ ...k, status: a.status, text: stable(a) });
  }
  assert.deepEqual(expected.map((k) => k.status), [200, 200, 200, 200, 404]);
});
after(() => stack?.down());

// The request id is the one part of an answer that differs, and it must be the request's own.
function stable(a) {
  const id = a.headers['x-request-id'];
  assert.match(id, /^[0-9a-f]{32}$/);
  return a.body.replaceAll(id, 'ID');
}

// { failed: statuses of failures, wrong: answers that should not be }. `pace_ms` stretches them over the disturbance.
async function load(during) {
  const failed = [];
  const wrong = [];
  let next = 0;
  let disturbing = true;
  const disturbance = during().finally(() => (disturbing = false));
  await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
    // At least so many, and not before it is over.
    while (next < REQUESTS || disturbing) {
      const k = expected[next++ % expected.length];
      try {
        const a = await stack.ask(k.path, { ...k, token });
        if (a.status >= 500) {
          failed.push(a.status);
          assert.equal(JSON.parse(a.body).success, false);
        } else if (a.status !== k.status || stable(a) !== k.text) wrong.push(`${k.path}: ${a.status} ${a.body.slice(0, 200)}`);
      } catch (e) {
        wrong.push(`${k.path}: ${e.message}`);
      }
    }
  }));
  await disturbance;
  return { failed, wrong, sent: next };
}

test('rolling restarts lose no request', async (t) => {
  const begun = new Set((await stack.processes('web')).map((p) => p.pid));
  const done = await load(async () => {
    for (let i = 0; i < ROLLS; i++) {
      const old = new Set([...(await stack.processes('web')), ...(await stack.processes('stream'))].map((p) => p.pid));
      process.kill(stack.pid('serve'), 'SIGHUP');
      await until('a roll', async () => {
        const now = [...(await stack.processes('web')), ...(await stack.processes('stream'))];
        return now.length === old.size && now.every((p) => !old.has(p.pid));
      }, 30000);
    }
  });
  t.diagnostic(`${done.sent} requests, ${ROLLS} rolls of ${begun.size} web workers`);
  assert.deepEqual(done.failed, []);
  assert.deepEqual(done.wrong, []);
  assert.ok(done.sent >= REQUESTS);
});

test('killed web workers lose at most what they had in hand', async (t) => {
  const victims = (await stack.processes('web')).map((p) => p.pid);
  assert.equal(victims.length, WEB_WORKERS);
  let killed = 0;
  const done = await load(async () => {
    for (const pid of victims) {
      // When it has something in hand, if that comes soon: killing an idle one would prove little.
      await until('work', async () => (await stack.processes('web')).some((p) => p.pid === pid && p.state === 'busy'), 300, 5)
        .catch(() => {});
      process.kill(pid, 'SIGKILL');
      killed++;
      await sleep(100);
    }
  });
  t.diagnostic(`${done.sent} requests, ${killed} workers killed, ${done.failed.length} answered ${[...new Set(done.failed)]}`);
  assert.deepEqual(done.wrong, []);
  assert.ok(done.failed.length <= killed, `${done.failed.length} requests failed, ${killed} workers were killed`);
  assert.ok(done.failed.every((s) => s === 502), `statuses ${done.failed}`);
  await until('the full pool', async () => {
    const now = await stack.processes('web');
    return now.length === WEB_WORKERS && now.every((p) => !victims.includes(p.pid));
  });
  const again = await load(async () => {});
  assert.deepEqual([again.failed, again.wrong], [[], []]);
});

test('a stream worker killed in the middle of a file leaves nothing half-visible, and the row says so', async () => {
  const file = Buffer.from(meetingsFile('cut', 300));
  const before = await stack.one('SELECT count(*) FROM meetings');
  const held = async () => (await stack.processes('stream')).filter((p) => p.state === 'busy' && p.route === '/api/upload');
  // Half of it.
  const sending = stack.send(token, (async function* () {
    yield file.subarray(0, file.length / 2);
    await new Promise(() => {}); // and the rest never comes
  })(), file.length, { name: 'cut.csv' });
  const [worker] = await until('the upload in a worker', async () => (await held()).length === 1 && held());
  process.kill(worker.pid, 'SIGKILL');
  const a = await sending.answer;
  sending.request.destroy();
  assert.equal(a.status, 502);
  assert.equal(await stack.one('SELECT count(*) FROM meetings'), before);
  // The list calls it interrupted once no upload may take longer.
  const row = await until('the row', async () => {
    const u = (await stack.data('/api/uploads?limit=1', { token })).uploads[0];
    return u.filename === 'cut.csv' && u.state === 'failed' && u;
  }, 10000);
  assert.equal(row.created, 0);
  // The same file goes through afterwards.
  assert.equal((await stack.upload(token, file)).created, 300);
});
