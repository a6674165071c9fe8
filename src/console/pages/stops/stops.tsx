import { useState } from 'react'
import { type StopView, stops } from '../../../protocol/nouns/agents/stops.ts'
import { FreezeDialog } from '../../acts/freeze-dialog.tsx'
import { useMay } from '../../data/session.ts'
import { ListPage } from '../../list/list-page.tsx'
import type { ListSpec } from '../../list/list-spec.ts'
import { nounList } from '../../list/noun-list.tsx'
import { Icon } from '../../parts/icon.tsx'
import { StopStatus } from './stop-state.tsx'

const declared = nounList(stops)

/** The reason is what people know a stop by. */
const STOPS: ListSpec<StopView> = {
  ...declared,
  columns: ['Reason', 'State', 'Scope', 'Answers', 'By', 'Created', 'Kind', 'Ends', 'Confirmed by', 'Id'].flatMap(
    (heading) => {
      const column = declared.columns.find((one) => one.heading === heading)
      if (column === undefined) return []
      return heading === 'State'
        ? [{ ...column, cell: ({ state }: StopView) => <StopStatus state={state} /> }]
        : [column]
    },
  ),
  views: [
    { label: 'All', query: {} },
    { label: 'In force', query: { state: 'standing' } },
    { label: 'Waiting for a second person', query: { state: 'waiting' } },
    { label: 'Drills', query: { kind: 'drill' } },
  ],
  empty: <p className="muted">Nothing is stopped. “Freeze agents” says first how many agents it would stop.</p>,
}

export function Stops() {
  const [isFreezing, setFreezing] = useState(false)
  return (
    <>
      <ListPage
        spec={STOPS}
        acts={
          useMay('stop') ? (
            <button type="button" className="button button-ice" onClick={() => setFreezing(true)}>
              <Icon name="frozen" />
              Freeze agents…
            </button>
          ) : null
        }
      />
      {isFreezing ? <FreezeDialog onClose={() => setFreezing(false)} /> : null}
    </>
  )
}
