// SPDX-License-Identifier: MIT
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { api, unwrap } from '@/shared/api/client';
import type { ChartData, ChartSpec, FilterTree } from '@/shared/api/types';

/** While conversations are being read, the numbers move: ask again this often. */
const READING_MS = 3_000;

/** How many meetings that fit have been read: of meetings, as everything else on the page, not of jobs that once ran. */
export function useReadCount(
  filter: FilterTree | undefined,
  options: { reading: boolean; enabled: boolean },
): UseQueryResult<number> {
  return useQuery({
    queryKey: ['read-count', filter ?? null],
    queryFn: async ({ signal }) => {
      const query = {
        limit: 1,
        state: 'read' as const,
        ...(filter ? { filter: JSON.stringify(filter) } : {}),
      };
      return (await unwrap(api.GET('/api/meetings', { params: { query }, signal }))).total ?? 0;
    },
    enabled: options.enabled,
    placeholderData: keepPreviousData,
    refetchInterval: options.reading ? READING_MS : false,
  });
}

export function useChartData(
  chart: ChartSpec,
  filter: FilterTree | undefined,
  options: { reading: boolean; enabled?: boolean },
): UseQueryResult<ChartData> {
  return useQuery({
    queryKey: ['chart-data', chart, filter ?? null],
    queryFn: async ({ signal }) =>
      unwrap(api.POST('/api/charts/data', { body: { chart, ...(filter ? { filter } : {}) }, signal })),
    enabled: options.enabled ?? true,
    // The old picture stays while the new one is fetched: no flicker on each filter.
    placeholderData: keepPreviousData,
    refetchInterval: options.reading ? READING_MS : false,
  });
}
