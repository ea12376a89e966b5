// SPDX-License-Identifier: MIT
//
// How long a job waits: for an idle worker to wake, and behind another tenant's backlog.
import { percentile, until } from '../tests/fault/lib.mjs';
import { Group } from './lib.mjs';
import { nowUs, queuesUp, sleep } from './peers/queues.mjs';

const POKES = 500;
const IDLE_WORKERS = 4;
const BACKLOG = 100_000;
const SMALL = 100;
const WORKERS = 20;
const JOB_MS = 10;
const PATIENCE_MS = 20_000;

const group = new Group('queue_wait', 'How long a job waits', `
\`queue_wake\`: ${IDLE_WORKERS} idle workers; one job is inserted and committed at a time, ${POKES} of them at random intervals of 5 to 25 ms, by one C program for every queue;
from its commit's return to the handler's start, on one clock. All three are woken by NOTIFY: ours as it is, graphile-worker without \`localQueue\` (it is for throughput), pg-boss with
\`useListenNotify\` and a queue that notifies (its polling, every 2 s otherwise, is then every 30 s). The peers' workers are two processes with two jobs at a time each.

\`queue_small_tenant\`: a tenant has ${BACKLOG.toLocaleString('en')} jobs of ${JOB_MS} ms (a sleep) and ${WORKERS} workers at them for 3 s; then another inserts ${SMALL}. From that commit to the start of each. The peer is
graphile-worker, first in first out, with ${WORKERS} jobs at a time; it is given ${PATIENCE_MS / 1000} s, so its figure is the least that it can be.`);

/** Milliseconds from each commit to its job's start. */
async function wake(queue) {
  await queue.clear();
  await queue.settle();
  const workers = await queue.start({ batch: 1, workers: IDLE_WORKERS, each: true, notify: true });
  try {
    await queue.go(workers);
    await sleep(1500);
    const poked = await queue.poke(POKES, 5, 25);
    await until(`${queue.name} to start every job`, () => workers.started.size >= POKES, 60000, 20);
    return [...poked].map(([n, at]) => (workers.started.get(n) - at) / 1000);
  } finally {
    await workers.stop();
  }
}

/** Milliseconds from the small tenant's commit to the start of each of its jobs; those that did not start count as the patience. */
async function small(queue, settings) {
  await queue.clear();
  await queue.fill(BACKLOG, { tenant: 0 });
  await queue.settle();
  const workers = await queue.start({ workers: WORKERS, each: true, sleepMs: JOB_MS, ...settings });
  try {
    await queue.go(workers);
    await until(`${queue.name} to begin`, () => workers.started.size > 0);
    await sleep(3000);
    await queue.fill(SMALL, { tenant: 1, from: BACKLOG + 1 });
    const begun = nowUs();
    await queue.wake();
    const mine = () => [...workers.started].filter(([n]) => n > BACKLOG);
    const end = Date.now() + PATIENCE_MS;
    while (mine().length < SMALL && Date.now() < end) await sleep(50);
    if (workers.started.size >= BACKLOG) throw new Error(`${queue.name}: there was no backlog any more`);
    const waits = mine().map(([, at]) => (at - begun) / 1000);
    return [...waits, ...Array(SMALL - waits.length).fill(PATIENCE_MS)];
  } finally {
    await workers.stop();
  }
}

const { stack, queues } = await queuesUp();
try {
  const [ours, graphile, boss] = queues;
  const seen = new Map();
  for (const q of queues) seen.set(q, await wake(q));
  for (const p of [50, 99]) {
    const of = (q) => percentile(seen.get(q), p);
    group.figure(`queue_wake_p${p}_graphile`, of(ours), 'ms', of(graphile), ['<=', of(graphile)]);
    group.figure(`queue_wake_p${p}_pgboss`, of(ours), 'ms', of(boss), ['<=', of(boss)]);
  }
  const waits = { ours: await small(ours, { batch: 20 }), peer: await small(graphile, { batch: 1 }) };
  for (const p of [50, 99]) group.figure(`queue_small_tenant_p${p}`, percentile(waits.ours, p), 'ms', percentile(waits.peer, p), ['<=', 2000]);
  group.write();
} finally {
  stack.down();
}
process.exit();
