import { Link } from 'wouter'
import { VERDICTS } from '../../../protocol/messages/attestation-result.ts'
import type { PolicyTest } from '../../../protocol/nouns/directory/policy.ts'
import { checkTitle } from '../../data/check-titles.ts'
import { countText } from '../../data/words.ts'
import { Said } from '../../parts/said.tsx'
import { VerdictStatus } from '../../parts/status.tsx'
import type { EffectProps } from './text-noun.ts'

/** Devices that are named. The counts are of all. */
const SHOWN = 8
const HOUR_MS = 3_600_000
const SIDES = ['In use', 'This text'] as const
const CHECK_COLUMNS = [...SIDES, 'In grace', 'Exempt'] as const

/** What a policy would change now, and would have changed. */
export function PolicyEffect({ test }: EffectProps<PolicyTest>) {
  const { devices, changed, changes, checks, current, proposed, againstMs } = test
  const changedChecks = checks.filter((one) => one.current !== one.proposed || one.inGrace + one.exempt > 0)
  const past = (name: string, of: (side: PolicyTest['current']) => number) => (
    <Row key={name} headings={SIDES} name={name} numbers={[of(current), of(proposed)]} />
  )
  return (
    <div className="stack-4">
      <Counts headings={['Verdict now', ...SIDES]}>
        {VERDICTS.map((verdict) => (
          <Row
            key={verdict}
            headings={SIDES}
            name={<VerdictStatus verdict={verdict} />}
            numbers={[current.now[verdict], proposed.now[verdict]]}
          />
        ))}
      </Counts>
      {againstMs === 0 ? null : (
        <Counts headings={[`The last ${countText(againstMs / HOUR_MS)} h`, ...SIDES]}>
          {past('Devices compliant all the time', (side) => side.past.alwaysCompliant)}
          {past('Changes of verdict', (side) => side.past.changes)}
          {past('Hours not compliant, of all devices', (side) => Math.round(side.past.notCompliantMs / HOUR_MS))}
        </Counts>
      )}
      {changedChecks.length === 0 ? null : (
        <Counts headings={['Check fails on', ...CHECK_COLUMNS]}>
          {changedChecks.map((one) => (
            <Row
              key={one.check}
              headings={CHECK_COLUMNS}
              name={<Said>{checkTitle(one.check)}</Said>}
              numbers={[one.current, one.proposed, one.inGrace, one.exempt]}
            />
          ))}
        </Counts>
      )}
      {changes.length === 0 ? (
        <p className="muted">No verdict of {countText(devices)} devices changes now.</p>
      ) : (
        <ul className="stack small">
          {changes.slice(0, SHOWN).map(({ device, owner, from, to, reasons }) => (
            <li key={device}>
              <Link className="link" href={`/devices/${device}`}>
                <Said>{owner}</Said> <span className="mono">{device.slice(0, 12)}</span>
              </Link>{' '}
              <VerdictStatus verdict={from} /> → <VerdictStatus verdict={to} />
              <span className="muted">
                {' '}
                <Said>{reasons.map(({ check }) => checkTitle(check)).join(', ')}</Said>
              </span>
            </li>
          ))}
          {changed > SHOWN ? <li className="muted">and {countText(changed - SHOWN)} more</li> : null}
        </ul>
      )}
    </div>
  )
}

interface CountsProps {
  readonly headings: readonly string[]
  readonly children: React.ReactNode
}

function Counts({ headings, children }: CountsProps) {
  return (
    <table className="table table-compact table-cards">
      <thead>
        <tr>
          {headings.map((heading, at) => (
            <th key={heading} scope="col" className={at === 0 ? undefined : 'number'}>
              {heading}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  )
}

interface RowProps {
  /** Of the numbers. */
  readonly headings: readonly string[]
  readonly name: React.ReactNode
  readonly numbers: readonly number[]
}

function Row({ headings, name, numbers }: RowProps) {
  return (
    <tr>
      <td>{name}</td>
      {numbers.map((number, at) => (
        <td key={headings[at]} data-heading={headings[at]} className="number">
          {countText(number)}
        </td>
      ))}
    </tr>
  )
}
