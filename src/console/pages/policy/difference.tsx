import { useMemo } from 'react'
import { useSearchParams } from 'wouter'
import type { ListedVersion } from '../../../protocol/noun/versioned-text.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import type { Draft } from './draft.ts'
import { type ComparedLine, compareLines, type Gap, withGaps } from './line-difference.ts'
import { type TextName, type TextView, textOf } from './text-noun.ts'

const DRAFT = 'draft'

interface DifferenceProps {
  readonly noun: TextName
  readonly inUse: TextView
  readonly draft: Draft | undefined
  /** Newest first. */
  readonly versions: readonly ListedVersion[]
}

/** Any two versions, or a version and the draft. The address keeps which. */
export function Difference({ noun, inUse, draft, versions }: DifferenceProps) {
  const [parameters, setParameters] = useSearchParams()
  const sides = [...(draft === undefined ? [] : [DRAFT]), ...versions.map(({ version }) => `${version}`)]
  const usual = {
    from: draft === undefined ? `${Math.max(0, inUse.version - 1)}` : `${inUse.version}`,
    to: draft === undefined ? `${inUse.version}` : DRAFT,
  }
  const chosen = (side: 'from' | 'to') => {
    const given = parameters.get(side)
    return given !== null && sides.includes(given) ? given : usual[side]
  }
  const choose = (side: 'from' | 'to', value: string) =>
    setParameters((before) => new URLSearchParams({ ...Object.fromEntries(before), [side]: value }), { replace: true })
  const select = (side: 'from' | 'to', label: string) => (
    <label className="chip">
      <span className="muted">{label}</span>
      <select
        className="chip-select"
        value={chosen(side)}
        onChange={(event) => choose(side, event.currentTarget.value)}
      >
        {sides.map((one) => (
          <option key={one} value={one}>
            {one === DRAFT ? 'your draft' : `version ${one}${Number(one) === inUse.version ? ', in use' : ''}`}
          </option>
        ))}
      </select>
    </label>
  )
  return (
    <Panel
      title="Difference"
      place="span-7"
      more={
        <>
          {select('from', 'from')}
          {select('to', 'to')}
        </>
      }
    >
      <Side noun={noun} side={chosen('from')} draft={draft}>
        {(before) => (
          <Side noun={noun} side={chosen('to')} draft={draft}>
            {(after) => <Lines before={before} after={after} />}
          </Side>
        )}
      </Side>
    </Panel>
  )
}

interface SideProps extends Pick<DifferenceProps, 'noun' | 'draft'> {
  /** A version, or the draft. */
  readonly side: string
  readonly children: (text: string) => React.ReactNode
}

function Side({ noun, side, draft, children }: SideProps) {
  const answer = useAnswer<TextView>(`/${noun}?version=${side}`, { enabled: side !== DRAFT })
  if (side === DRAFT) return children(draft?.text ?? '')
  return <Answered answer={answer}>{(view) => children(textOf(noun, view))}</Answered>
}

function Lines({ before, after }: { readonly before: string; readonly after: string }) {
  const lines = useMemo(() => compareLines(before, after), [before, after])
  const count = (kind: ComparedLine['kind']) => lines.filter((line) => line.kind === kind).length
  const [added, removed] = [count('added'), count('removed')]
  if (added + removed === 0) return <p className="muted">They are equal.</p>
  return (
    <div className="stack-2">
      <p className="muted small">
        {counted(added, 'line')} added, {counted(removed, 'line')} removed
      </p>
      <ol className="difference">
        {withGaps(lines).map((line) => (
          <Line key={`${line.kind} ${line.number}`} line={line} />
        ))}
      </ol>
    </div>
  )
}

function Line({ line }: { readonly line: ComparedLine | Gap }) {
  if (line.kind === 'gap') return <li className="muted">{counted(line.count, 'equal line')}</li>
  const text = line.text === '' ? null : <Said>{line.text}</Said>
  return (
    <li className={`line-${line.kind}`}>
      <span className="line-number">
        <span aria-hidden="true">{{ added: '+', removed: '−', same: '' }[line.kind]}</span>
        {line.kind === 'same' ? null : <span className="only-spoken">{line.kind} </span>}
        {line.number}
      </span>
      <code>{text}</code>
    </li>
  )
}
