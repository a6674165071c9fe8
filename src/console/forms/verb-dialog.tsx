import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import type { Item, Noun } from '../../protocol/noun/noun.ts'
import type { PlainNoun, PlainVerb } from '../../protocol/noun/plain.ts'
import { useAct } from '../data/use-act.ts'
import { capital } from '../data/words.ts'
import { Failed } from '../parts/answered.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Said } from '../parts/said.tsx'
import { toast } from '../parts/toast.tsx'
import { bodyOf, firstValues, formOf, isEdit, type Mistakes, mistakesIn, refusalOf, type Values } from './form.ts'
import { FormField } from './form-field.tsx'
import { SecretOnce } from './secret-once.tsx'
import { effectOf, isDangerous, labelOf, newsOf, placeOf, secretIn, spaced, warningIn } from './verbs.ts'

interface VerbDialogProps {
  readonly noun: Noun
  readonly plain: PlainNoun
  readonly verb: PlainVerb
  /** What it is done with. Absent: with none, or with all. */
  readonly item?: Item | undefined
  /** What fields of an edit have at first, where the item itself says it otherwise. */
  readonly first?: Values
  onClose(): void
  onDone?(): void
}

/** Does one verb of a noun: asks for what its body has, says what is wrong beside the field, and shows a secret once. */
export function VerbDialog({ noun, plain, verb, item, first: given, onClose, onDone }: VerbDialogProps) {
  const id = useId()
  const fields = useRef<HTMLFormElement>(null)
  const form = formOf(verb)
  const edits = isEdit(verb)
  const [first] = useState<Values>(() => ({ ...firstValues(form, edits ? { ...item } : {}), ...given }))
  const [values, setValues] = useState(first)
  const [mistakes, setMistakes] = useState<Mistakes>({})
  const doing = useAct<unknown>({
    onDone(answer) {
      if (secretIn(verb, answer) !== undefined) return
      toast(newsOf(noun, verb, answer))
      onClose()
      onDone?.()
    },
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was found wrong moves the focus there
  useEffect(() => fields.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), [mistakes, doing.error])
  const effect = effectOf(verb, plain)
  const secret = secretIn(verb, doing.data)
  if (secret !== undefined) {
    return (
      <Shown title={effect} onClose={onClose}>
        <SecretOnce
          label={labelOf(verb.secret ?? '')}
          secret={secret}
          use={placeOf(plain)}
          warning={warningIn(doing.data)}
        />
      </Shown>
    )
  }
  if (form.isTooRich) {
    return (
      <Shown title={effect} onClose={onClose}>
        <p>
          This takes more than a form can ask for: {form.beyond.map(spaced).join(', ')}. The command line does it from a
          file:
        </p>
        <code className="command">{verb.example}</code>
      </Shown>
    )
  }
  const refusal = doing.error === null ? undefined : refusalOf(doing.error.message, form.fields)
  const refused: Mistakes = refusal?.field === undefined ? {} : { [refusal.field]: refusal.text }
  const body = bodyOf(form, values, edits ? first : undefined)
  const isSame = edits && Object.keys(body).length === 0
  const run = () => {
    if (doing.isPending || isSame) return
    const found = mistakesIn(form, values, Date.now())
    setMistakes(found)
    doing.reset()
    if (Object.keys(found).length > 0) return
    doing.mutate({
      // Of the declaration, where it is one of these: what only asks has no button.
      method: verb.method as 'POST' | 'PUT' | 'DELETE',
      path: verb.path.replace('{id}', encodeURIComponent(item?.id ?? '')),
      ...(verb.hasBody ? { body: { ...body, ...versionOf(verb, item) } } : {}),
    })
  }
  return (
    <Dialog
      title={effect}
      about={verb.about === undefined || capital(verb.about) === effect ? undefined : `${capital(verb.about)}.`}
      onClose={onClose}
      foot={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            form={id}
            className={`button ${isDangerous(verb) ? 'button-danger' : 'button-main'} to-end`}
            aria-disabled={doing.isPending || isSame}
            title={isSame ? 'Nothing differs yet' : undefined}
          >
            {doing.isPending ? 'Working…' : effect}
          </button>
        </>
      }
    >
      {item === undefined ? null : (
        <p className="strong">
          <Said>{noun.describe(item)}</Said>
        </p>
      )}
      <form
        id={id}
        ref={fields}
        className="stack-4"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          run()
        }}
      >
        {form.fields.map((field) => (
          <FormField
            key={field.name}
            field={field}
            value={values[field.name] ?? ''}
            mistake={mistakes[field.name] ?? refused[field.name]}
            onChange={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
          />
        ))}
      </form>
      {form.beyond.length === 0 ? null : (
        <p className="small muted">
          The command line also sets: {form.beyond.map(spaced).join(', ')}. <code>{verb.example}</code>
        </p>
      )}
      {doing.error === null || refusal?.field !== undefined ? null : <Failed error={doing.error} />}
    </Dialog>
  )
}

interface ShownProps {
  readonly title: string
  readonly children: ReactNode
  onClose(): void
}

/** There is nothing more to do than to read it. */
function Shown({ title, children, onClose }: ShownProps) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <button type="button" className="button button-main to-end" onClick={onClose}>
          Done
        </button>
      }
    >
      {children}
    </Dialog>
  )
}

/** So that nothing is changed that somebody else changed meanwhile. */
function versionOf({ fields }: PlainVerb, item: Item | undefined): { readonly expectVersion?: number } {
  const { version } = { version: undefined, ...item }
  const isAsked = fields.some(({ name }) => name === 'expectVersion')
  return isAsked && typeof version === 'number' ? { expectVersion: version } : {}
}
