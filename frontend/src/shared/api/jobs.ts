// SPDX-License-Identifier: MIT
// The state of the tenant's reading jobs: the shell, the uploads and the dashboard all follow it.
import { useQuery, useQueryClient, type QueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, unwrap } from './client';
import type { JobCounts } from './types';

const jobsKey = ['process-jobs'] as const;

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

/** What is on screen is older than the data: all but who is asking, and of which service. */
export function refreshData(cache: QueryClient): void {
  void cache.invalidateQueries({
    predicate: (q) => q.queryKey[0] !== 'me' && q.queryKey[0] !== 'client-config',
  });
}

/** The last conversation is read after the last look at a list or chart: one look more, wherever one is. */
export function useRefreshAfterReading(): void {
  const cache = useQueryClient();
  const { data: jobs } = useJobs();
  const reading = jobs !== undefined && openJobs(jobs) > 0;
  useEffect(() => (reading ? () => refreshData(cache) : undefined), [reading, cache]);
}
