// SPDX-License-Identifier: MIT
// Who is signed in, for every feature. Filled by the application after /api/me answered.
import { createContext, use } from 'react';
import type { ClientConfig, Me, Scope } from '@/shared/api/types';

export type Role = NonNullable<Me['role']>;

export interface Session {
  readonly me: Me;
  readonly role: Role;
  readonly config: ClientConfig;
  readonly signOut: () => void;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error('useSession outside of the signed-in part');
  return session;
}

export const may = (me: Me, scope: Scope): boolean => me.scopes.includes(scope);
