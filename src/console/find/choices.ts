import type { Action } from '../../protocol/noun/permissions.ts'
import type { AgentSelector } from '../../protocol/nouns/agents/stops.ts'
import type { Found, FoundKind, SearchAnswer } from '../../protocol/nouns/directory/search.ts'
import type { IconName } from '../parts/icon.tsx'

/** What the palette offers: pages, what was found, and what one may do. */

/** What the shell does without leaving the page. */
export type Deed = 'theme' | 'keys' | 'print' | 'sign-out'

export interface Choice {
  /** Of all choices it has only one. */
  readonly key: string
  readonly icon: IconName
  /** Foreign text, if it was found. */
  readonly name: string
  /** What tells it from others of this name. */
  readonly about?: string
  readonly does: { readonly open: string } | { readonly freeze: AgentSelector | 'chosen' } | { readonly deed: Deed }
}

export interface ChoiceGroup {
  readonly heading: string
  /** There are others, which more letters find. */
  readonly more?: boolean
  readonly choices: readonly Choice[]
}

/** A page that the side lists. */
export interface Place {
  readonly path: string
  readonly title: string
  readonly icon: IconName
}

interface DeclaredAct extends Omit<Choice, 'key'> {
  /** Absent: everyone may. */
  readonly action?: Action
  /** Other words for it. */
  readonly also?: string
}

const ACTS: readonly DeclaredAct[] = [
  {
    name: 'Freeze agents…',
    about: 'says first how many it would freeze',
    icon: 'frozen',
    action: 'stop',
    also: 'stop hold code freeze kill',
    does: { freeze: 'chosen' },
  },
  {
    name: 'Confirm or release stops…',
    icon: 'second-person',
    action: 'stop',
    also: 'thaw resume second person',
    does: { open: '/stops' },
  },
  {
    name: 'Register agents…',
    about: 'those in the inbox',
    icon: 'register',
    action: 'register',
    also: 'inbox triage decide',
    does: { open: '/inbox' },
  },
  { name: 'Change between light and dark', icon: 'theme', also: 'theme colour', does: { deed: 'theme' } },
  { name: 'Show the keyboard shortcuts', icon: 'list', also: 'keys help', does: { deed: 'keys' } },
  { name: 'Print this page', icon: 'file', also: 'pdf paper', does: { deed: 'print' } },
  { name: 'Sign out', icon: 'person', also: 'leave log off', does: { deed: 'sign-out' } },
]

interface Kind {
  readonly heading: string
  readonly icon: IconName
  path(id: string): string
  /** What freezes its agents. Absent: there is no such stop. */
  freezes?(id: string): AgentSelector
}

const KINDS: Readonly<Record<FoundKind, Kind>> = {
  people: { heading: 'People', icon: 'person', path: (id) => `/people/${id}`, freezes: (human) => ({ human }) },
  devices: { heading: 'Devices', icon: 'laptop', path: (id) => `/devices/${id}`, freezes: (device) => ({ device }) },
  registrations: {
    heading: 'Registered agents',
    icon: 'register',
    path: (id) => `/registrations/${id}`,
    freezes: (registration) => ({ registration }),
  },
  agents: {
    heading: 'Products',
    icon: 'products',
    path: (key) => `/agents/${encodeURIComponent(key)}`,
    freezes: (product) => ({ product }),
  },
  mcpServers: { heading: 'MCP servers', icon: 'server', path: (key) => `/mcp-servers/${encodeURIComponent(key)}` },
  stops: { heading: 'Stops', icon: 'frozen', path: (id) => `/stops/${id}` },
}
const KIND_NAMES = Object.keys(KINDS) as readonly FoundKind[] // The keys are those of the table above.

interface Asked {
  /** As typed. `>` at its beginning: only what one may do. */
  readonly typed: string
  readonly places: readonly Place[]
  readonly may: readonly Action[]
  /** What the directory found for the words. */
  readonly found: SearchAnswer | undefined
  readonly recent: readonly Choice[]
}

export function choicesOf({ typed, places, may, found, recent }: Asked): readonly ChoiceGroup[] {
  const { words, onlyActs } = wordsIn(typed)
  const acts = {
    heading: 'Do',
    choices: [
      ...ACTS.filter(({ action, name, also = '' }) => isAllowed(may, action) && fits(`${name} ${also}`, words)).map(
        ({ name, about, icon, does }): Choice => ({
          key: `act ${name}`,
          name,
          icon,
          does,
          ...(about === undefined ? {} : { about }),
        }),
      ),
      ...(may.includes('stop') ? freezes(found) : []),
    ],
  }
  if (onlyActs) return [acts].filter(hasChoices)
  const pages = places.filter(({ title }) => fits(title, words))
  return [
    { heading: 'Where you were', choices: words === '' ? recent : [] },
    {
      heading: 'Pages',
      choices: pages.map(
        ({ path, title, icon }): Choice => ({
          key: `page ${path}`,
          icon,
          name: title,
          does: { open: path },
        }),
      ),
    },
    ...KIND_NAMES.map((kind) => foundGroup(kind, found?.[kind])),
    acts,
  ].filter(hasChoices)
}

/** What the directory is asked for, which for acts is what they are done to. */
export function wordsIn(typed: string): { readonly words: string; readonly onlyActs: boolean } {
  const onlyActs = typed.trimStart().startsWith('>')
  return { onlyActs, words: (onlyActs ? typed.trimStart().slice(1) : typed).trim() }
}

/** Every word begins a word of the text. */
function fits(text: string, words: string): boolean {
  const parts = text.toLowerCase().split(/[\s-]+/)
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => parts.some((part) => part.startsWith(word)))
}

function isAllowed(may: readonly Action[], action: Action | undefined): boolean {
  return action === undefined || may.includes(action)
}

function foundGroup(kind: FoundKind, some: SearchAnswer[FoundKind]): ChoiceGroup {
  const { heading, icon, path } = KINDS[kind]
  const choices = (some?.items ?? []).map(
    ({ id, name, about }): Choice => ({ key: `${kind} ${id}`, icon, name, about, does: { open: path(id) } }),
  )
  return { heading, choices, more: some?.more === true }
}

/** For the first that was found of each kind. */
function freezes(found: SearchAnswer | undefined): readonly Choice[] {
  return KIND_NAMES.flatMap((kind) => {
    const first: Found | undefined = found?.[kind]?.items[0]
    const { freezes: selectorOf, heading } = KINDS[kind]
    if (first === undefined || selectorOf === undefined) return []
    return [
      {
        key: `freeze ${kind} ${first.id}`,
        icon: 'frozen',
        name: kind === 'people' || kind === 'devices' ? `Freeze agents of ${first.name}…` : `Freeze ${first.name}…`,
        about: heading.toLowerCase(),
        does: { freeze: selectorOf(first.id) },
      } satisfies Choice,
    ]
  })
}

function hasChoices({ choices }: ChoiceGroup): boolean {
  return choices.length > 0
}
