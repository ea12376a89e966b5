// SPDX-License-Identifier: MIT
export { UploadProvider, useUpload } from './UploadProvider';
export { parseUploadSearch } from './search';
