import type { Summary } from '../../../protocol/nouns/directory/directory.ts'
import { useIsLive } from '../../data/live.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted, countText } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { FailingChecks } from './failing-checks.tsx'
import { FleetNow } from './fleet-now.tsx'
import { NeedsPerson } from './needs-person.tsx'
import { TopProducts } from './top-products.tsx'

/** The fleet now, and what needs a person first. */
export function Overview() {
  const answer = useAnswer<Summary>('/summary', { everyMs: 15_000 })
  const isLive = useIsLive()
  return (
    <div className="page">
      <Answered answer={answer}>
        {(summary) => (
          <>
            <header className="page-head">
              <h1>Overview</h1>
              <p className="muted">
                {counted(summary.devices.total, 'device')}, {countText(summary.devices.connected)} connected ·{' '}
                {counted(summary.sightings.agents, 'agent')}
              </p>
              <div className="page-acts">
                <span className={`live ${isLive ? 'live-now' : ''}`}>{isLive ? 'Live' : 'Renewed every 15 s'}</span>
              </div>
            </header>
            <div className="columns">
              <NeedsPerson summary={summary} />
              <FleetNow summary={summary} />
              <FailingChecks summary={summary} />
              <TopProducts />
            </div>
          </>
        )}
      </Answered>
    </div>
  )
}
