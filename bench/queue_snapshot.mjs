// SPDX-License-Identifier: MIT
//
// A queue under a pinned snapshot: what finished jobs leave behind cannot be cleaned away while a transaction is open that
// could still see it, so a claim that walks over it slows down.
import pg from 'pg';
import { Group } from './lib.mjs';
import { queuesUp, sleep } from './peers/queues.mjs';

const BEFORE_S = 15;
const SLICE_S = 10;
const SLICES = 6;
const AFTER_S = 10;
const WORKERS = 4;
const BATCH = 20;
const WAITING = 2_000;
const COLLAPSED = 0.1; // a peer's share of its rate before at which there is nothing more to see

const group = new Group('queue_snapshot', 'A queue under a pinned snapshot', `
Jobs that do nothing, as fast as they go: ${WORKERS} workers with batches of ${BATCH}, ${WAITING.toLocaleString('en')} jobs kept waiting (new ones are inserted as others finish). After ${BEFORE_S} s a REPEATABLE READ transaction
takes a snapshot and stays open for ${SLICE_S * SLICES} s. \`queue_snapshot\` is the rate of its last ${SLICE_S} s beside the rate before. A peer whose rate falls below a tenth is stopped there.`);

/** Keeps jobs waiting until `stop` is called. */
function feed(queue, workers) {
  let inserted = WAITING;
  let running = true;
  const fed = (async () => {
    while (running) {
      const room = WAITING - (inserted - workers.ran);
      if (room < WAITING / 10) {
        await sleep(5);
        continue;
      }
      await queue.fill(room, { from: inserted + 1 });
      await queue.wake();
      inserted += room;
    }
  })();
  return async () => {
    running = false;
    await fed;
  };
}

/** Jobs a second for so many seconds. */
async function rate(workers, seconds) {
  const [ran, at] = [workers.ran, performance.now()];
  await sleep(seconds * 1000);
  return ((workers.ran - ran) * 1000) / (performance.now() - at);
}

/** { before, during: [a rate each slice], after } */
async function pinned(queue, patient) {
  await queue.clear();
  await queue.fill(WAITING);
  await queue.settle();
  const workers = await queue.start({ batch: BATCH, workers: WORKERS });
  const holder = new pg.Client({ connectionString: queue.url });
  holder.on('error', () => {});
  await holder.connect();
  let stop = async () => {};
  try {
    await queue.go(workers);
    stop = feed(queue, workers);
    await rate(workers, 2); // until all are at work
    const before = await rate(workers, BEFORE_S);
    await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await holder.query('SELECT count(*) FROM pg_class'); // a snapshot is taken by the first statement
    const during = [];
    for (let i = 0; i < SLICES && (patient || !i || during.at(-1) > before * COLLAPSED); i++) during.push(await rate(workers, SLICE_S));
    await holder.query('COMMIT');
    const after = patient ? await rate(workers, AFTER_S) : null;
    await stop();
    return { before, during, after };
  } finally {
    await stop();
    await workers.stop();
    await holder.end();
    const finished = await queue.finished();
    if (finished !== null && finished < workers.ran * 0.99) throw new Error(`${queue.name}: ${finished} of ${workers.ran} jobs that ran are finished`);
  }
}

const { stack, queues } = await queuesUp();
try {
  const seen = [];
  for (const q of queues) seen.push([q.name, await pinned(q, q === queues[0])]);
  const round = (x) => (x === null ? '-' : Math.round(x));
  group.about += `\n\n| jobs/s | before | ${Array.from({ length: SLICES }, (_, i) => `to ${(i + 1) * SLICE_S} s`).join(' | ')} | released |\n|---|${'---:|'.repeat(SLICES + 2)}\n${
    seen.map(([name, s]) => `| ${[name, round(s.before), ...Array.from({ length: SLICES }, (_, i) => round(s.during[i] ?? null)), round(s.after)].join(' | ')} |`).join('\n')}`;
  const [, ours] = seen[0];
  const share = (s) => s.during.at(-1) / s.before;
  const peers = seen.slice(1).map(([, s]) => share(s));
  group.figure('queue_snapshot', ours.during.at(-1), 'jobs/s', ours.before, ['>=', ours.before / 2]);
  group.figure('queue_snapshot_share', share(ours), 'of before', Math.max(...peers), ['>=', 0.5]);
  group.write();
} finally {
  stack.down();
}
process.exit();
