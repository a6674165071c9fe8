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
  const state = await ask<SignInState>('GET', '/sign-in/state')
  connectApi({ ...init, forgeryToken: state.csrf })
  return state
}
