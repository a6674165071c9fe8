import type { AccessTest } from '../../../protocol/nouns/directory/access.ts'
import type { GatePolicyTest } from '../../../protocol/nouns/directory/gate-policy.ts'
import { counted, countText } from '../../data/words.ts'
import { Said } from '../../parts/said.tsx'
import { Status } from '../../parts/status.tsx'
import type { EffectProps, TextNoun } from './text-noun.ts'
import { TextPage } from './text-page.tsx'

const ACCESS: TextNoun<AccessTest> = {
  name: 'access',
  title: 'Access',
  called: 'the access policy',
  language: 'Cedar',
  about: 'What agents and people may do, when another system asks.',
  first: 'the default of this release',
  looksBack: true,
  usualHours: 168,
  effectOf: ({ changed }) => counted(changed, 'answer changes', 'answers change'),
  objectionOf: ({ objection }) => objection,
  effect: AccessEffect,
}

/** The access policy: what is in use, how another one would have answered, and its versions. */
export function Access() {
  return <TextPage noun={ACCESS} />
}

const GATE_POLICY: TextNoun<GatePolicyTest> = {
  name: 'gate-policy',
  title: 'Gate policy',
  called: 'the policy of the gate',
  language: 'Cedar',
  about: 'What agents may do on devices.',
  first: 'the default of this release',
  looksBack: false,
  usualHours: 0,
  effectOf: ({ permits, forbids }) => `${counted(permits, 'permit')}, ${counted(forbids, 'forbid')}`,
  objectionOf: ({ objection }) => objection,
  effect: RuleCounts,
}

/** The policy of the gate: what is in use, what another one says, and its versions. */
export function GatePolicy() {
  return <TextPage noun={GATE_POLICY} />
}

/** Questions that are named. The counts are of all. */
const SHOWN = 12
const HOUR_MS = 3_600_000

/** What the text says, and how it would have answered what was asked. */
function AccessEffect({ test }: EffectProps<AccessTest>) {
  const { againstMs, questions, current, proposed, changed, changes } = test
  return (
    <div className="stack-4">
      <RuleCounts test={test} />
      {againstMs === 0 ? null : (
        <table className="table table-compact table-cards">
          <thead>
            <tr>
              <th scope="col">The last {countText(againstMs / HOUR_MS)} h</th>
              <th scope="col" className="number">
                In use
              </th>
              <th scope="col" className="number">
                This text
              </th>
            </tr>
          </thead>
          <tbody>
            <Row name="Questions allowed" before={current.allowed} after={proposed.allowed} />
            <Row name="Questions denied" before={current.denied} after={proposed.denied} />
          </tbody>
        </table>
      )}
      {againstMs > 0 && questions === 0 ? (
        <p className="muted">Nobody asked in that time, so the past says nothing about this text.</p>
      ) : null}
      {changes.length === 0 ? null : (
        <ul className="stack small">
          {changes.slice(0, SHOWN).map((change) => (
            <Change key={Object.values(change).join(' ')} change={change} />
          ))}
          {changed > SHOWN ? <li className="muted">and {countText(changed - SHOWN)} more</li> : null}
        </ul>
      )}
    </div>
  )
}

/** What the text says, by numbers. */
function RuleCounts({ test }: { readonly test: Pick<AccessTest, 'permits' | 'forbids' | 'actions'> }) {
  const { permits, forbids, actions } = test
  return (
    <p className="muted">
      It has {counted(permits, 'permit')} and {counted(forbids, 'forbid')}
      {actions.length === 0 ? (
        ', for any action.'
      ) : (
        <>
          . It names the actions <Said>{actions.join(', ')}</Said>.
        </>
      )}
    </p>
  )
}

interface RowProps {
  readonly name: string
  readonly before: number
  readonly after: number
}

function Row({ name, before, after }: RowProps) {
  return (
    <tr>
      <td>{name}</td>
      <td className="number" data-heading="In use">
        {countText(before)}
      </td>
      <td className="number" data-heading="This text">
        {countText(after)}
      </td>
    </tr>
  )
}

/** One question whose answer would be another. */
function Change({ change }: { readonly change: AccessTest['changes'][number] }) {
  const { subject, agent, device, action, resource, times, from, to, rules } = change
  const about = [agent === undefined ? '' : `agent ${agent}`, device === undefined ? '' : `device ${device}`]
  const more = [...about, times === 1 ? '' : `${countText(times)} times`, rules.join(', ')].filter(Boolean)
  return (
    <li>
      <Said>{subject}</Said> {'· '}
      <Said>{`${action} ${resource}`}</Said> <Answer isAllowed={from} /> → <Answer isAllowed={to} />
      {more.length === 0 ? null : (
        <span className="muted">
          {' '}
          <Said>{more.join(' · ')}</Said>
        </span>
      )}
    </li>
  )
}

function Answer({ isAllowed }: { readonly isAllowed: boolean }) {
  return <Status of={isAllowed ? 'allowed' : 'denied'} />
}
