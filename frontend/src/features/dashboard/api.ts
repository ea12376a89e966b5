// SPDX-License-Identifier: MIT
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { api, unwrap } from '@/shared/api/client';
import type { ChartData, ChartSpec, FilterTree } from '@/shared/api/types';

/** While conversations are being read, the numbers move: ask again this often. */
const READING_MS = 3_000;

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
