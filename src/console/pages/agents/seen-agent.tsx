import { lazy, Suspense, useMemo, useState } from 'react'
import { Link, useParams } from 'wouter'
import type { RegistrationView } from '../../../protocol/nouns/agents/registrations.ts'
import type { SeenAgentView } from '../../../protocol/nouns/agents/seen-agents.ts'
import type { Device } from '../../../protocol/nouns/devices/devices.ts'
import { FreezeDialog } from '../../acts/freeze-dialog.tsx'
import { useMay } from '../../data/session.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { Answered, Waiting } from '../../parts/answered.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Proof } from '../../parts/status.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { Decide } from '../../seen/decide.tsx'
import { RegistrationFacts } from '../../seen/registration-facts.tsx'
import { SeenFacts } from '../../seen/seen-facts.tsx'
import { SeenHead } from '../../seen/seen-head.tsx'
import { SeenNotes } from '../../seen/seen-notes.tsx'
import { SeenWhy } from '../../seen/seen-why.tsx'
import { useDecisionNews } from '../../seen/use-decision-news.ts'
import { useServers, useSighting } from '../../seen/use-sighting.ts'
import { AgentActions } from './agent-actions.tsx'
import { AgentParts } from './agent-parts.tsx'
import { chainOf } from './chain.ts'
import { ChainTable } from './chain-table.tsx'

const ChainPicture = lazy(async () => ({ default: (await import('./chain-picture.tsx')).ChainPicture }))

/** One agent of one user on one device: who answers for it, what it runs, and what it reaches. */
export function SeenAgent() {
  const { id = '' } = useParams()
  const answer = useAnswer<SeenAgentView>(`/inbox/${encodeURIComponent(id)}`, { everyMs: 15_000 })
  return <Answered answer={answer}>{(agent) => <Shown key={agent.id} agent={agent} />}</Answered>
}

function Shown({ agent }: { readonly agent: SeenAgentView }) {
  const { device: deviceId, registration: registered } = agent
  const sighting = useSighting(agent)
  const servers = useServers(agent)
  const device = useAnswer<Device>(`/devices/${deviceId}`).data
  const registration = useAnswer<RegistrationView>(`/registrations/${registered?.id ?? ''}`, {
    enabled: registered !== undefined,
  }).data
  const news = useDecisionNews()
  useKeys({ u: news.undo, t: showTable })
  const facts = useMemo(
    () => ({ agent, sighting, servers: servers ?? [], device, registration }),
    [agent, sighting, servers, device, registration],
  )
  const drawn = useMemo(() => chainOf(facts, false), [facts])
  return (
    <Decide agent={agent} onDecided={news.tell}>
      <SeenHead agent={agent} heading="h1">
        <Freeze agent={agent} />
      </SeenHead>
      <SeenNotes agent={agent} sighting={sighting} />
      <div className="columns">
        <Panel
          title="Who answers, and what it reaches"
          place="span-12 not-on-phones"
          more={
            <>
              <Proof of="proven" />
              <Proof of="reported" />
              <Proof of="decided" />
              <span>
                <kbd>T</kbd> table
              </span>
            </>
          }
        >
          <Suspense fallback={<Waiting />}>
            <ChainPicture chain={drawn} />
          </Suspense>
        </Panel>
        <Panel title={registration === undefined ? 'Who answers' : 'Registration'} place="span-4">
          {registration === undefined ? <Nobody agent={agent} /> : <RegistrationFacts registration={registration} />}
        </Panel>
        <Panel title="Who answers, as a table" place="span-8" flush>
          <ChainTable nodes={chainOf(facts, true).nodes} />
        </Panel>
        <AgentActions agent={agent} />
        <div className="span-6 stack-4">
          <SeenWhy agent={agent} />
          {sighting?.parts === undefined ? null : <AgentParts sighting={sighting} />}
        </div>
        <div className="span-6">
          <SeenFacts agent={agent} sighting={sighting} servers={servers} />
        </div>
      </div>
    </Decide>
  )
}

function showTable() {
  const table = document.getElementById('chain-table')
  table?.scrollIntoView({ block: 'center' })
  table?.focus()
}

function Nobody({ agent: { proposedOwner } }: { readonly agent: SeenAgentView }) {
  if (proposedOwner === undefined) return <p className="muted">Nobody yet, and nobody is known to propose.</p>
  return (
    <p>
      Nobody yet.{' '}
      <Link className="link" href={`/people/${proposedOwner.id}`}>
        {proposedOwner.name}
      </Link>{' '}
      is proposed.
    </p>
  )
}

function Freeze({ agent: { device, sighting, running, frozen } }: { readonly agent: SeenAgentView }) {
  const mayStop = useMay('stop')
  const [isOpen, setOpen] = useState(false)
  if (!mayStop || running === 0 || frozen === running) return null
  return (
    <>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        <Icon name="frozen" />
        Freeze it…
      </button>
      {isOpen ? <FreezeDialog selector={{ device, agent: sighting }} onClose={() => setOpen(false)} /> : null}
    </>
  )
}
