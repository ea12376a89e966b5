// SPDX-License-Identifier: MIT
// The columns of a meeting, and short names for what the service says of a file.
import type { UploadCounts, UploadPreview, UploadUndone } from '@/shared/api/types';

export const COLUMNS = [
  'client_name',
  'email',
  'phone',
  'meeting_date',
  'sales_rep',
  'closed',
  'transcript',
] as const;
export type Column = (typeof COLUMNS)[number];

export type RowCounts = Omit<UploadCounts, 'jobs_created'>;
export type UndoResult = UploadUndone;

export type { MappingDraft, MappingProposal } from '@/shared/api/types';

export type { UploadPreview };
