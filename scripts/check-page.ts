import type { CheckCard, CheckTexts } from '../src/checks/check.ts'
import { CARDS, type Card } from '../src/checks/checks.ts'

/** `docs/reference/checks.md`: what each check asks, and the texts of `surety explain`. */

const HEAD = `# Checks

What each check asks, why, and how to pass it once it has failed. \`surety explain CHECK\` shows the same for your system.

Follow the steps only for a check that **failed**. One that says \`could not check\` is no failure: the device may be in order, and
\`surety explain CHECK\` says why Surety could not see it.

A required check that fails or could not be made makes the device not compliant. An advisory one is shown and does not count. The policy of
your directory can weigh them otherwise ([policy](../admin/policy.md)); \`surety status\` and \`surety explain\` say what counts on your device.

The table says what each system is asked. A dash means that the check does not apply there: it is reported as such and counts for
nothing.
`

const TITLES = {
  any: 'Any other system',
  debian: 'Debian and its relatives',
  fedora: 'Fedora and its relatives',
  gnome: 'GNOME',
  kde: 'KDE Plasma',
  macos: 'macOS',
  windows: 'Windows',
} as const satisfies Record<keyof CheckTexts['steps'], string>

export function checkPage(): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rows = CARDS.map(({ name, weight, systems: { linux, macos, windows } }) =>
    row([`[${name}](#${name.replace('.', '')})`, weight, ...[linux, macos, windows].map(asked)]),
  )
  const table = [row(['Check', 'By default', 'Linux', 'macOS', 'Windows']), '|---|---|---|---|---|', ...rows]
  return `${[HEAD, ...table].join('\n')}\n\n${CARDS.map(sectionOf).join('\n')}`
}

/** The rows of the table of checks in `docs/protocol.md`. */
export function protocolRows(): string {
  return CARDS.map(({ name, passes, weight }) => `| \`${name}\` | ${passes} | ${weight} |\n`).join('')
}

function asked(system: CheckCard['systems']['linux']): string {
  return typeof system === 'string' ? system : '–'
}

function sectionOf({ name, english: { title, why, steps }, minutes }: Card): string {
  const systems = Object.keys(TITLES) as (keyof typeof TITLES)[] // the keys of a constant of ours
  const lists = systems.flatMap((system) => {
    const list: readonly string[] | undefined = steps[system]
    if (list === undefined) return []
    return [`${TITLES[system]}:\n\n${list.map((step, index) => `${index + 1}. ${step}\n`).join('')}`]
  })
  return [`## ${name}\n`, `${title}. ${why} About ${minutes} minutes.\n`, ...lists].join('\n')
}
