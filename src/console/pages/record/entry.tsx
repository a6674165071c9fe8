import { useEffect } from 'react'
import { Link, useParams } from 'wouter'
import { fieldsBetween } from '../../../protocol/noun/difference.ts'
import { actorNameIn, type EntryView, nameIn } from '../../../protocol/nouns/directory/record.ts'
import { memberWords } from '../../../view/sightings/sighting-facts.ts'
import { queryText } from '../../data/api.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { exactTime } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { Fact } from '../../parts/fact.tsx'
import { Panel } from '../../parts/panel.tsx'
import { PageTitle, Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'
import { actWords, Named } from './entry-parts.tsx'
import { ProofPanel } from './proof-panel.tsx'

/** An entry that has no place in the log yet is asked again. */
const SOON_MS = 2_000

/** One entry of the record: what was done, and the proof that nobody changed it. */
export function Entry() {
  const { id = '' } = useParams()
  const answer = useAnswer<EntryView>(`/entries/${encodeURIComponent(id)}`)
  const { data, refetch } = answer
  const isWaiting = data !== undefined && data.proof === undefined && data.removed !== true
  useEffect(() => {
    if (!isWaiting) return
    const timer = setInterval(() => void refetch(), SOON_MS)
    return () => clearInterval(timer)
  }, [isWaiting, refetch])
  return (
    <div className="page">
      <Answered answer={answer}>{(entry) => <Shown key={entry.id} entry={entry} />}</Answered>
    </div>
  )
}

function Shown({ entry }: { readonly entry: EntryView }) {
  return (
    <>
      <header className="page-head">
        <PageTitle>{actWords(entry.act)}</PageTitle>
        <p className="muted">
          by <Said>{actorNameIn(entry)}</Said>, {exactTime(entry.time)}
        </p>
      </header>
      <div className="columns">
        <Panel title="What was done" place="span-7">
          <div className="stack-4">
            <Sentence entry={entry} />
            <Facts entry={entry} />
          </div>
        </Panel>
        <ProofPanel entry={entry} />
        <Changes entry={entry} />
        <Details entry={entry} />
      </div>
    </>
  )
}

function Sentence({ entry }: { readonly entry: EntryView }) {
  const { act, actor, subject, device, onBehalfOf } = entry
  return (
    <p>
      {actWords(act)} by <Named id={actor}>{actorNameIn(entry)}</Named>
      {onBehalfOf === undefined ? null : (
        <>
          {' '}
          for <Named id={onBehalfOf}>{nameIn(entry, onBehalfOf)}</Named>
        </>
      )}
      {subject === undefined || subject === actor ? null : (
        <>
          {' '}
          about <Named id={subject}>{nameIn(entry, subject)}</Named>
        </>
      )}
      {device === undefined || device === subject || device === actor ? null : (
        <>
          {' '}
          on <Named id={device}>{nameIn(entry, device)}</Named>
        </>
      )}
      .
    </p>
  )
}

function Facts({ entry }: { readonly entry: EntryView }) {
  const { time, entered, actor, actorKind, actorName: name, address, session, token, onBehalfOf, subject } = entry
  const { device, agent, attempt, outcome, policy, id } = entry
  return (
    <dl className="facts">
      <Fact name="When">
        {exactTime(time)} (<Ago at={time} />)
      </Fact>
      <Fact name="Entered">{entered === undefined ? undefined : `${exactTime(entered)}, later than it happened`}</Fact>
      <Fact name="By">
        <Named id={actor}>{actorNameIn(entry)}</Named>
        {actorKind === undefined || actorKind === actor ? null : `, ${actorKind}`}
        {name === null ? ', whose name was destroyed' : null}
      </Fact>
      {idFact('For', onBehalfOf, entry)}
      <Fact name="From">
        {address === undefined ? undefined : <Said>{address ?? 'destroyed with the key of the person'}</Said>}
      </Fact>
      <Fact name="Session">{session === undefined ? undefined : <code>{session}</code>}</Fact>
      <Fact name="Token">{token === undefined ? undefined : <code>{token}</code>}</Fact>
      {idFact('Object', subject, entry)}
      {idFact('Device', device, entry)}
      {idFact('Agent', agent, entry)}
      <Fact name="Policy">{policy === undefined ? undefined : `version ${policy}`}</Fact>
      <Fact name="Attempt">
        {attempt === undefined ? undefined : (
          <Link
            className="link"
            href={`/entries${queryText({ ...(device === undefined ? { subject: attempt } : { device }) })}`}
          >
            <Said>{attempt}</Said>
          </Link>
        )}
      </Fact>
      <Fact name="Outcome">{outcome === undefined ? undefined : <Said>{outcome}</Said>}</Fact>
      <Fact name="ID">
        <code>{id}</code>
      </Fact>
    </dl>
  )
}

/** What it is called today, and its id, which is in the log. */
function idFact(name: string, id: string | undefined, entry: EntryView) {
  if (id === undefined) return null
  const called = nameIn(entry, id)
  return (
    <Fact name={name}>
      <Named id={id}>{called}</Named>
      {called === id ? null : (
        <>
          {' '}
          <code className="muted">{id}</code>
        </>
      )}
    </Fact>
  )
}

function Changes({ entry: { before, after } }: { readonly entry: EntryView }) {
  if (before === undefined && after === undefined) return null
  const fields = fieldsBetween(before ?? {}, after ?? {})
  return (
    <Panel title="What changed" place="span-12" flush>
      <table className="table table-compact table-cards">
        <thead>
          <tr>
            <th scope="col">Member</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field.field}>
              <td data-heading="Member" className="medium">
                <Said>{field.field}</Said>
              </td>
              <td data-heading="Before">
                <Said>{valueText(field.field, field.before)}</Said>
              </td>
              <td data-heading="After">
                <Said>{valueText(field.field, field.after)}</Said>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function Details({ entry: { details = {}, removed } }: { readonly entry: EntryView }) {
  const members = Object.entries(details)
  if (removed === true || members.length === 0) return null
  return (
    <Panel title="Details" place="span-12">
      <dl className="facts">
        {members.map(([name, value]) => (
          <Fact key={name} name={name}>
            <Said>{valueText(name, value)}</Said>
          </Fact>
        ))}
      </dl>
    </Panel>
  )
}

/** A personal text is null once the key of its person was destroyed. */
function valueText(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (value === null) return 'destroyed with the key of its person'
  if (typeof value === 'number' && /(at|until)$/i.test(name)) return exactTime(value)
  if (Array.isArray(value))
    return value.map((one) => (typeof one === 'object' ? memberWords(one) : String(one))).join(', ')
  return typeof value === 'object' ? memberWords(value) : String(value)
}
