import type { Clock } from '../../base/clock.ts'
import { challenges } from './challenges.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { type Invitations, type InvitationsComponents, invitations } from './invitations.ts'
import { type Oidc, type OidcComponents, type OidcInit, oidc } from './oidc.ts'
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
  /** @throws `CONFIG_INVALID`. */
  oidcAt(provider: IdentityProvider, init: OidcInit): Oidc
  /** Its port may be chosen after the services are made. */
  setOrigin(origin: string): void
}

export type SignInComponents = Pick<InvitationsComponents, 'random'> & {
  readonly principals: InvitationsComponents['principals'] & OidcComponents['principals']
  readonly clock: Clock
  readonly store: InvitationsComponents['store'] & PasskeysComponents['store']
}

export function signIn(components: SignInComponents): SignIn {
  let current = 'http://localhost'
  const origin = () => current
  const begun = sessions(components)
  const made = challenges(components)
  const invited = invitations(components, origin)
  return {
    sessions: begun,
    invitations: invited,
    passkeys: passkeys({
      ...components,
      challenges: made,
      sessions: begun,
      invitations: invited,
      relyingParty: () => relyingPartyOf(current),
    }),
    origin,
    oidcAt: (provider, init) => oidc({ ...components, provider, challenges: made, sessions: begun, origin }, init),
    setOrigin(next) {
      current = next
    },
  }
}
