import { useState } from 'react'
import type { SeenAgentView } from '../../../protocol/nouns/agents/seen-agents.ts'
import type { FleetAgent } from '../../../protocol/nouns/devices/fleet.ts'
import { FreezeDialog } from '../../acts/freeze-dialog.tsx'
import { useNamed } from '../../data/address.ts'
import { useMay } from '../../data/session.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted, countText } from '../../data/words.ts'
import { ListPage } from '../../list/list-page.tsx'
import type { ListSpec } from '../../list/list-spec.ts'
import { Answered } from '../../parts/answered.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Meter } from '../../parts/meter.tsx'
import { Said } from '../../parts/said.tsx'
import { Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import { SeenStates } from '../../seen/seen-head.tsx'
import { hostOf } from '../../seen/seen-words.ts'

const YES_NO = [
  { value: 'yes', label: 'yes' },
  { value: 'no', label: 'no' },
]

const STATE_WORDS: Readonly<Record<SeenAgentView['state'], string>> = {
  unknown: 'unregistered',
  registered: 'registered',
  ignored: 'ignored',
  blocked: 'blocked',
}

/** Agents of one product, one for each user of a device. */
const SEEN: Omit<ListSpec<SeenAgentView>, 'title' | 'always'> = {
  one: 'agent',
  many: 'agents',
  path: '/inbox',
  keyOf: ({ id }) => id,
  hrefOf: ({ id }) => `/inbox/${id}`,
  columns: [
    { heading: 'Device', cell: (agent) => <Said>{hostOf(agent)}</Said>, value: hostOf },
    { heading: 'User', cell: ({ user }) => <Said>{user?.name}</Said>, value: ({ user }) => user?.name },
    {
      heading: 'State',
      cell: (agent) => (
        <span className="row">
          <SeenStates agent={agent} />
        </span>
      ),
      value: ({ state }) => STATE_WORDS[state],
    },
    { heading: 'Version', cell: ({ version }) => <Said>{version}</Said>, value: ({ version }) => version },
    {
      heading: 'Autonomy',
      cell: ({ autonomy }) => (autonomy === 'unknown' ? '–' : <Status of={autonomy} />),
      value: ({ autonomy }) => autonomy,
    },
    {
      heading: 'Registered as',
      cell: ({ registration }) =>
        registration === undefined ? (
          <span className="faint">–</span>
        ) : (
          <a className="quiet-link" href={`/registrations/${registration.id}`}>
            <Said>{registration.name}</Said>
          </a>
        ),
      value: ({ registration }) => registration?.name,
    },
    {
      heading: 'First seen',
      cell: ({ firstSeenAt }) => <Ago at={firstSeenAt} />,
      value: ({ firstSeenAt }) => new Date(firstSeenAt).toISOString(),
    },
    {
      heading: 'Device of',
      wide: true,
      cell: ({ deviceOwner }) => <Said>{deviceOwner}</Said>,
      value: ({ deviceOwner }) => deviceOwner,
    },
    {
      heading: 'Program',
      wide: true,
      cell: ({ executable }) => <Said>{executable}</Said>,
      value: ({ executable }) => executable,
    },
  ],
  filters: [
    {
      member: 'state',
      label: 'state',
      usual: 'all',
      choices: [
        { value: 'all', label: 'all' },
        ...Object.entries(STATE_WORDS).map(([value, label]) => ({ value, label })),
      ],
    },
    { member: 'autonomous', label: 'without asking', choices: YES_NO },
    { member: 'deviating', label: 'deviating', choices: YES_NO },
    {
      member: 'newWithinDays',
      label: 'new within',
      choices: [
        { value: '1', label: '1 day' },
        { value: '7', label: '7 days' },
        { value: '30', label: '30 days' },
      ],
    },
  ],
  empty: <p className="muted">It is on no device any more.</p>,
}

/** One product: how many, in which versions, and where each is. */
export function Product() {
  const key = useNamed()
  const answer = useAnswer<FleetAgent>(`/agents/${encodeURIComponent(key)}`)
  const [isFreezing, setFreezing] = useState(false)
  const mayStop = useMay('stop')
  const running = answer.data?.running ?? 0
  return (
    <>
      <ListPage
        spec={{ ...SEEN, title: answer.data?.name ?? key, always: { product: key } }}
        acts={
          mayStop ? (
            <button type="button" className="button" onClick={() => setFreezing(true)}>
              <Icon name="frozen" />
              {running === 0 ? 'Freeze this product…' : `Freeze ${countText(running)} running…`}
            </button>
          ) : null
        }
        about={<Answered answer={answer}>{(product) => <Counts product={product} />}</Answered>}
      />
      {isFreezing ? (
        <FreezeDialog selector={{ product: key.replace(/^unknown\//, '') }} onClose={() => setFreezing(false)} />
      ) : null}
    </>
  )
}

/** Versions that have a line of their own. */
const SHOWN = 5

function Counts({
  product: { devices, present, running, frozen, unknown, firstSeenAt, versions },
}: {
  readonly product: FleetAgent
}) {
  const rest = versions.slice(SHOWN)
  return (
    <div className="product-counts">
      <div className="figures">
        <Figure count={devices} words="devices" />
        <Figure count={present} words="instances" />
        <Figure count={running} words="running" />
        <Figure count={frozen} words="FROZEN" tone="ice" />
        <div>
          {unknown ? <Status of="unrecognised" /> : null}
          <span className="small muted">
            first seen <Ago at={firstSeenAt} />
          </span>
        </div>
      </div>
      <ol className="bars" aria-label="Versions">
        {versions.slice(0, SHOWN).map(({ version, devices: count }) => (
          <li key={version ?? ''}>
            <Said>{version ?? 'no version reported'}</Said>
            <Meter part={count} whole={devices} tone="none" />
            <span className="count">{countText(count)}</span>
          </li>
        ))}
        {rest.length === 0 ? null : <li className="muted small">and {counted(rest.length, 'more version')}</li>}
      </ol>
    </div>
  )
}

function Figure({
  count,
  words,
  tone = '',
}: {
  readonly count: number
  readonly words: string
  readonly tone?: string
}) {
  return (
    <div>
      <span className={`figure ${tone}`}>{countText(count)}</span>
      <span className="small muted">{words}</span>
    </div>
  )
}
