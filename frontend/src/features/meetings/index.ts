// SPDX-License-Identifier: MIT
export { parseMeetingsSearch } from './search';
