import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { describeError } from '../../../base/errors.ts'
import type { RecordWitness } from '../../../protocol/nouns/directory/record.ts'
import { toBase64 } from '../../../tlog/lines.ts'
import { formatNoteKey } from '../../../tlog/note-keys.ts'
import { usePageTitle } from '../../data/page-title.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted, countText } from '../../data/words.ts'
import { Answered, Failed, Waiting } from '../../parts/answered.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Fact } from '../../parts/fact.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'
import { keepWitnesses, keptWitnesses } from './kept-log.ts'
import { keptWords, Outcome } from './proof-panel.tsx'
import { type RecordLog, useVerified } from './use-verified.ts'
import { type Cosigned, readCosigned, verifyLog } from './verify-log.ts'

/** The log behind the record: whether it continues what this browser saw, and who else has seen it. */
export function Log() {
  usePageTitle('Log and witnesses')
  const { verification, log, again } = useVerified('log', verifyLog)
  const found = verification?.state === 'verified' ? verification.found : undefined
  return (
    <div className="page">
      <header className="page-head">
        <h1>Log and witnesses</h1>
        <p className="muted">Each entry of the record is a leaf of a log that only grows.</p>
      </header>
      <div className="columns">
        <Panel title="The log" place="span-7">
          <div className="stack-4" aria-live="polite">
            {verification === undefined ? (
              <Waiting />
            ) : (
              <Outcome
                verification={verification}
                words={`Signed by its key${found?.keptSize === undefined ? '' : ', and nothing was lost since this browser saw it'}.`}
                onAgain={again}
              />
            )}
            <dl className="facts">
              <Fact name="Log">
                <Said>{log?.origin}</Said>
              </Fact>
              {found === undefined ? null : (
                <>
                  <Fact name="Entries">{counted(found.newest.size, 'entry', 'entries')}</Fact>
                  <Fact name="Root">
                    <code>{toBase64(found.newest.root)}</code>
                  </Fact>
                  <Fact name="This browser">{keptWords(found.keptSize)}</Fact>
                </>
              )}
              <Fact name="Public key">
                {log === undefined ? undefined : (
                  <>
                    <code>{log.key}</code> <CopyButton text={log.key} what="the key" />
                  </>
                )}
              </Fact>
            </dl>
            <p className="small muted">
              An auditor verifies it without this page: <code>surety audit verify</code> with this key, from another
              place.{' '}
              <Link className="link" href="/entries?act=record-continued">
                Other logs before this one
              </Link>
            </p>
          </div>
        </Panel>
        <Panel title="Witnesses" place="span-5">
          {log === undefined || found === undefined ? (
            <p className="muted">They follow once the log verifies.</p>
          ) : (
            <Witnesses log={log} size={found.newest.size} />
          )}
        </Panel>
        <Asked />
      </div>
    </div>
  )
}

/** What the directory says of the witnesses that it asks. Nothing here is verified. */
function Asked() {
  const answer = useAnswer<{ readonly items: readonly RecordWitness[] }>('/record-witnesses')
  if (answer.data?.items.length === 0) return null
  return (
    <Panel title="Witnesses that the directory asks" place="span-12" flush>
      <Answered answer={answer}>
        {({ items }) => (
          <table className="table table-compact table-cards">
            <thead>
              <tr>
                <th scope="col">Witness</th>
                <th scope="col">Cosigned</th>
                <th scope="col">Missing</th>
                <th scope="col">Last cosigned</th>
                <th scope="col">Problem</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ id, size, behind, cosignedAt, problem }) => (
                <tr key={id}>
                  <td data-heading="Witness" className="medium">
                    <Said>{id}</Said>
                  </td>
                  <td data-heading="Cosigned">{countText(size)}</td>
                  <td data-heading="Missing">{countText(behind)}</td>
                  <td data-heading="Last cosigned">
                    <Ago at={cosignedAt} />
                  </td>
                  <td data-heading="Problem" className={problem === undefined ? '' : 'bad'}>
                    <Said>{problem}</Said>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Answered>
    </Panel>
  )
}

/** Who cosigned the log. @param size of the newest checkpoint. */
function Witnesses({ log: { key, cosigned }, size }: { readonly log: RecordLog; readonly size: number }) {
  const [known, setKnown] = useState(keptWitnesses)
  const keys = known.map(formatNoteKey)
  const answer = useQuery<Cosigned | null>({
    queryKey: ['cosigned', cosigned, keys],
    queryFn: () => (cosigned === undefined ? null : readCosigned(cosigned, key, known)),
  })
  if (answer.error !== null) return <Failed error={new Error(describeError(answer.error))} />
  if (answer.data === undefined) return <Waiting />
  const { lines = [], size: cosignedSize } = answer.data ?? {}
  const missing = known.filter(({ name }) => !lines.some((line) => line.name === name))
  return (
    <div className="stack-4">
      {lines.length === 0 ? (
        <p className="muted">
          No witness has cosigned the log. Devices follow it too. The setting <code>record.witnesses</code> names
          witnesses.
        </p>
      ) : (
        <ul className="stack-2">
          {lines.map(({ name, time }) => (
            <li key={name}>
              <Said>{name}</Said>:{' '}
              {time === undefined ? (
                <span className="muted">cosigned, not verified here: this browser does not have its key</span>
              ) : (
                <span className="ok">
                  cosigned <Ago at={time} />, verified here
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {missing.map(({ name }) => (
        <p key={name} className="bad">
          <Said>{name}</Said> has not cosigned.
        </p>
      ))}
      {cosignedSize === undefined ? null : (
        <p className="small muted">
          {counted(cosignedSize, 'entry is', 'entries are')} cosigned
          {cosignedSize < size
            ? `; ${counted(size - cosignedSize, 'newer entry is', 'newer entries are')} not yet`
            : ''}
          .
        </p>
      )}
      <WitnessKeys keys={keys} onChange={() => setKnown(keptWitnesses())} />
    </div>
  )
}

function WitnessKeys({ keys, onChange }: { readonly keys: readonly string[]; onChange(): void }) {
  const [text, setText] = useState(keys.join('\n'))
  const [mistake, setMistake] = useState<string>()
  const save = () => {
    try {
      keepWitnesses(text)
      setMistake(undefined)
      onChange()
    } catch (error) {
      setMistake(describeError(error))
    }
  }
  return (
    <form
      className="stack-2"
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      <label className="stack">
        <span className="medium">Public keys of witnesses, a line each</span>
        <textarea
          className="input"
          rows={3}
          spellCheck={false}
          aria-invalid={mistake !== undefined}
          aria-describedby="witness-keys-about"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <p id="witness-keys-about" className={mistake === undefined ? 'small muted' : 'mistake'}>
        {mistake ?? 'From the witnesses, not from this directory. This browser keeps them.'}
      </p>
      <button type="submit" className="button button-small fits">
        Verify with these
      </button>
    </form>
  )
}
