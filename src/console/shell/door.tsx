import { useState } from 'react'
import type { SignInState } from '../../protocol/nouns/people/sign-in.ts'
import { canUsePasskeys, signInWithPasskey } from '../data/sign-in.ts'
import { Icon } from '../parts/icon.tsx'
import { SignInRefused } from './sign-in-refused.tsx'
import { SignInTrouble } from './sign-in-trouble.tsx'

interface DoorProps {
  readonly state: SignInState
  onSignedIn(): void
}

/** Where one signs in. */
export function Door({ state: { url, methods, organisation, demonstration }, onSignedIn }: DoorProps) {
  const [trouble, setTrouble] = useState<unknown>()
  const [isWorking, setWorking] = useState(false)
  const signIn = async () => {
    setWorking(true)
    try {
      await signInWithPasskey()
      onSignedIn()
    } catch (error) {
      setTrouble(error)
      setWorking(false)
    }
  }
  const isHere = location.origin === url
  return (
    <main className="door">
      <section className="door-card" aria-labelledby="door-title">
        <header className="stack-2">
          <img src="/icon.svg" alt="" width="32" height="32" />
          <h1 id="door-title">Sign in to Surety</h1>
          <p className="muted">{organisation}</p>
          {demonstration === true ? <p className="note">Demonstration data: everything here is made up.</p> : null}
        </header>
        <SignInRefused />
        {isHere ? null : (
          <p className="note note-warn">
            <span>
              Passkeys of this directory work at{' '}
              <a className="link" href={url}>
                {url}
              </a>
              , not at {location.origin}.
            </span>
          </p>
        )}
        {isHere && !canUsePasskeys() ? (
          <p className="note note-warn">This browser has no passkeys, or the page is not secure. Open {url}.</p>
        ) : null}
        <button
          type="button"
          className="button button-main button-large"
          disabled={isWorking || !isHere}
          onClick={() => void signIn()}
        >
          <Icon name="token" />
          {isWorking ? 'Waiting for the passkey…' : 'Sign in with a passkey'}
        </button>
        {methods.oidc === undefined ? null : (
          <a className="button button-large" href={`/sign-in/oidc?to=${encodeURIComponent(location.pathname)}`}>
            Sign in at {methods.oidc}
          </a>
        )}
        <SignInTrouble error={trouble} />
        <footer className="small muted stack">
          <p>
            No passkey yet? An administrator sends you a link: <code>surety-directory people invite NAME</code>, or{' '}
            <code>administrators invite NAME</code>.
          </p>
          <p>
            <a className="link" href="/docs">
              The API is described here
            </a>
            , without signing in.
          </p>
        </footer>
      </section>
    </main>
  )
}
