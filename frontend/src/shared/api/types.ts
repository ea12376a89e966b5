// SPDX-License-Identifier: MIT
// Short names for the generated types, so that the rest of the code never spells out component paths.
import type { components } from './schema.gen';

type Schemas = components['schemas'];

export type ClientConfig = Schemas['ClientConfig'];
export type Me = Schemas['Me'];
export type Scope = Me['scopes'][number];
export type JobCounts = Schemas['JobCounts'];
export type UploadCounts = Schemas['UploadCounts'];
export type UploadResult = Schemas['UploadResult'];
export type Upload = Schemas['Upload'];
export type UploadDetail = Schemas['UploadDetail'];
export type MappingProposal = Schemas['MappingProposal'];
export type MappingDraft = Schemas['UploadMappingDraft'];
export type UploadPreview = Schemas['UploadPreview'];
export type UploadUndone = Schemas['UploadUndone'];
export type UploadError = Schemas['UploadError'];
export type Meeting = Schemas['Meeting'];
export type MeetingDetail = Schemas['MeetingDetail'];
export type Analysis = Schemas['Analysis'];
export type Evidence = Schemas['Evidence'];
export type Field = Schemas['Field'];
export type ChartSpec = Schemas['Chart'];
export type ChartData = Schemas['ChartData'];
export type ChartPoint = Schemas['ChartPoint'];
export type FilterTree = Schemas['Filter'];
