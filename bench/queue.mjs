// SPDX-License-Identifier: MIT
//
// Jobs a second from the moment the file is loaded until the database says that the last meeting was read.
import { median, meetingsFile, sleep, Stack } from '../tests/fault/lib.mjs';
import { Group } from './lib.mjs';

const JOBS = 2_000;
const ROUNDS = 3;
const ONE_BY_ONE = 1; // CM_JOB_BATCH of the peer

const group = new Group('queue', 'Jobs', `
${JOBS.toLocaleString('en')} meetings with the sample's conversations: claimed, read by the offline rules, written as analysis, evidence and facts, and archived, by
two job workers. ${ROUNDS} rounds, medians. The peer is the same with jobs claimed and committed one at a time.`);

async function measure(settings) {
  const stack = await Stack.up(settings);
  try {
    const token = await stack.token();
    const rates = [];
    for (let round = 0; round < ROUNDS; round++) {
      const up = await stack.upload(token, meetingsFile(`queue${round}`, JOBS));
      if (up.jobs_created !== JOBS) throw new Error('not every row made a job');
      while ((await stack.one('SELECT count(*) FROM jobs')) > 0) await sleep(100);
      // The workers begin at the commit of the load: the clock is the database's.
      const [[first, last, n]] = await stack.sql(
        `SELECT extract(epoch FROM min(created_at)), extract(epoch FROM max(finished_at)), count(*) FROM job_archive
          WHERE state = 'completed' AND subject_id IN (SELECT meeting_id FROM meetings WHERE upload_id = '${up.upload_id}')`);
      if (Number(n) !== JOBS) throw new Error('jobs failed');
      rates.push(JOBS / (Number(last) - Number(first)));
    }
    return median(rates);
  } finally {
    stack.down();
  }
}

const peer = await measure({ CM_JOB_BATCH: String(ONE_BY_ONE) });
group.against('queue_jobs', await measure({}), 'jobs/s', peer, '>=', 1);
group.write();
