import { type Item, type Noun, usualQuery } from '../../protocol/noun/noun.ts'
import type { PlainNoun, PlainVerb } from '../../protocol/noun/plain.ts'
import type { Session } from '../data/session.ts'
import { capital } from '../data/words.ts'

/** What can be done with nouns: who may, how a person reads it, and what they read of the answer. */

/** Where the name of the verb is a word of the API or the command line. */
const ACTS: Readonly<Record<string, string>> = {
  role: 'Give another role',
  rotate: 'Make a new secret',
  test: 'Send a test message',
  enable: 'Send again',
  'end-all': 'End all sessions of a person',
  sweep: 'Look at all agents now',
}

const LABELS: Readonly<Record<string, string>> = {
  url: 'URL',
  ca: 'Certificates',
  ttlMs: 'Valid for',
  expiresAt: 'Ends',
  human: 'Person',
  of: 'Person',
  enrolment: 'Enrolment string',
  skip: 'Leave out what waits',
  preregistered: 'Only preregistered devices',
  unbound: 'Do not tell devices without a TPM apart',
  pending: 'Which new devices wait',
}

/** `Add a group`, `Revoke`, `Look at all agents now`: what a button says. */
export function actOf(
  { name, ofItem }: Pick<PlainVerb, 'name' | 'ofItem'>,
  { spoken }: Pick<PlainNoun, 'spoken'>,
): string {
  const act = ACTS[name]
  if (act !== undefined) return act
  return ofItem
    ? capital(spaced(name))
    : `${capital(spaced(name))} ${/^[aeiou]/.test(spoken.one) ? 'an' : 'a'} ${spoken.one}`
}

/** `Revoke the token`: what the button of its dialog says. */
export function effectOf(verb: Pick<PlainVerb, 'name' | 'ofItem'>, noun: Pick<PlainNoun, 'spoken'>): string {
  const act = actOf(verb, noun)
  return verb.ofItem && ACTS[verb.name] === undefined ? `${act} the ${noun.spoken.one}` : act
}

/** `Minimum tier`. */
export function labelOf(name: string): string {
  return LABELS[name] ?? capital(spaced(name))
}

/** `minimum tier` for `minimumTier` and for `minimum-tier`. */
export function spaced(name: string): string {
  return name.replaceAll('-', ' ').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** Whether it ends or removes something. */
export function isDangerous({ method, asks, ofItem }: Pick<PlainVerb, 'method' | 'asks' | 'ofItem'>): boolean {
  return ofItem && (method === 'DELETE' || asks !== undefined)
}

type Members = Readonly<Record<string, unknown>>
type Who = Pick<Session, 'name' | 'may'>

/** By the noun and the verb, where the role and the state of the item do not say it. */
const RULES: Readonly<Record<string, (item: Members, who: Who) => boolean>> = {
  'claim accept': mayDecide,
  'claim refuse': mayDecide,
  'service account accept': ({ successor, successorAcceptedAt }, { may }) =>
    successor !== undefined && successorAcceptedAt === undefined && may.includes('identify'),
  'webhook enable': ({ state }) => state !== 'active',
}

/** All claims, or those of people whose manager one is. */
function mayDecide({ manager }: Members, { name, may }: Who): boolean {
  return may.includes('register') || manager === name
}

/** Whether it has a button. What only asks has none; what was used, decided or is over is only looked at. */
export function applies(noun: Noun, verb: PlainVerb, item: Item | undefined, who: Who): boolean {
  if (verb.method === 'GET' || verb.ofItem !== (item !== undefined) || !who.may.includes(verb.action)) return false
  if (item === undefined) return true
  const rule = RULES[`${noun.one} ${verb.name}`]
  return isOpen(noun, item) && (rule === undefined || rule({ ...item }, who))
}

function isOpen(noun: Noun, item: Item): boolean {
  if (noun.preferred !== undefined) return noun.preferred(item)
  const members: Members = { ...item }
  return Object.entries(usualQuery(noun)).every(([member, usual]) => members[member] === usual)
}

/** Undefined: the answer has none. */
export function secretIn({ secret }: Pick<PlainVerb, 'secret'>, answer: unknown): string | undefined {
  return secret === undefined ? undefined : textIn(answer, secret)
}

export function warningIn(answer: unknown): string | undefined {
  return textIn(answer, 'warning')
}

/** One line, as the command says it. */
export function newsOf(noun: Noun, { name, ...verb }: PlainVerb, answer: unknown): string {
  // The answer has the shape that the verb declares.
  const [line] = noun.verbs[name]?.command?.says?.(answer as never) ?? []
  if (line !== undefined) return `${capital(line)}.`
  const { delivered, status, problem } = { ...Object(answer) }
  if (delivered === true)
    return status === undefined ? 'Delivered.' : `Delivered: the receiver answered with status ${status}.`
  if (delivered === false) return `Not delivered: ${problem ?? `the receiver answered with status ${status}`}.`
  return `Done: ${effectOf({ name, ...verb }, noun).toLowerCase()}.`
}

/** Where a secret of this noun goes. The command reads it, so that it is in no history and in no list of processes. */
export function placeOf({
  one,
}: Pick<PlainNoun, 'one'>): { readonly about: string; readonly command: string } | undefined {
  if (one !== 'token') return undefined
  return {
    about: 'On the device, as root: run this, paste the enrolment string, press Enter and Ctrl-D.',
    command: 'install -D -m 600 /dev/stdin /etc/surety/enrolment',
  }
}

function textIn(answer: unknown, member: string): string | undefined {
  const value: unknown = Object(answer)[member]
  return typeof value === 'string' ? value : undefined
}
