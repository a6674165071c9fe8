import { Link } from 'wouter'
import type { Verdict } from '../../../protocol/messages/attestation-result.ts'
import type { Summary } from '../../../protocol/nouns/directory/directory.ts'
import { countText, shareText } from '../../data/words.ts'
import { Icon } from '../../parts/icon.tsx'
import { Split } from '../../parts/meter.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Status } from '../../parts/status.tsx'
import { FleetHistory } from './fleet-history.tsx'

const VERDICTS = [
  { verdict: 'compliant', state: 'compliant', tone: 'ok', words: 'compliant' },
  { verdict: 'not-compliant', state: 'not-compliant', tone: 'bad', words: 'not compliant' },
  { verdict: 'unknown', state: 'no-verdict', tone: 'none', words: 'no verdict' },
  { verdict: 'stale', state: 'stale', tone: 'warn', words: 'stale' },
] as const satisfies readonly { readonly verdict: Verdict; [member: string]: string }[]

export function FleetNow({ summary: { sightings, devices } }: { readonly summary: Summary }) {
  return (
    <Panel title="Agents, now and before" place="span-5">
      <div className="stack-4">
        <div className="figures">
          <div>
            <span className="figure">{countText(sightings.runningAgents)}</span>
            <span className="small muted">running</span>
          </div>
          <div>
            <span className="figure">{countText(sightings.autonomousAgents)}</span>
            <span className="status small muted">
              <span className="warn">
                <Icon name="autonomous" />
              </span>
              act without asking
            </span>
          </div>
          <div>
            <span className="figure ice">{countText(sightings.frozenAgents)}</span>
            <span className="status small ice">
              <Icon name="frozen" />
              FROZEN
            </span>
          </div>
        </div>
        <FleetHistory />
        <div className="stack-2">
          <div className="row">
            <h3>Devices by verdict</h3>
            <span className="to-end small muted">
              {shareText(devices.byVerdict.compliant, devices.total)} compliant
            </span>
          </div>
          <Split
            parts={VERDICTS.map(({ verdict, tone }) => ({ name: verdict, count: devices.byVerdict[verdict], tone }))}
          />
          <div className="halves small">
            {VERDICTS.map(({ verdict, state, words }) => (
              <Link key={verdict} className="quiet-link" href={`/devices?verdict=${verdict}`}>
                <Status of={state}>
                  {countText(devices.byVerdict[verdict])} {words}
                </Status>
              </Link>
            ))}
          </div>
        </div>
      </div>
    </Panel>
  )
}
