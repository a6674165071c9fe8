import type { ReactNode } from 'react'
import type { DeviceDifference as Difference, ThingOnDevice } from '../../../protocol/nouns/devices/timeline.ts'
import type { SightingKind } from '../../../protocol/sighting.ts'
import { queryText } from '../../data/api.ts'
import { checkTitle } from '../../data/check-titles.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted, exactTime } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { STATE_WORDS } from './state-words.ts'

const KINDS: Readonly<Record<SightingKind, string>> = {
  agent: 'Agent',
  extension: 'Extension',
  'mcp-server': 'MCP server',
  'model-runtime': 'Model runtime',
  'agent-file': 'Agent file',
}

/** What each sign says, for who does not see it. */
const SIGNS = {
  worse: { sign: '!', spoken: 'Worse:' },
  new: { sign: '+', spoken: 'New:' },
  gone: { sign: '−', spoken: 'Gone:' },
  other: { sign: '~', spoken: 'Changed:' },
} as const

interface Row {
  readonly key: string
  readonly sign: keyof typeof SIGNS
  readonly words: ReactNode
}

interface DeviceDifferenceProps {
  readonly id: string
  readonly from: number
  readonly to: number
}

/** What differs on the device between two times, as far as it is known. */
export function DeviceDifference({ id, from, to }: DeviceDifferenceProps) {
  const answer = useAnswer<Difference>(`/devices/${id}/difference${queryText({ from, to })}`)
  return (
    <Panel
      title="What changed from A to B"
      more={`${exactTime(from)} to ${exactTime(to)}`}
      foot={answer.data === undefined ? undefined : <NotKnown sentences={answer.data.notKnown} />}
    >
      <Answered answer={answer}>{(difference) => <Rows rows={rowsOf(difference)} />}</Answered>
    </Panel>
  )
}

function Rows({ rows }: { readonly rows: readonly Row[] }) {
  return (
    <>
      <p className="only-spoken" role="status">
        {counted(rows.length, 'difference')}
      </p>
      {rows.length === 0 ? (
        <p className="muted">Nothing that is known differs.</p>
      ) : (
        <ul className="difference">
          {rows.map(({ key, sign, words }) => (
            <li key={key}>
              <span className={`difference-${sign}`} aria-hidden="true">
                {SIGNS[sign].sign}
              </span>
              <span>
                <span className="only-spoken">{SIGNS[sign].spoken} </span>
                {words}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function NotKnown({ sentences }: { readonly sentences: readonly string[] }) {
  return (
    <details>
      <summary className="link">What is not known</summary>
      <ul className="numbered">
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </details>
  )
}

function rowsOf({ checks, agents, things, components = [] }: Difference): readonly Row[] {
  const thing = (sign: 'new' | 'gone') => (one: Omit<ThingOnDevice, 'kind'> & Partial<ThingOnDevice>) => {
    const { id, kind = 'agent', name, version, user } = one
    const words = (
      <>
        {KINDS[kind]}{' '}
        <span className="medium">
          <Said>{version === undefined ? name : `${name} ${version}`}</Said>
        </span>
        {user === undefined ? null : (
          <span className="muted">
            {' '}
            of <Said>{user}</Said>
          </span>
        )}
      </>
    )
    return { key: `${sign} ${kind} ${id}`, sign, words }
  }
  return [
    ...checks.map(({ check, from, to }) => ({
      key: `check ${check}`,
      sign: to === 'fail' ? ('worse' as const) : ('other' as const),
      words: (
        <>
          <span className="medium">{checkTitle(check)}</span>{' '}
          <span className="muted">
            {from === undefined ? 'was not reported' : STATE_WORDS[from]} →{' '}
            {to === undefined ? 'is not reported' : STATE_WORDS[to]}
          </span>
        </>
      ),
    })),
    ...[...agents.appeared, ...things.appeared].map(thing('new')),
    ...[...agents.left, ...things.left].map(thing('gone')),
    ...components.map(({ component, from, to }) => ({
      key: `component ${component}`,
      sign: 'other' as const,
      words: (
        <>
          {component} <Said>{from}</Said> → <Said>{to}</Said>
        </>
      ),
    })),
  ]
}
