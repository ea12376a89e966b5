// SPDX-License-Identifier: MIT
// Shows the sign-in page, or the children with a session. What is behind it never renders without one.
import { Button, Stack, Text, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { UserManager } from 'oidc-client-ts';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { AuthProvider, useAuth } from 'react-oidc-context';
import { api, unwrap, setTokenSource } from '@/shared/api/client';
import { ApiError } from '@/shared/api/errors';
import type { ClientConfig } from '@/shared/api/types';
import { TimeZoneContext } from '@/shared/format/useFormats';
import { SessionContext, type Session } from '@/shared/session/session';
import { Splash } from '@/shared/ui/Splash';
import { ErrorNote } from '@/shared/ui/states';
import { CALLBACK_PATH, createUserManager, safeReturn, tokenSource, type SignInState } from './oidc';
import { SignInPage } from './SignInPage';

const here = (): string => window.location.pathname + window.location.search;

interface InnerProps {
  config: ClientConfig;
  manager: UserManager;
  children: ReactNode;
}

function Gate({ config, manager, children }: InnerProps): ReactNode {
  const { t } = useTranslation();
  const auth = useAuth();
  const cache = useQueryClient();
  const [expired, setExpired] = useState(false);
  const [unreachable, setUnreachable] = useState(false);

  const source = useMemo(
    () =>
      tokenSource(manager, () => {
        setExpired(true);
        void manager.removeUser();
      }),
    [manager],
  );
  useEffect(() => {
    setTokenSource(source);
    return () => setTokenSource(null);
  }, [source]);

  // A tab that was reloaded, or woke up, after its token had ended: the refresh token may still be good.
  const stale = !auth.isLoading && !auth.isAuthenticated && auth.user?.expired === true && !unreachable;
  useEffect(() => {
    if (stale) source.current().catch(() => setUnreachable(true));
  }, [stale, source]);

  const me = useQuery({
    queryKey: ['me', auth.user?.profile.sub],
    queryFn: async ({ signal }) => unwrap(api.GET('/api/me', { signal })),
    enabled: auth.isAuthenticated,
    staleTime: Infinity,
  });

  const session = useMemo<Session | null>(() => {
    if (!me.data) return null;
    return {
      me: me.data,
      role: me.data.role ?? 'viewer', // only an API token has none
      config,
      signOut: () => {
        cache.clear();
        void manager.signoutRedirect();
      },
    };
  }, [me.data, config, cache, manager]);

  const signIn = (): void => {
    const returnTo = window.location.pathname.startsWith(CALLBACK_PATH) ? '/' : here();
    void auth.signinRedirect({ state: { returnTo } satisfies SignInState });
  };

  if (auth.activeNavigator === 'signoutRedirect') return <Splash />;
  if (!auth.isAuthenticated) {
    if (stale || (auth.isLoading && auth.activeNavigator !== 'signinRedirect')) return <Splash />;
    return (
      <SignInPage
        onSignIn={signIn}
        busy={auth.activeNavigator === 'signinRedirect'}
        expired={expired}
        failed={unreachable || auth.error !== undefined}
      />
    );
  }
  if (me.isPending) return <Splash />;
  if (!session) {
    const outsider = me.error instanceof ApiError && me.error.status === 403;
    return (
      <SignInPage>
        <Stack>
          {outsider ? (
            <>
              <Title order={2} size="h3">
                {t('auth.no_member_title')}
              </Title>
              <Text c="dimmed" size="sm">
                {t('auth.no_member_text', {
                  email: auth.user?.profile.email ?? auth.user?.profile.sub ?? '',
                })}
              </Text>
            </>
          ) : (
            <ErrorNote error={me.error} retry={() => void me.refetch()} />
          )}
          <Button variant="default" onClick={() => void manager.signoutRedirect()}>
            {t('prefs.sign_out')}
          </Button>
        </Stack>
      </SignInPage>
    );
  }
  return (
    <SessionContext value={session}>
      <TimeZoneContext value={session.me.tenant.time_zone}>{children}</TimeZoneContext>
    </SessionContext>
  );
}

interface AuthGateProps {
  config: Promise<ClientConfig>;
  reload: () => void;
  children: ReactNode;
}

export function AuthGate({ config: pending, reload, children }: AuthGateProps): ReactNode {
  const { t } = useTranslation();
  const config = useQuery({
    queryKey: ['client-config'],
    queryFn: () => pending,
    staleTime: Infinity,
    retry: false,
  });
  const manager = useMemo(() => (config.data ? createUserManager(config.data) : null), [config.data]);

  if (config.error) {
    return (
      <SignInPage>
        <ErrorNote title={t('auth.config_failed')} error={config.error} retry={reload} />
      </SignInPage>
    );
  }
  if (!config.data || !manager) return <Splash />;
  return (
    <AuthProvider
      userManager={manager}
      onSigninCallback={(user) => {
        // Before the router mounts: it starts where the person wanted to go, without code and state in the address.
        window.history.replaceState({}, '', safeReturn(user?.state));
      }}
    >
      <Gate config={config.data} manager={manager}>
        {children}
      </Gate>
    </AuthProvider>
  );
}
