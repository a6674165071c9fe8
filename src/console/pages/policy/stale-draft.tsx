import { Link } from 'wouter'
import { Icon } from '../../parts/icon.tsx'
import { Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'
import type { Draft } from './draft.ts'
import type { TextName, TextView } from './text-noun.ts'

interface StaleDraftProps {
  readonly noun: TextName
  readonly draft: Draft
  readonly inUse: TextView
  /** The draft shall replace what is in use now. */
  onKeep(): void
}

/** Another person saved meanwhile. The draft stays until its author decides. */
export function StaleDraft({ noun, draft: { base }, inUse, onKeep }: StaleDraftProps) {
  const { version, setBy, setByName = setBy, setAt } = inUse
  return (
    <div className="note note-warn" role="status">
      <Icon name="warning" />
      <p>
        <Said>{setByName}</Said> set version {version} <Ago at={setAt} />. Your draft began with version {base} and is
        kept.{' '}
        <Link className="link" href={`/${noun}?from=${base}&to=${version}`}>
          See what changed
        </Link>
        .
      </p>
      <div className="note-acts">
        <button type="button" className="button" onClick={onKeep}>
          Replace version {version} with my draft
        </button>
      </div>
    </div>
  )
}
