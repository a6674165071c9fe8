import type { ReactNode } from 'react'
import type { Verdict } from '../../protocol/messages/attestation-result.ts'
import { Icon, type IconName } from './icon.tsx'

/** States as a shape, a word and a colour. Text of a device can never look like one. */

export type Tone = 'ok' | 'bad' | 'warn' | 'ice' | 'odd' | 'none'

interface State {
  readonly icon: IconName
  readonly tone: Tone
  readonly word: string
}

export const STATES = {
  running: { icon: 'running', tone: 'ok', word: 'running' },
  installed: { icon: 'installed', tone: 'none', word: 'installed' },
  blocked: { icon: 'blocked', tone: 'bad', word: 'blocked' },
  unregistered: { icon: 'unregistered', tone: 'warn', word: 'unregistered' },
  unrecognised: { icon: 'unrecognised', tone: 'odd', word: 'unrecognised' },
  autonomous: { icon: 'autonomous', tone: 'warn', word: 'acts without asking' },
  asks: { icon: 'asks', tone: 'none', word: 'asks first' },
  compliant: { icon: 'pass', tone: 'ok', word: 'compliant' },
  'not-compliant': { icon: 'fail', tone: 'bad', word: 'not compliant' },
  'no-verdict': { icon: 'no-verdict', tone: 'none', word: 'no verdict' },
  stale: { icon: 'clock', tone: 'warn', word: 'stale' },
  'could-not-check': { icon: 'unchecked', tone: 'none', word: 'could not check' },
  allowed: { icon: 'pass', tone: 'ok', word: 'allowed' },
  denied: { icon: 'fail', tone: 'bad', word: 'denied' },
  approved: { icon: 'person', tone: 'ok', word: 'approved' },
  refused: { icon: 'fail', tone: 'bad', word: 'refused' },
  expired: { icon: 'clock', tone: 'warn', word: 'expired' },
  'second-person': { icon: 'second-person', tone: 'warn', word: 'waits for a second person' },
  'in-force': { icon: 'in-force', tone: 'ice', word: 'in force' },
  'not-answered': { icon: 'clock', tone: 'warn', word: 'not answered' },
  released: { icon: 'released', tone: 'none', word: 'released' },
} as const satisfies Readonly<Record<string, State>>

export type StateName = keyof typeof STATES

/** A state in a line of text or a table. @param children more words, such as since when */
export function Status({ of, children }: { readonly of: StateName; readonly children?: ReactNode }) {
  const { icon, tone, word } = STATES[of]
  return (
    <span className="status">
      <span className={tone}>
        <Icon name={icon} />
      </span>
      {children ?? word}
    </span>
  )
}

/** A state that must not be missed. */
export function Pill({ of, children }: { readonly of: StateName; readonly children?: ReactNode }) {
  const { icon, tone, word } = STATES[of]
  return (
    <span className={`pill pill-${tone}`}>
      <Icon name={icon} />
      {children ?? word}
    </span>
  )
}

/** Frozen looks like this wherever it is shown. @param children who froze it, such as `by bob` */
export function Frozen({ children }: { readonly children?: ReactNode }) {
  return (
    <span className="pill pill-frozen">
      <Icon name="frozen" />
      FROZEN{children === undefined ? '' : ' '}
      {children}
    </span>
  )
}

const OF_VERDICT: Readonly<Record<Verdict, StateName>> = {
  compliant: 'compliant',
  'not-compliant': 'not-compliant',
  stale: 'stale',
  unknown: 'no-verdict',
}

export function VerdictStatus({ verdict }: { readonly verdict: Verdict }) {
  return <Status of={OF_VERDICT[verdict]} />
}

export function VerdictPill({ verdict }: { readonly verdict: Verdict }) {
  return <Pill of={OF_VERDICT[verdict]} />
}

const PROOFS = {
  proven: { icon: 'proven', word: 'proven' },
  reported: { icon: 'reported', word: 'reported' },
  decided: { icon: 'person', word: 'decided' },
} as const

/** Proven by hardware, reported by a device in signed evidence, or decided by a person. */
export function Proof({ of, children }: { readonly of: keyof typeof PROOFS; readonly children?: ReactNode }) {
  const { icon, word } = PROOFS[of]
  return (
    <span className={`proof proof-${of}`}>
      <Icon name={icon} />
      {children ?? word}
    </span>
  )
}
