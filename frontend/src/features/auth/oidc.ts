// SPDX-License-Identifier: MIT
// Sign-in with the authorization code and PKCE, against whichever issuer the service names.
import { ErrorResponse, UserManager, WebStorageStateStore } from 'oidc-client-ts';
import type { TokenSource } from '@/shared/api/client';
import { ApiError } from '@/shared/api/errors';
import type { ClientConfig } from '@/shared/api/types';

export const CALLBACK_PATH = '/auth/callback';

export interface SignInState {
  /** Where the person wanted to go. */
  returnTo: string;
}

/** Renew this long before the token ends, so that no request meets the edge. */
const RENEW_BEFORE_S = 45;

export function createUserManager(config: ClientConfig): UserManager {
  const origin = window.location.origin;
  return new UserManager({
    authority: config.issuer,
    client_id: config.client_id,
    scope: config.scope,
    redirect_uri: origin + CALLBACK_PATH,
    post_logout_redirect_uri: `${origin}/`,
    response_type: 'code',
    automaticSilentRenew: true,
    accessTokenExpiringNotificationTimeInSeconds: RENEW_BEFORE_S,
    // A tab's own storage: survives a reload, ends with the tab, and no other tab or site reads it.
    userStore: new WebStorageStateStore({ store: window.sessionStorage }),
    stateStore: new WebStorageStateStore({ store: window.sessionStorage }),
    monitorSession: false,
    requestTimeoutInSeconds: 15,
  });
}

/** Only a path of ours: a state that came back changed must not send anybody elsewhere. */
export function safeReturn(state: unknown): string {
  const wanted =
    typeof state === 'object' && state !== null && 'returnTo' in state
      ? (state as SignInState).returnTo
      : null;
  if (
    typeof wanted !== 'string' ||
    !wanted.startsWith('/') ||
    wanted.startsWith('//') ||
    wanted.includes('\\')
  ) {
    return '/';
  }
  return wanted.startsWith(CALLBACK_PATH) ? '/' : wanted;
}

/** Has no tokens to go on with, as opposed to an issuer that cannot be reached at the moment. */
const isRefusal = (thrown: unknown): boolean => thrown instanceof ErrorResponse;

export function tokenSource(manager: UserManager, onLost: () => void): TokenSource {
  let renewal: Promise<string | null> | null = null;

  const renewOnce = async (): Promise<string | null> => {
    const user = await manager.getUser();
    if (!user?.refresh_token) return null; // the library would try a hidden frame, which the policy forbids
    try {
      return (await manager.signinSilent())?.access_token ?? null;
    } catch (thrown) {
      if (isRefusal(thrown)) return null;
      throw new ApiError({ status: 0, code: 'network', message: 'the session could not be renewed' });
    }
  };

  // Ten requests may find the token expired at once: they share one renewal.
  const renew = (): Promise<string | null> => {
    renewal ??= renewOnce().finally(() => {
      renewal = null;
    });
    return renewal;
  };

  return {
    current: async () => {
      const user = await manager.getUser();
      if (!user) return null;
      if (!user.expired) return user.access_token;
      const fresh = await renew();
      if (fresh === null) onLost();
      return fresh;
    },
    renew,
    lost: onLost,
  };
}
