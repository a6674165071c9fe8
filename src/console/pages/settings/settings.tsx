import { useMay, useSession } from '../../data/session.ts'
import { Said } from '../../parts/said.tsx'
import { About } from './about.tsx'
import { Appearance } from './appearance.tsx'
import { OwnMail } from './own-mail.tsx'
import { OwnPasskeys } from './own-passkeys.tsx'
import { OwnSessions } from './own-sessions.tsx'

/** What a person sets for themselves, and what this directory is. */
export function Settings() {
  const { name, role } = useSession()
  const mayView = useMay('view')
  return (
    <div className="page">
      <header className="page-head">
        <h1>Settings</h1>
        <p className="muted">
          You are <Said>{name}</Said>, {role}.
        </p>
      </header>
      <div className="columns">
        <Appearance />
        <OwnPasskeys />
        <OwnSessions />
        <OwnMail />
        <About mayView={mayView} />
      </div>
    </div>
  )
}
