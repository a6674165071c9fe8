import { useState } from 'react'
import { useParams } from 'wouter'
import type { HumanSummary } from '../../../protocol/nouns/people/human-summary.ts'
import { FreezeDialog } from '../../acts/freeze-dialog.tsx'
import { useMay } from '../../data/session.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted, countText } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { Avatar } from '../../parts/avatar.tsx'
import { Icon } from '../../parts/icon.tsx'
import { PageTitle, Said } from '../../parts/said.tsx'
import { Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import { LeaveDialog } from './leave-dialog.tsx'
import { PersonParts } from './person-parts.tsx'

/** One person with everything that is theirs. */
export function Person() {
  const { id = '' } = useParams()
  const answer = useAnswer<HumanSummary>(`/humans/${encodeURIComponent(id)}/summary`)
  return (
    <div className="page">
      <Answered answer={answer}>{(summary) => <Shown summary={summary} />}</Answered>
    </div>
  )
}

function Shown({ summary }: { readonly summary: HumanSummary }) {
  const { human, manager, lastSeenAt, connected } = summary
  return (
    <>
      <header className="page-head">
        <Avatar name={human.displayName} large />
        <div className="stack">
          <PageTitle>{human.displayName}</PageTitle>
          <p className="muted">
            <Said>{human.userName}</Said>
            {human.email === undefined || human.email === human.userName ? null : (
              <>
                {' '}
                · <Said>{human.email}</Said>
              </>
            )}{' '}
            · {human.status}
            {manager === undefined ? null : (
              <>
                {' '}
                · reports to{' '}
                <a className="link" href={`/people/${manager.id}`}>
                  <Said>{manager.displayName}</Said>
                </a>
              </>
            )}{' '}
            · {connected ? 'a device is connected' : <LastSeen at={lastSeenAt} />}
          </p>
        </div>
        <Acts summary={summary} />
      </header>
      <Tally summary={summary} />
      <PersonParts summary={summary} />
    </>
  )
}

function LastSeen({ at }: { readonly at: number | undefined }) {
  if (at === undefined) return 'not seen on a device'
  return (
    <>
      seen <Ago at={at} />
    </>
  )
}

function Acts({ summary: { human, agents } }: { readonly summary: HumanSummary }) {
  const mayStop = useMay('stop')
  const mayIdentify = useMay('identify')
  const [open, setOpen] = useState<'freeze' | 'leave'>()
  const close = () => setOpen(undefined)
  return (
    <div className="page-acts">
      {mayIdentify && human.status === 'active' ? (
        <button type="button" className="button" onClick={() => setOpen('leave')}>
          If {human.displayName} leaves…
        </button>
      ) : null}
      {mayStop ? (
        <button type="button" className="button" onClick={() => setOpen('freeze')}>
          <Icon name="frozen" />
          {agents.running === 0 ? 'Freeze agents…' : `Freeze ${counted(agents.running, 'agent')}…`}
        </button>
      ) : null}
      {open === 'freeze' ? <FreezeDialog selector={{ human: human.id }} onClose={close} /> : null}
      {open === 'leave' ? <LeaveDialog human={human} onClose={close} /> : null}
    </div>
  )
}

/** What hangs on this person, in numbers. */
function Tally({ summary }: { readonly summary: HumanSummary }) {
  const { devices, agents, registrations, serviceAccounts, claims } = summary
  const red = devices.items.filter(({ verdict }) => verdict === 'not-compliant').length
  return (
    <div className="panel tally">
      <div>
        <span className="figure">{countText(devices.total)}</span> {devices.total === 1 ? 'device' : 'devices'}
        {red === 0 ? null : (
          <div className="small">
            <Status of="not-compliant">{countText(red)} not compliant</Status>
          </div>
        )}
      </div>
      <div>
        <span className="figure">{countText(agents.total)}</span> {agents.total === 1 ? 'agent' : 'agents'} seen
        <div className="small muted">
          {countText(agents.running)} running
          {agents.autonomous === 0 ? '' : `, ${countText(agents.autonomous)} without asking`}
        </div>
      </div>
      <div>
        <span className="figure">{countText(registrations.total)}</span>{' '}
        {registrations.total === 1 ? 'agent' : 'agents'} registered
      </div>
      <div>
        <span className="figure">{countText(serviceAccounts.total)}</span>{' '}
        {serviceAccounts.total === 1 ? 'service account' : 'service accounts'}
      </div>
      <div>
        <span className="figure">{countText(claims.pending)}</span>{' '}
        {claims.pending === 1 ? 'claim waits' : 'claims wait'}
      </div>
    </div>
  )
}
