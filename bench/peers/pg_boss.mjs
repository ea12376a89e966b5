// SPDX-License-Identifier: MIT
//
// pg-boss in one process: loops of fetch() and complete(), which do not wait between two full batches as its own workers
// may, or (`notify`) its own workers, woken by NOTIFY. https://pgboss.io/api/jobs, https://pgboss.io/api/workers
import { PgBoss } from 'pg-boss';
import { atEnd, go, noop, options } from './worker.mjs';

const { url, batch, concurrent, connections, notify } = options;
const QUEUE = 'noop';
const IDLE_MS = 20;

// Without its maintenance: the measurement is shorter than its intervals.
const boss = new PgBoss({ connectionString: url, max: connections, supervise: false, schedule: false, useListenNotify: notify });
boss.on('error', (e) => console.error(e));
await boss.start();
await Promise.all(Array.from({ length: connections }, () => boss.getDb().executeSql('SELECT pg_sleep(0.05)')));

let running = true;
async function loop() {
  while (running) {
    const jobs = await boss.fetch(QUEUE, { batchSize: batch });
    if (jobs.length) {
      await Promise.all(jobs.map((job) => noop(job.data)));
      await boss.complete(QUEUE, jobs);
    } else {
      await new Promise((wake) => setTimeout(wake, IDLE_MS));
    }
  }
}

await go();
if (notify) await boss.work(QUEUE, { batchSize: batch, localConcurrency: concurrent }, (jobs) => Promise.all(jobs.map((j) => noop(j.data))));
const loops = notify ? [] : Array.from({ length: concurrent }, loop);
atEnd(async () => {
  running = false;
  await Promise.all(loops);
  await boss.stop({ graceful: false });
});
