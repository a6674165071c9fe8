import { type Action, mayDo, type Role } from '../../protocol/noun/permissions.ts'
import type { MessageMedium } from '../../protocol/nouns/directory/messages.ts'
import type { Human, HumanStore } from '../humans/human-store.ts'
import type { PrincipalStore } from '../principals/principal-store.ts'
import { isValid } from '../principals/principals.ts'

/** Who gets messages: people and administrators by mail, and the channels of administrators. */

export interface Recipient {
  /** Of a human or an administrator, or the medium where it is a channel. */
  readonly id: string
  readonly name: string
  readonly medium: MessageMedium
  /** Of mail. */
  readonly address?: string | undefined
  /** Whose things it gets. */
  readonly human?: Human | undefined
  /** By any of its roles. */
  readonly may: (action: Action) => boolean
}

export interface RecipientsComponents {
  readonly store: {
    readonly humans: Pick<HumanStore, 'named'>
    readonly principals: Pick<PrincipalStore, 'list'>
  }
}

/** What every mail server takes without quotes: nothing that could begin another address, a header or markup. */
const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*$/
const MOST_CHARACTERS = 254

export function isMailAddress(text: string): boolean {
  return text.length <= MOST_CHARACTERS && ADDRESS.test(text)
}

export function mailAddressOf({ email }: Pick<Human, 'email'>): string | undefined {
  return email !== undefined && isMailAddress(email) ? email : undefined
}

/** A channel shows what administrators may see: they choose who reads it. */
export function channel(medium: Exclude<MessageMedium, 'mail'>): Recipient {
  return {
    id: medium,
    name: `the channel of ${medium === 'slack' ? 'Slack' : 'Teams'}`,
    medium,
    may: mayAs(['administrator']),
  }
}

/** A person without a role of administration. Undefined without an address. */
export function person(human: Human): Recipient | undefined {
  const address = mailAddressOf(human)
  if (address === undefined || human.status !== 'active') return undefined
  return { id: human.id, name: human.displayName, medium: 'mail', address, human, may: mayAs(['member']) }
}

/**
 * Administrators whose token has not ended, each with a known address: that of the person with their name, or else the name itself.
 * One person who has several roles is one recipient.
 */
export async function administrators(
  { store }: RecipientsComponents,
  now: number,
): Promise<readonly (Recipient & { readonly names: readonly string[] })[]> {
  const found = new Map<string, { human?: Human | undefined; names: string[]; roles: Role[]; address: string }>()
  for (const principal of await store.principals.list()) {
    const { id, kind, name, role } = principal
    if (kind !== 'administrator' || !isValid(principal, now)) continue
    const named = await store.humans.named(name)
    const human = named?.status === 'active' ? named : undefined
    const address = (human && mailAddressOf(human)) ?? (isMailAddress(name) ? name : undefined)
    if (address === undefined) continue
    const key = human?.id ?? id
    const before = found.get(key)
    if (before === undefined) found.set(key, { human, names: [name], roles: [role], address })
    else {
      before.names.push(name)
      before.roles.push(role)
    }
  }
  return [...found].map(([id, { human, names, roles, address }]) => ({
    id,
    name: human?.displayName ?? names[0] ?? id,
    medium: 'mail',
    address,
    human,
    names,
    may: mayAs(roles),
  }))
}

function mayAs(roles: readonly Role[]): Recipient['may'] {
  return (action) => roles.some((role) => mayDo(role, action))
}
