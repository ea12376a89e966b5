// SPDX-License-Identifier: MIT
import {
  useInfiniteQuery,
  useQuery,
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import { api, download, unwrap } from '@/shared/api/client';
import type { Upload, UploadDetail, UploadError } from '@/shared/api/types';
import type { MappingDraft, UndoResult } from './contract';
import { readingOf } from './machine';

const RUNNING_MS = 1_200;
const PAGE = 20;
const ERRORS_PAGE = 50;

export function useUploadDetail(id: string | undefined): UseQueryResult<UploadDetail> {
  return useQuery({
    queryKey: ['upload', id],
    queryFn: async ({ signal }) =>
      unwrap(api.GET('/api/uploads/{id}', { params: { path: { id: id ?? '' } }, signal })),
    enabled: id !== undefined,
    refetchInterval: ({ state: { data } }) =>
      data && (data.state === 'receiving' || data.state === 'loading' || readingOf(data.jobs).running)
        ? RUNNING_MS
        : false,
  });
}

export function useUploads(): UseInfiniteQueryResult<
  InfiniteData<{ uploads: Upload[]; next_cursor: string | null }>
> {
  return useInfiniteQuery({
    queryKey: ['uploads'],
    queryFn: async ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/uploads', {
          params: { query: { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor,
  });
}

export function useUploadErrors(
  id: string,
): UseInfiniteQueryResult<InfiniteData<{ errors: UploadError[]; next_cursor: string | null }>> {
  return useInfiniteQuery({
    queryKey: ['upload-errors', id],
    queryFn: async ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/uploads/{id}/errors', {
          params: {
            path: { id },
            query: { limit: ERRORS_PAGE, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor,
    staleTime: Infinity, // the errors of a stored file never change
  });
}

/** The access token goes with it, so a plain link cannot fetch it. */
export const downloadErrors = (id: string): Promise<void> =>
  download(`/api/uploads/${encodeURIComponent(id)}/errors.csv`, 'errors.csv');

export async function undoUpload(id: string): Promise<UndoResult> {
  return unwrap(api.DELETE('/api/uploads/{id}', { params: { path: { id } } }));
}

export async function saveMapping(draft: MappingDraft): Promise<void> {
  await unwrap(api.POST('/api/upload/mappings', { body: draft }));
}
