// SPDX-License-Identifier: MIT
import '@mantine/core/styles.css';
import '@fontsource-variable/inter/wght.css';
import '@/app/global.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from '@/app/App';
import { fetchClientConfig } from '@/shared/api/config';
import { initialLanguage, startI18n } from '@/shared/i18n';

declare global {
  var __webpack_nonce__: string | undefined;
}

// The browser hides the attribute and keeps the property: scripts of this page may read it, injected markup may not.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.nonce ?? '';
globalThis.__webpack_nonce__ = nonce; // what libraries that add a <style> look for

const config = fetchClientConfig(); // in flight while the language loads
config.catch(() => undefined); // the gate shows it
const root = document.getElementById('root');

await startI18n(initialLanguage(navigator.languages));
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App nonce={nonce} config={config} />
    </StrictMode>,
  );
}
