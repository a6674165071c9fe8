import type { Action } from '../../protocol/noun/permissions.ts'
import type { SignInState as DirectorySignInState } from '../../protocol/nouns/people/sign-in.ts'
import { ask, connectApi } from './api.ts'
import type { Session } from './session.ts'

/** Who is signed in, and how one can sign in here. */
export interface SignInState {
  readonly session?: Session
  readonly csrf?: string
  readonly organisation: string
  readonly methods: readonly ('passkey' | 'oidc')[]
}

/** Requests from now on have the session's token. */
export async function signInState(
  init: Pick<Parameters<typeof connectApi>[0], 'onSessionEnded' | 'confirmPerson'>,
): Promise<SignInState> {
  const { organisation, methods, signedIn } = await ask<DirectorySignInState>('GET', '/sign-in/state')
  connectApi({ ...init, forgeryToken: signedIn?.csrf })
  const ways: SignInState['methods'] = methods.oidc === undefined ? ['passkey'] : ['passkey', 'oidc']
  if (signedIn === undefined) return { organisation, methods: ways }
  const { principal, csrf } = signedIn
  // The directory names actions of its own table.
  return { organisation, methods: ways, csrf, session: { ...principal, may: principal.may as readonly Action[] } }
}
