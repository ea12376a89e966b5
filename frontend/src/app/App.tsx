// SPDX-License-Identifier: MIT
import { MantineProvider, localStorageColorSchemeManager } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { Suspense, lazy, useState, type ReactNode } from 'react';
import { AuthGate } from '@/features/auth';
import type { ClientConfig } from '@/shared/api/types';
import { Splash } from '@/shared/ui/Splash';
import { createQueryClient } from './queryClient';
import { cssVariables, theme } from './theme';

const colorSchemes = localStorageColorSchemeManager({ key: 'cm.theme' });

// On its way at once, in the time that the configuration and the session take: the sign-in page does not wait for it.
const signedIn = import('./SignedIn');
const SignedIn = lazy(() => signedIn);

interface AppProps {
  nonce: string;
  config: Promise<ClientConfig>;
}

export function App({ nonce, config }: AppProps): ReactNode {
  const [cache] = useState(createQueryClient);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={colorSchemes}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={cache}>
        <AuthGate config={config} reload={() => window.location.reload()}>
          <Suspense fallback={<Splash />}>
            <SignedIn />
          </Suspense>
        </AuthGate>
      </QueryClientProvider>
    </MantineProvider>
  );
}
