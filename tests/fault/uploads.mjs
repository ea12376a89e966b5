// SPDX-License-Identifier: MIT
//
// Large files and files sent at the same time. Memory of a stream worker stays within 32 MB over its start whatever the
// size: 64 MB here, 1 GB with CM_TEST_BIG=1 (generated as it is sent, never on disk on this side).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { countsOf, header, meetingRow, meetingsFile, memoryOf, sleep, Stack } from './lib.mjs';

const BIG = process.env.CM_TEST_BIG === '1';
const BYTES = BIG ? 1_000_000_000 : 64 << 20; // nginx and CM_UPLOAD_MAX_BYTES take 1 GiB
const ROW_BYTES = 50_000;
const BOUND = 32 << 20;

let stack, demo, other, start;

before(async () => {
  stack = await Stack.up();
  start = new Map((await stack.processes('stream')).map((p) => [p.pid, memoryOf(p.pid)]));
  demo = await stack.token();
  other = await stack.token('admin@other.test');
});
after(() => stack?.down());

test('two tenants with the same file at the same time do not meet', async () => {
  const file = meetingsFile('both', 500);
  const [a, b] = await Promise.all([stack.upload(demo, file), stack.upload(other, file)]);
  for (const u of [a, b]) assert.deepEqual([u.rows, u.created, u.duplicate, u.jobs_created], [500, 500, 0, 500]);
  for (const slug of ['demo', 'other']) {
    const c = await countsOf(stack, slug);
    assert.deepEqual([c.meetings, c.identities, c.facts, c.transcripts, c.subjects], [500, 500, 500, 500, 500], slug);
  }
});

test('one tenant sends the same file twice at the same time: each meeting is there once, and the counts add up', async () => {
  const before = (await countsOf(stack)).meetings;
  const file = meetingsFile('twice', 500);
  const [a, b] = await Promise.all([stack.upload(demo, file), stack.upload(demo, file)]);
  for (const u of [a, b]) assert.equal(u.created + u.updated + u.duplicate + u.invalid + u.skipped, 500);
  assert.equal(a.created + b.created, 500);
  assert.equal(a.duplicate + b.duplicate, 500);
  assert.equal(a.jobs_created + b.jobs_created, 500);
  const c = await countsOf(stack);
  assert.deepEqual([c.meetings - before, c.identities - before, c.facts - before], [500, 500, 500]);
  // Overlapping, each with rows of its own.
  const rows = Array.from({ length: 300 }, (_, i) => meetingRow('half', i));
  const [x, y] = await Promise.all([
    stack.upload(demo, header + rows.slice(0, 200).join('')), stack.upload(demo, header + rows.slice(100).join(''))]);
  assert.deepEqual([x.created + y.created, x.duplicate + y.duplicate], [300, 100]);
});

test(`a file of ${Math.round(BYTES / 1e6)} MB: memory stays flat, every row is counted`, { timeout: 300_000 }, async (t) => {
  const sanitized = (process.env.CM_TEST_BIN ?? '').includes('/asan/'); // it keeps what was freed: no bound would mean anything
  // Reading the rows is not what is measured here, and would go on long after.
  process.kill(stack.pid('work'), 'SIGTERM');
  const workers = [...start.keys()];
  const head = Buffer.from(header);
  // The same transcript in each row, made once; what tells rows apart stands before it.
  const sampleRow = meetingRow('mem', 0, ROW_BYTES);
  const text = Buffer.from(sampleRow.slice(sampleRow.indexOf('"')));
  const first = (i) => Buffer.from(meetingRow('mem', i).split('"')[0]);
  const n = Math.floor((BYTES - head.length) / (text.length + 110));
  let total = head.length;
  for (let i = 0; i < n; i++) total += first(i).length + text.length;
  assert.ok(total <= BYTES);

  const begun = performance.now();
  const sending = stack.send(demo, (function* () {
    yield head;
    for (let i = 0; i < n; i++) yield Buffer.concat([first(i), text]);
    // Duplicates and a broken row would change nothing in memory; they are tested elsewhere.
  })(), total, { name: 'big.csv', timeout: 280_000 });
  // Anonymous memory has no high-water mark of its own: look now and then.
  let anonymous = 0;
  let over = false;
  const watch = (async () => {
    while (!over) {
      for (const pid of workers) anonymous = Math.max(anonymous, memoryOf(pid).anonymous - start.get(pid).anonymous);
      await sleep(100);
    }
  })();
  const a = await sending.answer.finally(() => (over = true));
  await watch;
  const seconds = (performance.now() - begun) / 1000;
  assert.equal(a.status, 201, a.body);
  const u = JSON.parse(a.body).data;
  assert.deepEqual([u.rows, u.created, u.duplicate, u.invalid, u.jobs_created], [n, n, 0, 0, n]);
  assert.equal(u.bytes, total);
  assert.equal(await stack.one("SELECT count(*) FROM meetings WHERE client_name LIKE 'Persona mem %'"), n);

  assert.deepEqual((await stack.processes('stream')).map((p) => p.pid).sort(), [...workers].sort(), 'no worker was replaced');
  const grown = Math.max(...workers.map((pid) => memoryOf(pid).hwm - start.get(pid).hwm));
  t.diagnostic(`${(total / 1e6).toFixed(0)} MB, ${n} rows in ${seconds.toFixed(1)} s; peak ${(grown / 1e6).toFixed(1)} MB over the start, ` +
    `anonymous ${(anonymous / 1e6).toFixed(1)} MB`);
  assert.ok(grown > 0, 'the worker that did it was looked at');
  assert.ok(sanitized || grown < BOUND, `${grown} bytes`);
});
