import { Link } from 'wouter'
import type { DeviceSighting } from '../../../protocol/nouns/devices/devices.ts'
import type { AgentSighting } from '../../../protocol/sighting.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { countText } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Frozen, Status } from '../../parts/status.tsx'

const SHOWN = 200

/** Agents on the device, the running ones first. */
export function DeviceAgents({ id }: { readonly id: string }) {
  const answer = useAnswer<{ readonly items: readonly DeviceSighting[] }>(
    `/devices/${id}/sightings?kind=agent&limit=${SHOWN}`,
    { everyMs: 15_000 },
  )
  const agents = answer.data?.items.map(({ sighting }) => sighting).filter((one) => one.kind === 'agent') ?? []
  return (
    <Panel
      title="Agents here"
      aside={answer.data === undefined ? undefined : countText(agents.length)}
      flush
      more={<Link href={`/inbox?device=${id}&state=all`}>Decide about them</Link>}
    >
      <Answered answer={answer}>
        {() =>
          agents.length === 0 ? (
            <p className="panel-body muted">No agent is on this device.</p>
          ) : (
            <ul className="list-lines">
              {agents.toSorted(runningFirst).map((agent) => (
                <Agent key={agent.id} agent={agent} />
              ))}
            </ul>
          )
        }
      </Answered>
    </Panel>
  )
}

function Agent({ agent }: { readonly agent: AgentSighting }) {
  const { name, version, user, workspace, autonomy, frozenBy, state, catalogueId } = agent
  return (
    <li>
      <div className="stack grow">
        <span className="row row-wrap">
          <span className="medium">
            <Said>{version === undefined ? name : `${name} ${version}`}</Said>
          </span>
          {catalogueId === undefined ? <Status of="unrecognised" /> : null}
          {autonomy?.level === 'autonomous' ? <Status of="autonomous" /> : null}
        </span>
        <span className="small muted">
          <Said>{[user?.name, workspace].filter((part) => part !== undefined).join(' · ')}</Said>
        </span>
      </div>
      {frozenBy === undefined ? (
        <Status of={state} />
      ) : (
        <Frozen>
          by <Said>{frozenBy[0]?.by}</Said>
        </Frozen>
      )}
    </li>
  )
}

function runningFirst(one: AgentSighting, other: AgentSighting): number {
  const rank = ({ state }: AgentSighting) => (state === 'running' ? 0 : 1)
  return rank(one) - rank(other) || (one.name < other.name ? -1 : 1)
}
