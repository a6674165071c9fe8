import type { RegistrationView } from '../../protocol/nouns/agents/registrations.ts'
import { facts, timeOf } from '../command/format.ts'

/** Registered agents as lines for a person. */

function optionalTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : timeOf(time)
}

export function registrationFacts(registration: RegistrationView): readonly string[] {
  const { criteria, creator, scope, versions, contact, ...rest } = registration
  const { id, name, state, stateAt, stateReason, stop, purpose, spiffeId, single, autonomyCeiling } = rest
  const lists: readonly (readonly [string, readonly string[] | undefined])[] = [
    ['applications', scope.applications],
    ['data sets', scope.dataSets],
    ['tools', scope.tools],
    ['works in', scope.workspaces],
    ['versions', versions],
  ]
  return facts([
    ...([
      ['agent', name],
      ['id', id],
      ['SPIFFE id', spiffeId],
    ] as const),
    ['state', `${state} since ${timeOf(stateAt)}${stateReason === undefined ? '' : `: ${stateReason}`}`] as const,
    ...([
      ['stop', stop],
      ['purpose', purpose],
      ['owner', ownerWords(registration)],
      ['successor', successorWords(registration)],
      ['contact', contact],
    ] as const),
    ...Object.entries(criteria).map(
      ([member, value]) => [member, Array.isArray(value) ? value.join(' or ') : value] as const,
    ),
    ...lists.map(([what, items = []]) => [what, items.length === 0 ? undefined : items.join(', ')] as const),
    ...([
      ['autonomy', autonomyCeiling === undefined ? undefined : `at most ${autonomyCeiling}`],
      ['instances', single ? 'one' : undefined],
    ] as const),
    ...times(rest),
    [
      'registered',
      `${timeOf(creator.at)} by ${creator.person.name}${creator.device === undefined ? '' : ` on ${creator.device}`}`,
    ],
  ])
}

function times({ usedAt, reviewAt, expiresAt, authorizationCutoff }: Partial<RegistrationView>) {
  return [
    ['last used', optionalTime(usedAt)],
    ['review', optionalTime(reviewAt)],
    ['expires', optionalTime(expiresAt)],
    ['grants since', optionalTime(authorizationCutoff)],
  ] as const
}

function ownerWords({ owner, ownerName }: RegistrationView): string {
  return owner === undefined ? 'none' : humanWords(owner, ownerName)
}

function humanWords(id: string, name: string | undefined): string {
  return name === undefined ? id : `${name} (${id})`
}

function successorWords({ successor, successorName, successorAcceptedAt }: RegistrationView): string | undefined {
  if (successor === undefined) return undefined
  return `${humanWords(successor, successorName)}, ${successorAcceptedAt === undefined ? 'has not accepted' : `accepted ${timeOf(successorAcceptedAt)}`}`
}
