import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { ListedVersion } from '../../../protocol/noun/versioned-text.ts'
import { type ApiError, ask } from '../../data/api.ts'
import { useMay } from '../../data/session.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { Answered, Empty, Failed } from '../../parts/answered.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Difference } from './difference.tsx'
import { useDraft } from './draft.ts'
import { Editor, type EditorHandle } from './editor.tsx'
import { Effect } from './effect.tsx'
import { type Proposal, SaveDialog } from './save-dialog.tsx'
import { StaleDraft } from './stale-draft.tsx'
import { faultIn, type TextNoun, type TextView, textOf, tryText } from './text-noun.ts'
import { SetBy, Versions } from './versions.tsx'

interface TextPageProps<T> {
  readonly noun: TextNoun<T>
}

/** The page of a text: edited, tested, saved with a reason, compared, rolled back. */
export function TextPage<T extends { readonly warnings: readonly string[] }>({ noun }: TextPageProps<T>) {
  const answer = useAnswer<TextView>(`/${noun.name}`)
  return (
    <div className="page">
      <Answered answer={answer}>{(inUse) => <Shown noun={noun} inUse={inUse} />}</Answered>
    </div>
  )
}

const VERSIONS = 100
const HOUR_MS = 3_600_000
const PASTS = [
  { hours: 0, label: 'as of now' },
  { hours: 24, label: 'and the last 24 hours' },
  { hours: 168, label: 'and the last 7 days' },
  { hours: 720, label: 'and the last 30 days' },
] as const

interface Asked {
  readonly text: string
  readonly againstMs: number
}

