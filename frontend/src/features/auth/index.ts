// SPDX-License-Identifier: MIT
export { AuthGate } from './AuthGate';
