import { createContext, use } from 'react'
import type { Action, Role } from '../../protocol/noun/permissions.ts'

/** Who is signed in. */
export interface Session {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly may: readonly Action[]
}

export const SessionContext = createContext<Session | undefined>(undefined)

export function useSession(): Session {
  const session = use(SessionContext)
  if (session === undefined) throw new Error('a page without a session')
  return session
}

export function useMay(action: Action): boolean {
  return useSession().may.includes(action)
}
