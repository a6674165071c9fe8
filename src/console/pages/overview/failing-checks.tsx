import { Link } from 'wouter'
import type { Summary } from '../../../protocol/nouns/directory/directory.ts'
import { checkTitle } from '../../data/check-titles.ts'
import { countText } from '../../data/words.ts'
import { Meter } from '../../parts/meter.tsx'
import { Panel } from '../../parts/panel.tsx'

export function FailingChecks({ summary: { failingChecks, devices } }: { readonly summary: Summary }) {
  return (
    <Panel title="Failing checks" more="devices" place="span-5">
      {failingChecks.length === 0 ? (
        <p className="muted">No check fails on any device.</p>
      ) : (
        <ol className="bars">
          {failingChecks.map(({ check, devices: count }) => (
            <li key={check}>
              <Link className="quiet-link" href={`/devices?failing=${encodeURIComponent(check)}`}>
                {checkTitle(check)}
              </Link>
              <Meter part={count} whole={devices.total} tone="bad" />
              <span className="count medium">{countText(count)}</span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}
