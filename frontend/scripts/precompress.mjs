// SPDX-License-Identifier: MIT
// Writes NAME.gz beside each hashed asset, for nginx's gzip_static. Never index.html: nginx puts the nonce in it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';

const dir = fileURLToPath(new URL('../dist/assets', import.meta.url));
const TEXT = /\.(js|css|svg|json|map)$/; // woff2 is compressed already

for (const name of readdirSync(dir)) {
  if (!TEXT.test(name)) continue;
  const plain = readFileSync(join(dir, name));
  const packed = gzipSync(plain, { level: constants.Z_BEST_COMPRESSION });
  if (packed.length < plain.length) writeFileSync(join(dir, `${name}.gz`), packed);
}
