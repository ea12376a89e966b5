// SPDX-License-Identifier: MIT
import { ErrorResponse, type User, type UserManager } from 'oidc-client-ts';
import { describe, expect, it, vi } from 'vitest';
import { safeReturn, tokenSource } from './oidc';

describe('safeReturn', () => {
  it.each([
    [{ returnTo: '/meetings?sort=-meeting_date' }, '/meetings?sort=-meeting_date'],
    [{ returnTo: 'https://evil.test/' }, '/'],
    [{ returnTo: '//evil.test' }, '/'],
    [{ returnTo: '/\\evil.test' }, '/'],
    [{ returnTo: '/auth/callback?code=1' }, '/'],
    [{ returnTo: 7 }, '/'],
    [undefined, '/'],
    ['/meetings', '/'],
  ])('%o leads to %s', (state, want) => {
    expect(safeReturn(state)).toBe(want);
  });
});

function manager(user: Partial<User> | null, silent: () => Promise<User | null>): UserManager {
  return { getUser: () => Promise.resolve(user), signinSilent: vi.fn(silent) } as unknown as UserManager;
}

describe('tokenSource', () => {
  const fresh = { access_token: 'fresh' } as User;
  const stale = { access_token: 'old', expired: true, refresh_token: 'r' };
  const refusal = new ErrorResponse({ error: 'invalid_grant' });

  it('gives the token in force without asking the issuer', async () => {
    const m = manager({ access_token: 'now', expired: false }, () => Promise.resolve(fresh));
    expect(await tokenSource(m, () => undefined).current()).toBe('now');
    expect(m.signinSilent).not.toHaveBeenCalled();
  });

  it('shares one renewal among requests that find the token expired', async () => {
    const m = manager(stale, () => Promise.resolve(fresh));
    const source = tokenSource(m, () => undefined);
    const got = await Promise.all([source.current(), source.current(), source.renew()]);
    expect(got).toEqual(['fresh', 'fresh', 'fresh']);
    expect(m.signinSilent).toHaveBeenCalledTimes(1);
  });

  it('ends the session when the issuer refuses, or there is nothing to renew with', async () => {
    for (const m of [
      manager(stale, () => Promise.reject(refusal)),
      manager({ ...stale, refresh_token: '' }, () => Promise.resolve(fresh)),
    ]) {
      const lost = vi.fn();
      expect(await tokenSource(m, lost).current()).toBeNull();
      expect(lost).toHaveBeenCalledOnce();
    }
  });

  it('keeps the session while the issuer cannot be reached', async () => {
    const lost = vi.fn();
    const away = manager(stale, () => Promise.reject(new TypeError('Failed to fetch')));
    await expect(tokenSource(away, lost).current()).rejects.toMatchObject({ code: 'network' });
    expect(lost).not.toHaveBeenCalled();
  });

  it('answers null when nobody is signed in', async () => {
    const m = manager(null, () => Promise.resolve(fresh));
    expect(await tokenSource(m, () => undefined).current()).toBeNull();
  });
});
