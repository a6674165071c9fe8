import { Link } from 'wouter'
import type { SeenAgentView } from '../../../protocol/nouns/agents/seen-agents.ts'
import { Icon } from '../../parts/icon.tsx'
import { Said } from '../../parts/said.tsx'
import { Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import { SeenStates } from '../../seen/seen-head.tsx'
import { DEVIATION_WORDS, hostOf, seenName } from '../../seen/seen-words.ts'

interface RegisteredAgentsProps {
  /** Of the registration. */
  readonly id: string
  readonly agents: readonly SeenAgentView[]
  readonly hasMore: boolean
}

/** Agents that match one registration, the deviating ones first. */
export function RegisteredAgents({ id, agents, hasMore }: RegisteredAgentsProps) {
  if (agents.length === 0) {
    return <p className="panel-body muted">No agent that matches was seen. It counts as soon as one starts.</p>
  }
  const sorted = agents.toSorted((one, other) => other.deviations.length - one.deviations.length)
  return (
    <>
      <table className="table table-compact table-cards">
        <thead>
          <tr>
            <th scope="col">Device</th>
            <th scope="col">User</th>
            <th scope="col">Agent</th>
            <th scope="col">State</th>
            <th scope="col">Autonomy</th>
            <th scope="col">Deviations</th>
            <th scope="col">Last seen</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((agent) => (
            <tr key={agent.id}>
              <td data-heading="Device" className="medium">
                <Link href={`/inbox/${agent.id}`}>
                  <Said>{hostOf(agent)}</Said>
                </Link>
              </td>
              <td data-heading="User">
                <Said>{agent.user?.name}</Said>
              </td>
              <td data-heading="Agent">
                <Said>{seenName(agent)}</Said>
              </td>
              <td data-heading="State">
                <span className="row row-wrap">
                  <SeenStates agent={agent} />
                </span>
              </td>
              <td data-heading="Autonomy">{agent.autonomy === 'unknown' ? '–' : <Status of={agent.autonomy} />}</td>
              <td data-heading="Deviations">
                <Deviations agent={agent} />
              </td>
              <td data-heading="Last seen">
                <Ago at={agent.lastSeenAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {hasMore ? (
        <p className="panel-foot">
          The first {agents.length} are shown.{' '}
          <Link className="link" href={`/inbox?registration=${id}`}>
            See all
          </Link>
        </p>
      ) : null}
    </>
  )
}

function Deviations({ agent: { deviations } }: { readonly agent: SeenAgentView }) {
  if (deviations.length === 0) return <span className="faint">none</span>
  return (
    <ul className="stack">
      {deviations.map((deviation) => (
        <li key={deviation} className="row row-top">
          <span className="bad">
            <Icon name="warning" />
          </span>
          {DEVIATION_WORDS[deviation]}
        </li>
      ))}
    </ul>
  )
}
