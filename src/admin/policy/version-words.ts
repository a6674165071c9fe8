import { InvalidArgumentError } from 'commander'
import { printable } from '../../base/text/printable.ts'
import { type Terminal, table } from '../../view/terminal.ts'
import { timeOf } from '../command/format.ts'

/** What commands about a text with versions share: the policy, the rules. */

interface Version {
  readonly version: number
  readonly hash: string
  readonly setAt?: number
  readonly setBy?: string
  readonly forced?: boolean
  readonly restores?: number
  readonly current: boolean
}

export function versionLines(versions: readonly Version[], terminal: Terminal): readonly string[] {
  return table(versions.map(versionRow), terminal, { heading: ['VERSION', 'SET', 'BY', 'HASH', 'NOTE'] })
}

function versionRow({ version, setAt, setBy, hash, forced, restores, current }: Version) {
  const notes = [
    ...(current ? ['in use'] : []),
    ...(restores === undefined ? [] : [`restores ${restores}`]),
    ...(forced === true ? ['forced'] : []),
  ]
  return { cells: [`${version}`, timeOf(setAt), setBy ?? 'this release', hash.slice(0, 12), notes.join(', ') || '-'] }
}

export function readVersion(text: string): number {
  if (!/^(0|[1-9]\d{0,14})$/.test(text)) throw new InvalidArgumentError('a version is a whole number')
  return Number(text)
}

/** The line breaks of the file stay. */
export function yamlLines(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n').map(printable)
}

/** A table below an empty line, or nothing. */
export function section(terminal: Terminal, heading: readonly string[], rows: readonly (readonly string[])[]) {
  if (rows.length === 0) return []
  return [
    '',
    ...table(
      rows.map((cells) => ({ cells })),
      terminal,
      { heading },
    ),
  ]
}
