// SPDX-License-Identifier: MIT
// The state of the tenant's reading jobs: the shell, the uploads and the dashboard all follow it.
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { api, unwrap } from './client';
import type { JobCounts } from './types';

export const jobsKey = ['process-jobs'] as const;

/** While something runs a person watches; otherwise only a colleague's upload could change anything. */
const BUSY_MS = 1_500;
const IDLE_MS = 30_000;

export const openJobs = (jobs: JobCounts): number => jobs.pending + jobs.processing;

export function useJobs(): UseQueryResult<JobCounts> {
  return useQuery({
    queryKey: jobsKey,
    queryFn: async ({ signal }) => (await unwrap(api.GET('/api/process-jobs', { signal }))).stats,
    refetchInterval: (query) => (query.state.data && openJobs(query.state.data) > 0 ? BUSY_MS : IDLE_MS),
  });
}
