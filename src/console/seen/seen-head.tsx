import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import { usePageTitle } from '../data/page-title.ts'
import { counted, countText } from '../data/words.ts'
import { Said } from '../parts/said.tsx'
import { Frozen, Pill, Status } from '../parts/status.tsx'
import { Ago } from '../parts/time.tsx'
import { hostOf, isUnrecognised, seenName } from './seen-words.ts'

interface SeenHeadProps {
  readonly agent: SeenAgentView
  /** Of the page: h2 where it has another title. */
  readonly heading: 'h1' | 'h2'
  /** Beside the name: buttons. */
  readonly children?: ReactNode
}

/** What it is called, its states, and where it is. */
export function SeenHead({ agent, heading: Heading, children }: SeenHeadProps) {
  const { user, device, firstSeenAt, prevalence } = agent
  usePageTitle(Heading === 'h1' ? seenName(agent) : undefined)
  return (
    <header className="page-head">
      <div className="stack-2 grow">
        <div className="row row-wrap">
          <Heading className="title">
            <Said>{seenName(agent)}</Said>
          </Heading>
          <SeenStates agent={agent} />
        </div>
        <p className="muted">
          {user === undefined ? 'On' : 'User '}
          {user === undefined ? null : (
            <>
              <Said>{user.name}</Said> on
            </>
          )}{' '}
          <Link className="link" href={`/devices/${device}`}>
            <Said>{hostOf(agent)}</Said>
          </Link>{' '}
          · first seen <Ago at={firstSeenAt} /> · on {countText(prevalence.devices)} of{' '}
          {counted(prevalence.ofDevices, 'device')}
        </p>
      </div>
      {children}
    </header>
  )
}

export function SeenStates({ agent }: { readonly agent: SeenAgentView }) {
  const { state, present, running, frozen } = agent
  return (
    <>
      {isUnrecognised(agent) ? <Pill of="unrecognised" /> : null}
      {state === 'unknown' ? <Pill of="unregistered" /> : null}
      {state === 'blocked' ? <Pill of="blocked" /> : null}
      {state === 'ignored' ? <Status of="installed">ignored</Status> : null}
      {frozen > 0 ? (
        <Frozen>{frozen < running ? `${countText(frozen)} of ${countText(running)}` : undefined}</Frozen>
      ) : null}
      {frozen === 0 && running > 0 ? <Status of="running" /> : null}
      {running === 0 && present > 0 ? <Status of="installed" /> : null}
      {present === 0 ? <Status of="released">not there any more</Status> : null}
    </>
  )
}
