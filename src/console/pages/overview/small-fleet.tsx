import { useState } from 'react'
import { Link } from 'wouter'
import type { SeenAgentView } from '../../../protocol/nouns/agents/seen-agents.ts'
import type { DeviceSummary } from '../../../protocol/nouns/devices/devices.ts'
import { FreezeDialog } from '../../acts/freeze-dialog.tsx'
import { useMay } from '../../data/session.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { countText } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Frozen, Status, VerdictStatus } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'

/** A fleet this small is shown by name: sums and shares of it say nothing. */
export const FEW_DEVICES = 6
const MOST_AGENTS = 50

interface Listed<T> {
  readonly items: readonly T[]
  readonly total?: number
}

export function SmallFleetDevices() {
  const answer = useAnswer<Listed<DeviceSummary>>(`/devices?limit=${FEW_DEVICES}&sort=verdict`, { everyMs: 15_000 })
  return (
    <Panel
      title="Devices"
      place="span-5"
      flush
      aside={answer.data === undefined ? undefined : countText(answer.data.items.length)}
    >
      <Answered answer={answer}>
        {({ items }) => (
          <ul className="list-lines">
            {items.map(({ id, label, owner, verdict, presence, lastSeenAt, frozenAgents }) => (
              <li key={id}>
                <div className="stack grow">
                  <Link className="medium quiet-link" href={`/devices/${id}`}>
                    <Said>{label?.hostname ?? id}</Said>
                  </Link>
                  <span className="small muted">
                    <Said>{owner}</Said> ·{' '}
                    {presence === 'connected' ? (
                      'connected'
                    ) : (
                      <>
                        heard <Ago at={lastSeenAt} />
                      </>
                    )}
                  </span>
                </div>
                {frozenAgents === undefined ? null : <Frozen />}
                <VerdictStatus verdict={verdict} />
              </li>
            ))}
          </ul>
        )}
      </Answered>
    </Panel>
  )
}

export function SmallFleetAgents() {
  const answer = useAnswer<Listed<SeenAgentView>>(`/inbox?state=all&limit=${MOST_AGENTS}`, { everyMs: 15_000 })
  const mayStop = useMay('stop')
  const [freezing, setFreezing] = useState<SeenAgentView>()
  const agents = answer.data?.items.filter(({ present }) => present > 0).toSorted(runningFirst) ?? []
  return (
    <Panel title="Agents" place="span-12" flush more="Start one on a laptop: it appears here within a second.">
      <Answered answer={answer}>
        {() =>
          agents.length === 0 ? (
            <p className="panel-body muted">No agent was seen yet.</p>
          ) : (
            <table className="table table-cards">
              <thead>
                <tr>
                  <th scope="col">Agent</th>
                  <th scope="col">Where</th>
                  <th scope="col">Acts</th>
                  <th scope="col">State</th>
                  {mayStop ? (
                    <th scope="col">
                      <span className="only-spoken">What you can do</span>
                    </th>
                  ) : null}
                </tr>
              </thead>
              <tbody>
                {agents.map((agent) => (
                  <Agent key={agent.id} agent={agent} onFreeze={mayStop ? () => setFreezing(agent) : undefined} />
                ))}
              </tbody>
            </table>
          )
        }
      </Answered>
      {freezing === undefined ? null : (
        <FreezeDialog
          selector={{ device: freezing.device, agent: freezing.sighting }}
          onClose={() => setFreezing(undefined)}
        />
      )}
    </Panel>
  )
}

interface AgentProps {
  readonly agent: SeenAgentView
  /** Absent: the person may not. */
  readonly onFreeze: (() => void) | undefined
}

function Agent({ agent, onFreeze }: AgentProps) {
  const { id, name, version, user, hostname, device, autonomy, running, frozen, product } = agent
  return (
    <tr>
      <td data-heading="Agent" className="medium">
        <Link href={`/inbox/${id}`}>
          <Said>{version === undefined ? name : `${name} ${version}`}</Said>
        </Link>{' '}
        {product.startsWith('unknown/') ? <Status of="unrecognised" /> : null}
      </td>
      <td data-heading="Where" className="muted">
        <Said>{user === undefined ? (hostname ?? device) : `${user.name} on ${hostname ?? device}`}</Said>
      </td>
      <td data-heading="Acts">
        {autonomy === 'unknown' ? (
          <span className="faint">not known</span>
        ) : (
          <Status of={autonomy === 'autonomous' ? 'autonomous' : 'asks'} />
        )}
      </td>
      <td data-heading="State">{frozen > 0 ? <Frozen /> : <Status of={running > 0 ? 'running' : 'installed'} />}</td>
      {onFreeze === undefined ? null : (
        <td data-heading="" className="number">
          {running > frozen ? (
            <button
              type="button"
              className="button button-small"
              aria-label={`Freeze ${name} on ${hostname ?? device}`}
              onClick={onFreeze}
            >
              <Icon name="frozen" />
              Freeze it…
            </button>
          ) : null}
        </td>
      )}
    </tr>
  )
}

function runningFirst(one: SeenAgentView, other: SeenAgentView): number {
  return other.running - one.running || (one.name < other.name ? -1 : 1)
}
