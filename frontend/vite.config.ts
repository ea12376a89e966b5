// SPDX-License-Identifier: MIT
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Where `npm run dev` finds the API: the local site of `make up`.
const backend = process.env.CM_DEV_BACKEND ?? 'https://localhost:8443';
const proxied = { target: backend, secure: false, changeOrigin: false };

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // nginx puts the request id in the place of this word, in index.html and in the policy header alike.
  html: { cspNonce: '__CSP_NONCE__' },
  server: {
    proxy: { '/api': proxied, '/realms': proxied },
    // A test reads the program's sources; what `npm run dev` serves stays in this folder.
    ...(process.env.VITEST === undefined ? {} : { fs: { allow: ['..'] } }),
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // data: URLs would need a wider policy
    chunkSizeWarningLimit: 900,
    manifest: true, // for scripts/check_size.mjs, which removes it
    rolldownOptions: {
      output: {
        // Charts change rarely and weigh most: their own file stays cached over releases.
        codeSplitting: {
          // tslib serves others too, and would pull the charts into the first page if it were in their file.
          groups: [
            { name: 'tslib', test: /node_modules[\\/]tslib[\\/]/, priority: 2 },
            { name: 'charts', test: /node_modules[\\/](echarts|zrender)[\\/]/, priority: 1 },
          ],
        },
      },
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['./src/shared/testing/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    testTimeout: 10_000,
  },
});
