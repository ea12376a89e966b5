// SPDX-License-Identifier: MIT
import {
  useInfiniteQuery,
  useQuery,
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import { api, unwrap } from '@/shared/api/client';
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

/** The export needs the access token, so a plain link cannot fetch it. */
export async function downloadMeetings(sort: Sort, q: string): Promise<void> {
  const answer = await api.GET('/api/meetings/export.csv', {
    params: { query: { sort, ...(q ? { q } : {}) } },
    parseAs: 'blob',
  });
  if (!answer.response.ok) await unwrap(Promise.resolve(answer as never));
  const url = URL.createObjectURL(answer.data as unknown as Blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = 'meetings.csv';
  link.click();
  // Not at once: the browser still reads it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
