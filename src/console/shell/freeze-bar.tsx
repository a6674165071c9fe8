import { Link } from 'wouter'
import type { StopView } from '../../protocol/nouns/agents/stops.ts'
import { useMay } from '../data/session.ts'
import { useAnswer } from '../data/use-answer.ts'
import { counted, countText } from '../data/words.ts'
import { Icon } from '../parts/icon.tsx'
import { Meter } from '../parts/meter.tsx'
import { Said } from '../parts/said.tsx'
import { Ago } from '../parts/time.tsx'

/** Over all pages while a code freeze is in force: a stop of all agents of all devices. */
export function FreezeBar() {
  const { data } = useAnswer<{ readonly items: readonly StopView[] }>('/stops?state=standing&limit=20', {
    enabled: useMay('audit'),
  })
  const stop = data?.items.find(({ selector: { all, device } }) => all === true && device === undefined)
  if (stop === undefined) return null
  const { devices, waiting, agents } = stop.progress
  return (
    <aside className="freeze-bar" aria-label="Code freeze">
      <Icon name="frozen" />
      <span>
        <strong>Code freeze in force</strong> · <Said>{stop.reason}</Said>{' '}
        <span className="muted">
          · by <Said>{stop.createdBy.name}</Said>, <Ago at={stop.createdAt} />
        </span>
      </span>
      <span className="row">
        {counted(agents, 'agent')} FROZEN, {countText(devices - waiting)} of {counted(devices, 'device')} answered
        <Meter part={devices - waiting} whole={devices} tone="ice" />
      </span>
      <Link className="to-end" href={`/stops/${stop.id}`}>
        {waiting === 0 ? 'See the stop' : `${countText(waiting)} not answered`}
      </Link>
    </aside>
  )
}
