// SPDX-License-Identifier: MIT
// What a person decides about a file, and what is decided without asking. Pure.
import {
  COLUMNS,
  type Column,
  type MappingDraft,
  type MappingProposal,
  type UploadPreview,
} from './contract';

export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1'] as const;
export const DELIMITERS = [',', ';', '\t', '|'] as const;
export const DATE_ORDERS = ['ymd', 'dmy', 'mdy'] as const;
export const ON_CHANGE = ['update', 'skip', 'keep_both'] as const;
export type OnChange = (typeof ON_CHANGE)[number];

export type Mapping = Readonly<Partial<Record<Column, string>>>;

/** Null: the file decides. */
export interface UploadOptions {
  readonly encoding: string | null;
  readonly delimiter: string | null;
  readonly dateOrder: string | null;
  readonly mapping: Mapping | null;
  readonly mappingId: string | null;
  readonly onChange: OnChange;
  readonly allOrNothing: boolean;
}

export const NO_OPTIONS: UploadOptions = {
  encoding: null,
  delimiter: null,
  dateOrder: null,
  mapping: null,
  mappingId: null,
  onChange: 'update',
  allOrNothing: false,
};

/** The query of both the preview and the upload, '' or with its question mark. */
export function queryOf(o: UploadOptions): string {
  const query = new URLSearchParams();
  if (o.encoding !== null) query.set('encoding', o.encoding);
  if (o.delimiter !== null) query.set('delimiter', o.delimiter);
  if (o.dateOrder !== null) query.set('date_order', o.dateOrder);
  if (o.mappingId !== null) query.set('mapping_id', o.mappingId);
  else if (o.mapping !== null) query.set('mapping', JSON.stringify(o.mapping));
  if (o.onChange !== 'update') query.set('on_change', o.onChange);
  if (o.allOrNothing) query.set('mode', 'all_or_nothing');
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** Whether these read the file in the same way, and find the same of it. */
export const looksSame = (a: UploadOptions, b: UploadOptions): boolean =>
  queryOf({ ...a, allOrNothing: false }) === queryOf({ ...b, allOrNothing: false });

/** Only what has a header: a column without one is left out. */
function withHeaders(columns: Partial<Record<Column, string | null>>): Mapping {
  return Object.fromEntries(COLUMNS.flatMap((c) => (columns[c] ? [[c, columns[c]]] : [])));
}

/** Gives a column another header, or none. A header stands for one column at a time: the other loses it. */
export function mapColumn(
  current: Partial<Record<Column, string | null>>,
  column: Column,
  header: string | null,
): Mapping {
  const next: Partial<Record<Column, string | null>> = { ...current };
  if (header !== null) for (const c of COLUMNS) if (next[c] === header) next[c] = null;
  next[column] = header;
  return withHeaders(next);
}

/** What changes when another encoding or delimiter is chosen: the headers are others then, and so no mapping holds. */
export const rereadAs = (
  o: UploadOptions,
  how: Partial<Pick<UploadOptions, 'encoding' | 'delimiter'>>,
): UploadOptions => ({ ...o, ...how, mapping: null, mappingId: null });

export const withProposal = (o: UploadOptions, p: MappingProposal): UploadOptions => ({
  ...o,
  mappingId: p.mapping_id,
  mapping: withHeaders(p.columns),
});

export const MAPPING_NAME_CHARS = 120;

/** Whether a person chose the columns of a file that can be loaded with them: then they are worth keeping. */
export const chosenByHand = (o: UploadOptions, p: UploadPreview): o is UploadOptions & { mapping: Mapping } =>
  o.mapping !== null && o.mappingId === null && mayUpload(p);

/** What is kept: the columns, and of the settings those that were chosen. The rest is left to the look of each file. */
export function mappingDraft(
  name: string,
  o: UploadOptions & { readonly mapping: Mapping },
  headers: readonly string[],
): MappingDraft {
  const settings = {
    ...(o.encoding !== null ? { encoding: o.encoding } : {}),
    ...(o.delimiter !== null ? { delimiter: o.delimiter } : {}),
    ...(o.dateOrder !== null ? { date_order: o.dateOrder } : {}),
  } as NonNullable<MappingDraft['settings']>;
  return { name, headers: [...headers], columns: { ...o.mapping }, settings };
}

/**
 * A file that leaves nothing to decide is loaded without a question: every row is good, none changes a meeting that is
 * there, the dates can be read in one way only, the text looks right, and no saved mapping fits better. `partial` files are not known whole.
 */
export function isClean(p: UploadPreview, partial: boolean): boolean {
  return (
    !partial &&
    p.missing.length === 0 &&
    p.would !== null &&
    p.would.invalid === 0 &&
    p.would.updated === 0 &&
    p.errors.length === 0 &&
    p.settings.date_order_certain &&
    !p.settings.warnings?.length &&
    p.mapping_proposal === null
  );
}

export const mayUpload = (p: UploadPreview): boolean => p.missing.length === 0 && p.would !== null;

// ---------------------------------------------------------------------------------------------------------------
// How much of a file is looked at

/** A file up to this is looked at whole; of a larger one its beginning, since it would be sent twice. */
export const PREVIEW_WHOLE_BYTES = 32 * 1024 * 1024;
export const PREVIEW_PART_BYTES = 4 * 1024 * 1024;

const QUOTE = 0x22;
const NEWLINE = 0x0a;

/**
 * Where a beginning may end: after the last line end that is outside quotes, or 0 when there is none. Counts bytes, so
 * it holds for UTF-8 and its kin; a file in UTF-16 (which has a zero byte there) is not cut.
 */
export function cutAt(bytes: Uint8Array): number {
  let quoted = false;
  let end = 0;
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i];
    if (b === 0) return 0;
    if (b === QUOTE) quoted = !quoted;
    else if (b === NEWLINE && !quoted) end = i + 1;
  }
  return end;
}

/** What is sent to be looked at. */
export async function previewPart(file: File): Promise<{ part: File; partial: boolean }> {
  if (file.size <= PREVIEW_WHOLE_BYTES) return { part: file, partial: false };
  const head = new Uint8Array(await file.slice(0, PREVIEW_PART_BYTES).arrayBuffer());
  const end = cutAt(head);
  if (end === 0) return { part: file, partial: false };
  return { part: new File([head.subarray(0, end)], file.name, { type: file.type }), partial: true };
}
