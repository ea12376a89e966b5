// SPDX-License-Identifier: MIT
//
// graphile-worker as a library, in one process. For batches its own page on performance: localQueue, and completing in
// batches with the least delay. https://worker.graphile.org/docs/performance
import { Logger, run } from 'graphile-worker';
import pg from 'pg';
import { atEnd, go, noop, options } from './worker.mjs';

const { url, batch, concurrent, connections } = options;
const pool = new pg.Pool({ connectionString: url, max: connections + 1 }); // one of them listens
const clients = await Promise.all(Array.from({ length: connections + 1 }, () => pool.connect()));
for (const c of clients) c.release();

await go();
const runner = await run({
  pgPool: pool,
  noHandleSignals: true,
  logger: new Logger(() => () => {}), // a line a job is not what is measured
  preset: {
    worker: {
      concurrentJobs: concurrent,
      ...(batch > 1 ? { localQueue: { size: batch }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } : {}),
    },
  },
  taskList: { noop },
});
atEnd(() => runner.stop());
