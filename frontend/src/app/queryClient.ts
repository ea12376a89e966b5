// SPDX-License-Identifier: MIT
import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '@/shared/api/errors';

const TRIES = 3;

export const createQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        retry: (failures, error) => failures < TRIES - 1 && error instanceof ApiError && error.transient,
        retryDelay: (attempt) => Math.min(4_000, 500 * 2 ** attempt),
        refetchOnWindowFocus: true,
      },
    },
  });
