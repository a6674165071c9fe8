import type { StopState, StopView } from '../../../protocol/nouns/agents/stops.ts'
import { Pill, Status } from '../../parts/status.tsx'

/** Whether a stop is in force. One that waits is not. */
export function StopStatus({ state }: { readonly state: StopState }) {
  switch (state) {
    case 'waiting':
      return <Pill of="second-person">waits for a second person, not in force</Pill>
    case 'standing':
      return <Pill of="in-force" />
    case 'release-waiting':
      return <Pill of="in-force">in force; its release waits for a second person</Pill>
    case 'lapsed':
      return <Status of="released">lapsed: nobody confirmed it</Status>
    case 'withdrawn':
      return <Status of="released">withdrawn</Status>
    case 'released':
      return <Status of="released" />
    case 'ended':
      return <Status of="released">ended at its time</Status>
  }
}

export function isInForce({ state }: Pick<StopView, 'state'>): boolean {
  return state === 'standing' || state === 'release-waiting'
}
