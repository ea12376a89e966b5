// SPDX-License-Identifier: MIT
//
// Jobs a second: of jobs that do nothing, against graphile-worker and pg-boss in the same cluster; and of meetings that are
// read, from the moment the file is loaded until the database says that the last one was.
import { median, meetingsFile, sleep, Stack } from '../tests/fault/lib.mjs';
import { Group } from './lib.mjs';
import { drain, queuesUp } from './peers/queues.mjs';

const ROUNDS = 3;
const MEETINGS = 2_000;
const PEER_MEETINGS = 500; // it is slower
const TENANTS = 20;

// As many jobs as take a few seconds; `workers` are connections that work at the same time.
const cases = [
  { batch: 1, workers: 20, jobs: 3_000, goal: 1.5 },
  { batch: 20, workers: 4, jobs: 20_000, goal: 3 },
  { batch: 500, workers: 4, jobs: 50_000, goal: 3 },
];

const group = new Group('queue', 'Jobs', `
\`queue_noop\`: jobs that do nothing, durable (fsync and synchronous_commit on), all inserted beforehand; the clock runs from the first job's start
until the database says that none is left. Three queues, each in its own database of one cluster, one after the other in turn, ${ROUNDS} rounds,
medians. At batch 1 twenty jobs at a time over 20 connections: ours in 20 processes, the peers' in 2 of Node (as many as cores here). At batch 20 and 500 four
processes each: ours with one connection, graphile-worker with \`localQueue\` of the batch's size, \`completeJobBatchDelay: 0\`, up to 24 concurrent jobs and
3 connections (one more listens), pg-boss in a loop of \`fetch(batchSize)\` and \`complete(ids)\` on its own partition. What each does for a job: ours claims it in
one transaction, and in a second enters its tenant under row level security, runs the handler, moves the job into the archive; it keeps
a row of every job for 90 days. pg-boss marks it active, then completed in the same table, and deletes it a week later. graphile-worker locks it, then deletes it and keeps
nothing. Neither peer knows tenants; neither runs the job in the transaction that finishes it. Jobs are of one tenant; the
last column has them of ${TENANTS} tenants in turn, so that a batch of 20 is 20 transactions.

\`queue_jobs\`: ${MEETINGS.toLocaleString('en')} meetings with the sample's conversations: claimed, read by the offline rules, written as analysis, evidence and facts, and archived, by
two job workers. ${ROUNDS} rounds, medians. The peer is the same with jobs claimed and committed one at a time.`);

async function meetings(jobs, settings) {
  const stack = await Stack.up(settings);
  try {
    const token = await stack.token();
    const rates = [];
    for (let round = 0; round < ROUNDS; round++) {
      const up = await stack.upload(token, meetingsFile(`queue${round}`, jobs));
      if (up.jobs_created !== jobs) throw new Error('not every row made a job');
      while ((await stack.one('SELECT count(*) FROM jobs')) > 0) await sleep(100);
      // The workers begin at the commit of the load: the clock is the database's.
      const [[first, last, n]] = await stack.sql(
        `SELECT extract(epoch FROM min(created_at)), extract(epoch FROM max(finished_at)), count(*) FROM job_archive
          WHERE state = 'completed' AND subject_id IN (SELECT meeting_id FROM meetings WHERE upload_id = '${up.upload_id}')`);
      if (Number(n) !== jobs) throw new Error('jobs failed');
      rates.push(jobs / (Number(last) - Number(first)));
    }
    return median(rates);
  } finally {
    stack.down();
  }
}

/** Rates of each queue at each batch: Map of name to rates, a case. */
async function noops() {
  const { stack, queues } = await queuesUp();
  const [ours] = queues;
  try {
    const seen = cases.map(() => new Map([...queues.map((q) => [q.name, []]), ['tenants', []]]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, c] of cases.entries()) {
        for (const q of queues) seen[i].get(q.name).push(await drain(q, c.jobs, c));
        seen[i].get('tenants').push(await drain(ours, c.jobs / 5, { ...c, tenants: TENANTS }));
      }
    }
    return seen;
  } finally {
    stack.down();
  }
}

const seen = await noops();
const spread = (rates) => `${Math.round(median(rates))} (${Math.round(Math.min(...rates))} to ${Math.round(Math.max(...rates))})`;
group.about += `\n\n| jobs/s, median (least to most) | clientmetrics | graphile-worker | pg-boss | clientmetrics, ${TENANTS} tenants |\n|---|---:|---:|---:|---:|\n${
  cases.map((c, i) => `| batch ${c.batch} | ${[...seen[i].values()].map(spread).join(' | ')} |`).join('\n')}`;
for (const [i, c] of cases.entries()) {
  const of = (name) => median(seen[i].get(name));
  for (const [name, short] of [['graphile-worker', 'graphile'], ['pg-boss', 'pgboss']]) {
    group.against(`queue_noop_${c.batch}_${short}`, of('clientmetrics'), 'jobs/s', of(name), '>=', c.goal);
  }
}

const peer = await meetings(PEER_MEETINGS, { CM_JOB_BATCH: '1' });
group.against('queue_jobs', await meetings(MEETINGS, {}), 'jobs/s', peer, '>=', 1);
group.write();
process.exit(); // the clients of a cluster that is gone
