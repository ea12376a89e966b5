// SPDX-License-Identifier: MIT
//
// Jobs a second from the moment the file is loaded until the database says that the last meeting was read.
import { median, meetingsFile, sleep, Stack } from '../tests/fault/lib.mjs';
import { Group } from './lib.mjs';

const JOBS = 2_000;
const PEER_JOBS = 500; // it is slower
const ROUNDS = 3;

const group = new Group('queue', 'Jobs', `
${JOBS.toLocaleString('en')} meetings with the sample's conversations: claimed, read by the offline rules, written as analysis, evidence and facts, and archived, by
two job workers. ${ROUNDS} rounds, medians. The peer is the same with jobs claimed and committed one at a time.`);

async function measure(jobs, settings) {
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

const peer = await measure(PEER_JOBS, { CM_JOB_BATCH: '1' });
group.against('queue_jobs', await measure(JOBS, {}), 'jobs/s', peer, '>=', 1);
group.write();
