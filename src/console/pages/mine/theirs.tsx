import type { HumanSummary } from '../../../protocol/nouns/people/human-summary.ts'
import { countText } from '../../data/words.ts'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Status, VerdictStatus } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'

/** One's own agents and devices. */
export function Theirs({ summary: { registrations, agents, devices } }: { readonly summary: HumanSummary }) {
  return (
    <div className="columns">
      <Panel title="Agents you answer for" aside={countText(registrations.total)} place="span-4" flush>
        <ul className="list-lines">
          {registrations.items.map(({ id, name, state, expiresAt }) => (
            <li key={id}>
              <div className="stack grow">
                <span className="medium">
                  <Said>{name}</Said>
                </span>
                {expiresAt === undefined ? null : (
                  <span className="small muted">
                    ends <Ago at={expiresAt} />
                  </span>
                )}
              </div>
              <span className="small">{state}</span>
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Agents on your accounts" aside={countText(agents.total)} place="span-4" flush>
        <ul className="list-lines">
          {agents.items.map(({ id, name, host, device, running, autonomous }) => (
            <li key={id}>
              <div className="stack grow">
                <span className="medium">
                  <Said>{name}</Said>
                </span>
                <span className="small muted">
                  <Said>{host ?? device}</Said>
                  {autonomous ? ' · acts without asking' : ''}
                </span>
              </div>
              <Status of={running ? 'running' : 'installed'} />
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Your devices" aside={countText(devices.total)} place="span-4" flush>
        <ul className="list-lines">
          {devices.items.map(({ id, host, verdict, connected, lastSeenAt }) => (
            <li key={id}>
              <div className="stack grow">
                <span className="medium">
                  <Said>{host ?? id}</Said>
                </span>
                <span className="small muted">{connected ? 'connected' : <Ago at={lastSeenAt} />}</span>
              </div>
              <VerdictStatus verdict={verdict} />
            </li>
          ))}
        </ul>
      </Panel>
      <p className="span-12 small muted">
        On a device, <code>surety privacy</code> says what is collected, and <code>surety status</code> how to fix what
        is red.
      </p>
    </div>
  )
}
