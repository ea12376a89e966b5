// SPDX-License-Identifier: MIT
export { parseDashboardSearch } from './filters';
