import { ago } from '../../base/text/ago.ts'
import { printable } from '../../base/text/printable.ts'
import { isInForce, selectorWords } from '../../protocol/nouns/agents/stops.ts'
import type { HumanSummary } from '../../protocol/nouns/people/human-summary.ts'
import { type Terminal, table } from '../../view/terminal.ts'
import { asArgument, countOf, facts, timeOf } from '../command/format.ts'

/** One person on one page: who they are, then a section for each kind of thing that is theirs. */
export function personPage(summary: HumanSummary, terminal: Terminal, now: number): readonly string[] {
  const name = asArgument(summary.human.userName)
  return [
    ...personFacts(summary, now),
    ...sectionsOf(summary, now).flatMap(({ title, part: { total, items }, heading, rest }) => {
      const more = total - items.length
      return [
        '',
        title,
        ...(items.length === 0 ? ['  none'] : table(items, terminal, { heading })),
        ...(more > 0 ? [`  and ${countOf(more)} more: ${printable(`surety-directory ${rest(name)}`)}`] : []),
      ]
    }),
    ...(summary.stops === undefined ? ['', 'STOPS', '  your role does not see stops'] : []),
  ]
}

function personFacts({ human, manager, connected, lastSeenAt }: HumanSummary, now: number): readonly string[] {
  const { id, userName, displayName, email, externalId, status, origin, createdAt, deactivatedAt } = human
  const seen = lastSeenAt === undefined ? 'never' : `${ago(lastSeenAt, now)} ago`
  return facts([
    ['name', displayName],
    ['user name', userName],
    ['e-mail', email],
    ['status', deactivatedAt === undefined ? status : `${status} since ${timeOf(deactivatedAt)}`],
    ['last seen', connected ? 'now' : seen],
    ['manager', manager && `${manager.displayName} (${manager.userName})`],
    ['kept by', origin === 'scim' ? 'the identity provider' : 'administrators'],
    ['since', timeOf(createdAt)],
    ['id', id],
    ['external id', externalId],
  ])
}

interface Section {
  readonly title: string
  readonly part: { readonly total: number; readonly items: readonly { readonly cells: readonly string[] }[] }
  readonly heading: readonly string[]
  /** The command that lists all of it, after the name of the program. */
  readonly rest: (person: string) => string
}

function section<T>(
  title: string,
  { total, items }: { readonly total: number; readonly items: readonly T[] },
  columns: Readonly<Record<string, (item: T) => string>>,
  rest: Section['rest'],
): Section {
  const cells = Object.values(columns)
  const rows = items.map((item) => ({ cells: cells.map((cell) => cell(item)) }))
  return { title: `${title}: ${countOf(total)}`, part: { total, items: rows }, heading: Object.keys(columns), rest }
}

function sectionsOf(summary: HumanSummary, now: number): readonly Section[] {
  const { devices, agents, registrations, serviceAccounts, claims, stops, stopsMade, groups, accounts } = summary
  const heard = (time: number | undefined) => (time === undefined ? '-' : ago(time, now))
  const onHost = ({ host, device }: { readonly host?: string; readonly device: string }) => host ?? device
  return [
    section(
      'DEVICES',
      devices,
      {
        HOST: ({ host }) => host ?? '-',
        VERDICT: ({ verdict }) => verdict,
        'LAST SEEN': ({ connected, lastSeenAt }) => (connected ? 'now' : heard(lastSeenAt)),
        ID: ({ id }) => id,
      },
      (person) => `devices list --owner ${person}`,
    ),
    section(
      agentsTitle(agents),
      agents,
      {
        AGENT: ({ name }) => name,
        HOST: onHost,
        USER: ({ user }) => user ?? '-',
        STATE: ({ state, running, autonomous }) =>
          [
            state === 'unknown' ? 'unregistered' : state,
            ...(running ? ['running'] : []),
            ...(autonomous ? ['AUTONOMOUS'] : []),
          ].join(', '),
        'LAST SEEN': ({ lastSeenAt }) => heard(lastSeenAt),
        ID: ({ id }) => id,
      },
      (person) => `inbox list --state all --person ${person}`,
    ),
    section(
      'ANSWERS FOR AGENTS',
      registrations,
      {
        NAME: ({ name }) => name,
        STATE: ({ state }) => state,
        ENDS: ({ expiresAt }) => timeOf(expiresAt),
        REVIEW: ({ reviewAt }) => timeOf(reviewAt),
        ID: ({ id }) => id,
      },
      (person) => `registrations list --owner ${person}`,
    ),
    section(
      'SERVICE ACCOUNTS',
      serviceAccounts,
      {
        NAME: ({ name }) => name,
        ENDS: ({ expiresAt }) => timeOf(expiresAt),
        PURPOSE: ({ purpose }) => purpose,
        ID: ({ id }) => id,
      },
      (person) => `service-accounts list --owner ${person}`,
    ),
    section(
      claims.pending === 0 ? 'CLAIMS' : `CLAIMS (${countOf(claims.pending)} to decide)`,
      claims,
      {
        PRODUCT: ({ product }) => product,
        HOST: onHost,
        STATE: ({ state }) => state,
        RECEIVED: ({ receivedAt }) => heard(receivedAt),
        ID: ({ id }) => id,
      },
      (person) => `claims list --all --user ${person}`,
    ),
    ...(stops === undefined ? [] : [stopSection('STOPS OF THIS PERSON', stops, 'concerns', now)]),
    ...(stopsMade === undefined ? [] : [stopSection('STOPS BY THIS PERSON', stopsMade, 'by', now)]),
    section(
      'GROUPS',
      groups,
      { NAME: ({ name }) => name, ID: ({ id }) => id },
      (person) => `groups list --member ${person}`,
    ),
    section(
      'ACCOUNTS',
      accounts,
      {
        USER: ({ userName }) => userName,
        HOST: onHost,
        STATE: ({ state }) => state,
        'USER ID': ({ userId }) => userId,
      },
      (person) => `accounts list --person ${person}`,
    ),
  ]
}

function agentsTitle({ running, autonomous, blocked, proposed }: HumanSummary['agents']): string {
  const counts = [
    ...(running === 0 ? [] : [`${countOf(running)} running`]),
    ...(autonomous === 0 ? [] : [`${countOf(autonomous)} autonomous`]),
    ...(blocked === 0 ? [] : [`${countOf(blocked)} blocked`]),
    ...(proposed === 0 ? [] : [`${countOf(proposed)} more on accounts that are not confirmed`]),
  ]
  return `AGENTS SEEN${counts.length === 0 ? '' : ` (${counts.join(', ')})`}`
}

function stopSection(
  title: string,
  stops: NonNullable<HumanSummary['stops']>,
  filter: 'concerns' | 'by',
  now: number,
): Section {
  return section(
    title,
    stops,
    {
      KIND: ({ kind }) => kind,
      STATE: (stop) => (isInForce(stop) ? 'in force' : stop.state),
      CREATED: ({ createdAt }) => ago(createdAt, now),
      BY: ({ createdBy }) => createdBy,
      SCOPE: ({ selector, names }) => selectorWords(selector, names),
      REASON: ({ reason }) => reason,
      ID: ({ id }) => id,
    },
    (person) => `stops list --${filter} ${person}`,
  )
}
