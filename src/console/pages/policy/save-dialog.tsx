import { useState } from 'react'
import { TEXT_MEMBERS } from '../../../protocol/noun/versioned-text.ts'
import { ReasonDialog } from '../../acts/reason-dialog.tsx'
import { toast } from '../../parts/toast.tsx'
import { Effect } from './effect.tsx'
import type { TextNoun, TextView } from './text-noun.ts'

/** A text that somebody wants to be used, with what it would change. */
export interface Proposal<T> {
  readonly text: string
  readonly test: T
  /** The version that has to be in use until then. */
  readonly replaces: number
  /** An earlier version that says this text. */
  readonly restores?: number
}

interface SaveDialogProps<T> {
  readonly noun: TextNoun<T>
  readonly proposal: Proposal<T>
  onClose(): void
  onSaved(): void
}

/** Says the effect, asks why, and uses the text from now on. */
export function SaveDialog<T extends { readonly warnings: readonly string[] }>(props: SaveDialogProps<T>) {
  const { noun, proposal, onClose, onSaved } = props
  const { text, test, replaces, restores } = proposal
  const { name, called } = noun
  const [isForced, setForced] = useState(false)
  const objects = noun.objectionOf(test) !== undefined
  return (
    <ReasonDialog<TextView>
      title={restores === undefined ? `Use this text as ${called}` : `Roll back to version ${restores}`}
      about="It becomes a new version. Earlier ones stay."
      act={`${restores === undefined ? 'Save' : 'Roll back'}: ${noun.effectOf(test)}`}
      {...(objects && !isForced ? { lacks: 'Say that you insist' } : {})}
      request={(reason) => {
        const members = { reason, replaces, ...(isForced ? { force: true } : {}) }
        return restores === undefined
          ? { method: 'PUT', path: `/${name}`, body: { [TEXT_MEMBERS[name]]: text, ...members } }
          : { method: 'POST', path: `/${name}/rollback`, body: { version: restores, ...members } }
      }}
      onClose={onClose}
      onDone={({ version }) => {
        toast(`Version ${version} of ${called} is in use.`)
        onSaved()
      }}
    >
      {objects ? (
        <label className="choice">
          <input type="checkbox" checked={isForced} onChange={() => setForced(!isForced)} />
          <span className="medium">Use it although the test advises against it</span>
        </label>
      ) : null}
      <Effect noun={noun} test={test} />
    </ReasonDialog>
  )
}
