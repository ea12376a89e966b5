// SPDX-License-Identifier: MIT
import {
  useInfiniteQuery,
  useQuery,
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import { api, download, unwrap } from '@/shared/api/client';
import type { Meeting, MeetingDetail } from '@/shared/api/types';
import type { Sort } from './search';

const PAGE = 100;
const PENDING_MS = 2_000;

export interface MeetingsPageData {
  meetings: Meeting[];
  next_cursor: string | null;
  total: number;
}

export function useMeetings(sort: Sort, q: string): UseInfiniteQueryResult<InfiniteData<MeetingsPageData>> {
  return useInfiniteQuery({
    queryKey: ['meetings', sort, q],
    queryFn: async ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/meetings', {
          params: {
            query: { limit: PAGE, sort, ...(q ? { q } : {}), ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor,
  });
}

export function useMeeting(id: string): UseQueryResult<MeetingDetail> {
  return useQuery({
    queryKey: ['meeting', id],
    queryFn: async ({ signal }) =>
      unwrap(api.GET('/api/meetings/{id}', { params: { path: { id } }, signal })),
    refetchInterval: (query) => (query.state.data?.state === 'pending' ? PENDING_MS : false),
  });
}

export const EXPORTS = ['csv', 'xlsx'] as const;
export type ExportFormat = (typeof EXPORTS)[number];

/** What the list shows, whole. The export needs the access token, so a plain link cannot fetch it. */
export function downloadMeetings(format: ExportFormat, sort: Sort, q: string): Promise<void> {
  const query = new URLSearchParams({ sort, ...(q ? { q } : {}) });
  return download(`/api/meetings/export.${format}?${query.toString()}`, `meetings.${format}`);
}
