// SPDX-License-Identifier: MIT
import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

afterEach(() => cleanup());

// What jsdom lacks and Mantine asks for.
Object.defineProperty(window, 'matchMedia', {
  writable: true,
  value: (query: string): MediaQueryList =>
    ({
      matches: false,
      media: query,
      onchange: null,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
      dispatchEvent: () => false,
    }) as unknown as MediaQueryList,
});

class NoObserver {
  observe(): void {
    // jsdom lays nothing out, so nothing ever changes size or becomes visible
  }
  unobserve(): void {
    // as above
  }
  disconnect(): void {
    // as above
  }
}
Object.assign(window, { ResizeObserver: NoObserver, IntersectionObserver: NoObserver });

// jsdom's files can be read by FileReader only.
Blob.prototype.arrayBuffer = function (this: Blob): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as ArrayBuffer);
    reader.onerror = () => reject(reader.error ?? new Error('cannot be read'));
    reader.readAsArrayBuffer(this);
  });
};
