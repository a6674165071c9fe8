import type { Clock } from '../../base/clock.ts'
import { challenges } from './challenges.ts'
import { type Invitations, type InvitationsComponents, invitations } from './invitations.ts'
import { type Passkeys, type PasskeysComponents, passkeys } from './passkeys.ts'
import { type Sessions, sessions } from './sessions.ts'
import { relyingPartyOf } from './web-authn.ts'

/** How people sign in to the console. */
export interface SignIn {
  readonly sessions: Sessions
  readonly invitations: Invitations
  readonly passkeys: Passkeys
  /** The origin of the console's pages. */
  readonly origin: () => string
  /** Its port may be chosen after the services are made. */
  setOrigin(origin: string): void
}

export type SignInComponents = Pick<InvitationsComponents, 'principals' | 'random'> & {
  readonly clock: Clock
  readonly store: InvitationsComponents['store'] & PasskeysComponents['store']
}

export function signIn(components: SignInComponents): SignIn {
  let current = 'http://localhost'
  const origin = () => current
  const begun = sessions(components)
  const invited = invitations(components, origin)
  return {
    sessions: begun,
    invitations: invited,
    passkeys: passkeys({
      ...components,
      challenges: challenges(components),
      sessions: begun,
      invitations: invited,
      relyingParty: () => relyingPartyOf(current),
    }),
    origin,
    setOrigin(next) {
      current = next
    },
  }
}
