import type { ExtensionProduct, ServerName } from '../../../protocol/nouns/agents/counted-things.ts'
import { RISK_WORDS } from '../../../protocol/risks.ts'
import { countText } from '../../data/words.ts'
import type { ListColumn } from '../../list/list-spec.ts'
import { Icon } from '../../parts/icon.tsx'
import { Ago } from '../../parts/time.tsx'

/** Columns of things that are counted over all devices. */

type Counted = Pick<ServerName, 'devices' | 'sightings' | 'firstSeenAt' | 'lastSeenAt' | 'risks'>

export function count<T>(heading: string, of: (item: T) => number, sort?: string): ListColumn<T> {
  return {
    heading,
    isNumber: true,
    cell: (item) => <span className={of(item) === 0 ? 'faint' : ''}>{countText(of(item))}</span>,
    value: of,
    ...(sort === undefined ? {} : { sort }),
  }
}

export function risksColumn<T extends Counted>(): ListColumn<T> {
  return {
    heading: 'Risks',
    cell: ({ risks }) => <Risks risks={risks} />,
    value: ({ risks }) => risks.map(({ risk, sightings }) => `${risk} ${sightings}`).join(', '),
  }
}

export function firstSeenColumn<T extends Counted>(): ListColumn<T> {
  return {
    heading: 'First seen',
    sort: 'first seen',
    cell: ({ firstSeenAt }) => <Ago at={firstSeenAt} />,
    value: ({ firstSeenAt }) => new Date(firstSeenAt).toISOString(),
  }
}

function Risks({ risks }: Pick<ExtensionProduct, 'risks'>) {
  if (risks.length === 0) return <span className="faint">–</span>
  return (
    <span className="status">
      <span className="warn">
        <Icon name="warning" />
      </span>
      {risks.map(({ risk, sightings }) => `${RISK_WORDS[risk]} (${countText(sightings)})`).join(', ')}
    </span>
  )
}
