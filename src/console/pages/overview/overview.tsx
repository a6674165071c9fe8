import { useState } from 'react'
import type { Summary } from '../../../protocol/nouns/directory/directory.ts'
import { FreezeDialog } from '../../acts/freeze-dialog.tsx'
import { useMay } from '../../data/session.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted, countText } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { Icon } from '../../parts/icon.tsx'
import { FailingChecks } from './failing-checks.tsx'
import { FirstDevice } from './first-device.tsx'
import { FleetNow } from './fleet-now.tsx'
import { LiveLine } from './live-line.tsx'
import { NeedsPerson } from './needs-person.tsx'
import { FEW_DEVICES, SmallFleetAgents, SmallFleetDevices } from './small-fleet.tsx'
import { TopProducts } from './top-products.tsx'

/** The fleet now, and what needs a person first. A small fleet is shown by name, an empty one as what to do next. */
export function Overview() {
  const answer = useAnswer<Summary>('/summary', { everyMs: 15_000 })
  return (
    <div className="page">
      <Answered answer={answer}>
        {(summary) => (
          <>
            <header className="page-head">
              <h1>Overview</h1>
              <p className="muted">{inOneLine(summary)}</p>
              <div className="page-acts">
                <LiveLine />
                {summary.devices.total === 0 ? null : <FreezeAgents />}
              </div>
            </header>
            <div className="columns">
              <Panels summary={summary} />
            </div>
          </>
        )}
      </Answered>
    </div>
  )
}

function Panels({ summary }: { readonly summary: Summary }) {
  const { devices, demonstration } = summary
  if (devices.total === 0) {
    return (
      <>
        <FirstDevice isDemonstration={demonstration !== undefined} />
        <NeedsPerson summary={summary} place="span-12" />
      </>
    )
  }
  if (devices.total <= FEW_DEVICES) {
    return (
      <>
        <NeedsPerson summary={summary} place="span-7" />
        <SmallFleetDevices />
        <SmallFleetAgents />
      </>
    )
  }
  return (
    <>
      <NeedsPerson summary={summary} place="span-7" />
      <FleetNow summary={summary} />
      <FailingChecks summary={summary} />
      <TopProducts />
    </>
  )
}

function FreezeAgents() {
  const mayStop = useMay('stop')
  const [isOpen, setOpen] = useState(false)
  if (!mayStop) return null
  return (
    <>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        <Icon name="frozen" />
        Freeze agents…
      </button>
      {isOpen ? <FreezeDialog onClose={() => setOpen(false)} /> : null}
    </>
  )
}

function inOneLine({ devices: { total, connected }, sightings: { agents } }: Summary): string {
  if (total === 0) return 'no device yet'
  const connectedWords = connected === total ? 'all connected' : `${countText(connected)} connected`
  return `${counted(total, 'device')}, ${connectedWords} · ${counted(agents, 'agent')}`
}
