// SPDX-License-Identifier: MIT
// What the service answers about a file before and after it is loaded. By hand until docs/openapi.yaml has
// /api/upload/preview and DELETE /api/uploads/{id}; then these become names of generated types (shared/api/types.ts).
import type { UploadError } from '@/shared/api/types';

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

/** How the file is written, found in its bytes or as it was chosen. */
export interface PreviewSettings {
  readonly encoding: string;
  readonly bom: boolean;
  readonly delimiter: string;
  readonly line_ending: string;
  readonly date_order: string;
  /** False when every date can be read in more than one way. */
  readonly date_order_certain: boolean;
  readonly headers: readonly string[];
  readonly columns: Partial<Record<Column, string | null>>;
}

export interface RowCounts {
  readonly rows: number;
  readonly created: number;
  readonly updated: number;
  readonly duplicate: number;
  readonly invalid: number;
  readonly skipped: number;
}

export interface MappingProposal {
  readonly mapping_id: string;
  readonly name: string;
  readonly columns: Partial<Record<Column, string | null>>;
}

export interface UploadPreview {
  readonly settings: PreviewSettings;
  readonly rows: readonly (readonly string[])[];
  readonly mapping_proposal: MappingProposal | null;
  /** Null while columns are missing: nothing would happen. */
  readonly would: RowCounts | null;
  readonly errors: readonly UploadError[];
  readonly missing: readonly string[];
}

export interface UndoResult {
  readonly removed: Readonly<Record<string, number>>;
  /** Meetings that have again what they had before the upload changed them. */
  readonly restored: number;
  /** Meetings that the upload changed and somebody changed after it: left as they are. */
  readonly kept_changed: number;
}
