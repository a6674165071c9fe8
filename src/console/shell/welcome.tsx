import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { SignInState } from '../../protocol/nouns/people/sign-in.ts'
import type { ApiError } from '../data/api.ts'
import { acceptInvitation, canUsePasskeys, type Invitation, openInvitation } from '../data/sign-in.ts'
import { Answered } from '../parts/answered.tsx'
import { Icon } from '../parts/icon.tsx'
import { Said } from '../parts/said.tsx'
import { SignInTrouble } from './sign-in-trouble.tsx'

interface WelcomeProps {
  readonly state: SignInState
  onSignedIn(): void
}

/** Where a link leads that invites somebody: it makes their passkey. The secret is in the fragment, which no server sees. */
export function Welcome({ state: { url }, onSignedIn }: WelcomeProps) {
  const [secret] = useState(() => location.hash.slice(1))
  const [trouble, setTrouble] = useState<unknown>()
  const [isWorking, setWorking] = useState(false)
  const answer = useQuery<Invitation, ApiError>({
    queryKey: ['invitation'],
    queryFn: () => openInvitation(secret),
    enabled: location.origin === url,
    retry: false,
    // A challenge is used once.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  })
  const accept = async (invitation: Invitation) => {
    setWorking(true)
    try {
      await acceptInvitation(secret, invitation)
      history.replaceState(null, '', '/')
      onSignedIn()
    } catch (error) {
      setTrouble(error)
      setWorking(false)
    }
  }
  if (location.origin !== url) {
    return (
      <main className="door">
        <p className="note note-warn">
          <span>
            A passkey belongs to the address at which it is made. Open this link at{' '}
            <a className="link" href={`${url}${location.pathname}${location.hash}`}>
              {url}
            </a>
            .
          </span>
        </p>
      </main>
    )
  }
  return (
    <main className="door">
      <section className="door-card" aria-labelledby="welcome-title">
        <header className="stack-2">
          <img src="/icon.svg" alt="" width="32" height="32" />
          <h1 id="welcome-title">Welcome to Surety</h1>
        </header>
        {canUsePasskeys() ? null : (
          <p className="note note-warn">This browser has no passkeys. Open the link in another one.</p>
        )}
        <Answered answer={answer}>
          {(invitation) => (
            <>
              <p>
                This link makes a passkey for{' '}
                <strong>
                  <Said>{invitation.holder}</Said>
                </strong>
                . It stays in this device or security key and signs you in without a password. The link works once.
              </p>
              <button
                type="button"
                className="button button-main button-large"
                disabled={isWorking}
                onClick={() => void accept(invitation)}
              >
                <Icon name="token" />
                {isWorking ? 'Waiting for the browser…' : 'Make the passkey'}
              </button>
            </>
          )}
        </Answered>
        <SignInTrouble error={trouble} />
      </section>
    </main>
  )
}