function Shown<T extends { readonly warnings: readonly string[] }>(
  props: TextPageProps<T> & { readonly inUse: TextView },
) {
  const { noun, inUse } = props
  const { name } = noun
  const mayConfigure = useMay('configure')
  const history = useAnswer<{ readonly items: readonly ListedVersion[]; readonly next?: string }>(
    `/${name}/history?limit=${VERSIONS}`,
  )
  const editor = useRef<EditorHandle>(null)
  const [draft, setDraft] = useDraft(name)
  const [hours, setHours] = useState(noun.usualHours)
  const [proposal, setProposal] = useState<Proposal<T>>()
  const trial = useMutation<T, ApiError, Asked>({ mutationFn: ({ text, againstMs }) => tryText(noun, text, againstMs) })
  const rollBack = useMutation<Proposal<T>, ApiError, number>({
    mutationFn: async (restores) => {
      const text = textOf(name, await ask<TextView>('GET', `/${name}?version=${restores}`))
      return { text, restores, replaces: inUse.version, test: await tryText(noun, text) }
    },
    onSuccess: setProposal,
  })
  const used = textOf(name, inUse)
  const againstMs = hours * HOUR_MS
  const text = draft?.text ?? used
  const isStale = draft !== undefined && draft.base !== inUse.version
  const notYet =
    draft === undefined ? 'Nothing differs from what is in use' : isStale ? 'Look at what changed first' : undefined
  const canSave = notYet === undefined && !trial.isPending
  const save = () => {
    if (!canSave || draft === undefined) return
    const replaces = draft.base
    trial.mutate({ text, againstMs }, { onSuccess: (test) => setProposal({ text, test, replaces }) })
  }
  return (
    <>
      <header className="page-head">
        <div className="stack grow">
          <h1>{noun.title}</h1>
          <p className="muted">
            {noun.about} Version {inUse.version}: <SetBy version={inUse} first={noun.first} />.{' '}
            {inUse.reason === undefined ? null : <Said>{inUse.reason}</Said>}
          </p>
        </div>
        {mayConfigure ? (
          <div className="page-acts">
            {draft === undefined ? null : (
              <button type="button" className="button button-bare" onClick={() => setDraft(undefined)}>
                Discard the draft
              </button>
            )}
            <button
              type="button"
              className="button"
              aria-disabled={trial.isPending}
              onClick={() => {
                if (!trial.isPending) trial.mutate({ text, againstMs })
              }}
            >
              {trial.isPending ? 'Testing…' : 'Test'}
            </button>
            <button type="button" className="button button-main" aria-disabled={!canSave} title={notYet} onClick={save}>
              Save…
            </button>
          </div>
        ) : null}
      </header>
      {inUse.refused === undefined ? null : (
        <p className="note note-warn">
          <Icon name="warning" />
          <span>
            A newer version is not in use: <Said>{inUse.refused}</Said>
          </span>
        </p>
      )}
      {isStale ? (
        <StaleDraft noun={name} draft={draft} inUse={inUse} onKeep={() => setDraft({ text, base: inUse.version })} />
      ) : null}
      <div className="columns">
        <Panel
          title={draft === undefined ? 'In use' : 'Your draft'}
          aside={draft === undefined ? undefined : 'kept in this tab'}
          place={mayConfigure ? 'span-7' : 'span-12'}
        >
          <Editor
            ref={editor}
            label={`${noun.title} as ${noun.language}`}
            text={text}
            fault={trial.error === null ? undefined : faultIn(trial.error.message)}
            {...(mayConfigure
              ? {
                  onChange: (next: string) =>
                    setDraft(next === used ? undefined : { text: next, base: draft?.base ?? inUse.version }),
                }
              : {})}
          />
        </Panel>
        {mayConfigure ? (
          <Panel
            title="What it would change"
            place="span-5"
            more={
              noun.looksBack ? (
                <label className="chip">
                  <span className="muted">test</span>
                  <select
                    className="chip-select"
                    value={hours}
                    onChange={(event) => setHours(Number(event.currentTarget.value))}
                  >
                    {PASTS.map((past) => (
                      <option key={past.hours} value={past.hours}>
                        {past.label}
                      </option>
                    ))}
                  </select>
                </label>
              ) : undefined
            }
          >
            <Tried trial={trial} noun={noun} text={text} onLine={(line) => editor.current?.goTo(line)} />
          </Panel>
        ) : null}
        <Answered answer={history}>
          {({ items, next }) => (
            <>
              <Versions
                noun={name}
                first={noun.first}
                versions={items}
                hasMore={next !== undefined}
                error={rollBack.error}
                counting={rollBack.isPending ? rollBack.variables : undefined}
                onRollBack={(version) => rollBack.mutate(version)}
              />
              <Difference noun={name} inUse={inUse} draft={draft} versions={items} />
            </>
          )}
        </Answered>
      </div>
      {proposal === undefined ? null : (
        <SaveDialog
          noun={noun}
          proposal={proposal}
          onClose={() => setProposal(undefined)}
          onSaved={() => (proposal.restores === undefined ? setDraft(undefined) : undefined)}
        />
      )}
    </>
  )
}

interface TriedProps<T> {
  readonly noun: TextNoun<T>
  readonly trial: {
    readonly data: T | undefined
    readonly error: ApiError | null
    readonly variables: Asked | undefined
  }
  /** In the editor. */
  readonly text: string
  onLine(line: number): void
}

function Tried<T extends { readonly warnings: readonly string[] }>({ noun, trial, text, onLine }: TriedProps<T>) {
  const { data, error, variables } = trial
  if (error !== null) {
    // A fault at a line is shown below the editor.
    return faultIn(error.message) === undefined ? (
      <Failed error={error} />
    ) : (
      <p className="muted">The text has a fault: see below it.</p>
    )
  }
  if (data === undefined) {
    return (
      <Empty title="Not tested yet">
        <p className="muted">“Test” says what the text in the editor would change, and changes nothing.</p>
      </Empty>
    )
  }
  const isSame = variables?.text === text
  return (
    <div className="stack-4" role="status">
      <p className="strong">
        {noun.effectOf(data)}
        {isSame ? '' : ', before you changed the text. Test it again.'}
      </p>
      <Effect noun={noun} test={data} onLine={isSame ? onLine : undefined} />
    </div>
  )
}
