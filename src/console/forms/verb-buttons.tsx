import { lazy, Suspense, useState } from 'react'
import type { Item, Noun } from '../../protocol/noun/noun.ts'
import { type PlainNoun, type PlainVerb, plainNoun } from '../../protocol/noun/plain.ts'
import { useSession } from '../data/session.ts'
import { isEdit } from './form.ts'
import { actOf, applies } from './verbs.ts'

const VerbDialog = lazy(async () => ({ default: (await import('./verb-dialog.tsx')).VerbDialog }))
const EditDialog = lazy(async () => ({ default: (await import('./edit-dialog.tsx')).EditDialog }))

interface VerbButtonsProps {
  readonly noun: Noun
  /** What is done with it. Absent: what is done with none, such as adding one. */
  readonly item?: Item
  /** In a row of a list. */
  readonly isSmall?: boolean
  onDone?(verb: PlainVerb): void
}

/** What the person who is signed in may do with an item, or with a noun. */
export function VerbButtons({ noun, item, isSmall = false, onDone }: VerbButtonsProps) {
  const session = useSession()
  const [open, setOpen] = useState<PlainVerb>()
  const plain = plainOf(noun)
  const Dialog = open !== undefined && isEdit(open) ? EditDialog : VerbDialog
  return (
    <>
      {plain.verbs
        .filter((verb) => applies(noun, verb, item, session))
        .map((verb, at) => (
          <button
            key={verb.name}
            type="button"
            className={`button ${isSmall ? 'button-small' : ''} ${item === undefined && at === 0 ? 'button-main' : ''}`}
            onClick={() => setOpen(verb)}
          >
            {actOf(verb, plain)}…
          </button>
        ))}
      {open === undefined ? null : (
        <Suspense>
          <Dialog
            noun={noun}
            plain={plain}
            verb={open}
            item={item}
            onClose={() => setOpen(undefined)}
            onDone={() => onDone?.(open)}
          />
        </Suspense>
      )}
    </>
  )
}

const plains = new WeakMap<Noun, PlainNoun>()

/** Made once for all rows of a list. */
export function plainOf(noun: Noun): PlainNoun {
  const plain = plains.get(noun) ?? plainNoun(noun)
  plains.set(noun, plain)
  return plain
}
