// SPDX-License-Identifier: MIT
//
// Job workers killed in the middle of the sample, and PostgreSQL stopped under all of them: in the end every meeting
// was read exactly once in effect, and no job is left or lost.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { countsOf, header, meetingRow, sampleFile, sleep, Stack, until } from './lib.mjs';

const KILLS = 4;
const BATCH = 10;

let stack, token;

before(async () => {
  // A short lease, so that what a dead worker held comes back while the test waits; small batches, so that there is a
  // middle to kill in.
  stack = await Stack.up({ CM_JOB_LEASE_MS: '9500', CM_JOB_POLL_MS: '200', CM_JOB_BATCH: String(BATCH), CM_JOB_WORKERS: '2', CM_LLM_WORKERS: '0' });
  token = await stack.token();
});
after(() => stack?.down());

// The sample and as many more of its conversations as keep two workers busy for some seconds.
function bigSample(tag, more) {
  let text = readFileSync(sampleFile, 'utf8');
  if (!text.endsWith('\n')) text += '\n';
  for (let i = 0; i < more; i++) text += meetingRow(tag, i);
  return text;
}

const jobWorkers = async () => {
  // work has no listener of its own: its workers are the children of its master.
  const master = stack.pid('work');
  return readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
};

async function allRead(meetings) {
  const c = await until('every job to end', async () => {
    const now = await countsOf(stack);
    return now.jobs === 0 && now;
  }, 60000, 200); // the lease, and then one after the other
  assert.deepEqual(c, { ...c, meetings, identities: meetings, facts: meetings, read: meetings, analyses: meetings,
    analysed: meetings, completed: meetings, dead: 0, transcripts: meetings, subjects: meetings });
  return c;
}

test('job workers killed in the middle: every meeting is read, once', async (t) => {
  const file = bigSample('kill', 1500);
  const up = await stack.upload(token, file);
  assert.equal(up.created, up.rows);
  assert.equal(up.jobs_created, up.created);
  let killed = 0;
  let middle = 0;
  // All within one lease, so that none meets the same jobs twice: being killed three times is a dead letter by rule.
  for (; killed < KILLS; killed++) {
    const [victim] = await until('a worker', async () => {
      const list = await jobWorkers();
      return list.length && list;
    });
    const busy = await until('a batch in hand', async () =>
      (await stack.one("SELECT count(*) FROM jobs WHERE state = 'running'")) > 0, 5000, 5);
    assert.ok(busy);
    process.kill(victim, 'SIGKILL');
    middle += (await stack.one("SELECT count(*) FROM jobs WHERE state = 'ready'")) > 0;
    await sleep(120);
  }
  assert.equal(middle, KILLS, 'the kills came after the work was done');
  const again = await stack.one("SELECT count(*) FROM jobs WHERE state = 'running'");
  await allRead(up.created);
  const retried = await stack.one('SELECT count(*) FROM job_archive WHERE attempts > 1');
  t.diagnostic(`${up.created} meetings, ${killed} workers killed, ${retried} jobs came back, ${again} were running then`);
  assert.ok(retried > 0, 'no kill hit a batch');
  assert.equal((await jobWorkers()).length, 2);
  const p = (await stack.data(`/api/uploads/${up.upload_id}`, { token })).jobs;
  assert.deepEqual(p, { pending: 0, processing: 0, completed: up.created, failed: 0 });
});

test('PostgreSQL away for a moment: the next requests work, the jobs go on', async (t) => {
  const before = (await countsOf(stack)).meetings;
  const up = await stack.upload(token, header + Array.from({ length: 1200 }, (_, i) => meetingRow('stop', i)).join(''));
  assert.equal(up.created, 1200);
  await until('a batch in hand', async () => (await stack.one("SELECT count(*) FROM jobs WHERE state = 'running'")) > 0, 5000, 5);
  await stack.sh('pg-stop');
  const away = await Promise.all([1, 2, 3, 4, 5, 6].map(() => stack.ask('/api/me', { token })));
  for (const a of away) {
    assert.equal(a.status, 503);
    assert.equal(JSON.parse(a.body).error.code, 'database_down');
  }
  assert.equal((await stack.ask('/healthz')).status, 200, 'alive');
  assert.equal((await stack.ask('/readyz')).status, 503, 'not ready');
  await stack.sh('pg-start');
  // Each worker has to find out by itself that its connection is gone.
  for (let i = 0; i < 40; i++) {
    const a = await stack.ask('/api/me', { token });
    assert.equal(a.status, 200, `request ${i} after the start: ${a.body}`);
  }
  assert.equal((await stack.ask('/readyz')).status, 200);
  await allRead(before + 1200);
  t.diagnostic(`${await stack.one('SELECT count(*) FROM job_archive WHERE attempts > 1')} jobs took more than one attempt so far`);
});
