// SPDX-License-Identifier: MIT
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startI18n } from '@/shared/i18n';
import { api, setTokenSource, unwrap, type TokenSource } from './client';
import { ApiError } from './errors';

const answer = (status: number, body: unknown): Response =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', 'X-Request-Id': 'rid' },
  });
const good = { success: true, data: { stats: { pending: 0, processing: 0, completed: 1, failed: 0 } } };
const ask = (): Promise<unknown> => unwrap(api.GET('/api/process-jobs'));

function tokens(renewed: string | null): TokenSource & { lost: () => void } {
  return { current: () => Promise.resolve('old'), renew: () => Promise.resolve(renewed), lost: vi.fn() };
}
function server(...answers: Response[]): { sent: (string | null)[] } {
  const sent: (string | null)[] = [];
  vi.stubGlobal('fetch', (request: Request) => {
    sent.push(request.headers.get('Authorization'));
    return Promise.resolve(answers.shift() ?? answer(500, ''));
  });
  return { sent };
}

afterEach(() => {
  vi.unstubAllGlobals();
  setTokenSource(null);
});

describe('the API client', () => {
  it('sends the token and takes the data out of the envelope', async () => {
    setTokenSource(tokens(null));
    const { sent } = server(answer(200, good));
    expect(await ask()).toEqual(good.data);
    expect(sent).toEqual(['Bearer old']);
  });

  it('renews the token once on 401 and asks again', async () => {
    const source = tokens('new');
    setTokenSource(source);
    const { sent } = server(answer(401, {}), answer(200, good));
    expect(await ask()).toEqual(good.data);
    expect(sent).toEqual(['Bearer old', 'Bearer new']);
    expect(source.lost).not.toHaveBeenCalled();
  });

  it.each([
    ['no renewal is possible', null],
    ['the new token is refused too', 'new'],
  ])('ends the session when %s', async (_name, renewed) => {
    const source = tokens(renewed);
    setTokenSource(source);
    server(answer(401, {}), answer(401, {}));
    await expect(ask()).rejects.toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(source.lost).toHaveBeenCalledOnce();
  });

  it('asks without a token when nobody is signed in, and does not try to renew', async () => {
    const { sent } = server(answer(401, {}));
    await expect(ask()).rejects.toBeInstanceOf(ApiError);
    expect(sent).toEqual([null]);
  });

  it("asks in the page's language, whatever the browser's is", async () => {
    let asked: string | null = null;
    vi.stubGlobal('fetch', (request: Request) => {
      asked = request.headers.get('Accept-Language');
      return Promise.resolve(answer(200, good));
    });
    await startI18n('en');
    await ask();
    expect(asked).toBe('en');
  });

  it('turns everything else into one kind of error', async () => {
    server(answer(200, { success: true }));
    await expect(ask()).rejects.toMatchObject({ code: 'internal', requestId: 'rid' });
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    await expect(ask()).rejects.toMatchObject({ code: 'network', status: 0 });
  });

  it('lets a page that moved on abort in peace', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new DOMException('gone', 'AbortError')));
    await expect(ask()).rejects.toMatchObject({ name: 'AbortError' });
  });
});
