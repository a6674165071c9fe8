import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Windows } from '../../support/windows/windows.ts'

/** A folder of programs as an installer lays it out, with a program that stands in for the daemon. */

const ROOT = resolve(import.meta.dirname, '../../..')

export interface Behaviour {
  /** At once. */
  readonly exitsWith?: number
  readonly ignoresEnd?: boolean
  readonly readsNothing?: boolean
  readonly hasChild?: boolean
  /** A version to be started in its place. */
  readonly asksFor?: string
}

/** What the program wrote; see hosted-program.mjs. */
interface Seen {
  readonly pid: number
  readonly started?: readonly string[]
  readonly variables?: readonly string[]
  readonly nodeOptions?: string | null
  readonly child?: number
  readonly text?: string
  readonly ended?: boolean
}

export interface ServiceLayout {
  /** As Windows names it. */
  readonly folder: string
  readonly host: string
  behave(behaviour: Behaviour): void
  touch(name: 'go' | 'crash' | 'enough'): void
  seen(): readonly Seen[]
  /** Pids of the program, in the order of their starts. */
  starts(): readonly number[]
}

/** A version that updates brought. */
export const versionLayout = (windows: Windows, version: string): ServiceLayout =>
  serviceLayout(windows, version, 'ProgramData/Surety/updates')

export function serviceLayout(windows: Windows, name: string, above = 'Program Files'): ServiceLayout {
  const folder = join(windows.driveC, above, name)
  const program = join(folder, 'suretyd')
  mkdirSync(program, { recursive: true })
  linkSync(join(windows.driveC, 'Program Files/nodejs/node.exe'), join(folder, 'node.exe'))
  copyFileSync(join(ROOT, 'native/build/surety-service.exe'), join(folder, 'surety-service.exe'))
  copyFileSync(join(import.meta.dirname, 'hosted-program.mjs'), join(program, 'suretyd.mjs'))
  const at = (file: string) => join(program, file)
  const seen = (): readonly Seen[] =>
    existsSync(at('seen.jsonl'))
      ? readFileSync(at('seen.jsonl'), 'utf8')
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line))
      : []
  const layout: ServiceLayout = {
    folder: `C:\\${above.replaceAll('/', '\\')}\\${name}`,
    host: `C:\\${above.replaceAll('/', '\\')}\\${name}\\surety-service.exe`,
    behave(behaviour) {
      for (const file of ['seen.jsonl', 'go', 'crash']) rmSync(at(file), { force: true })
      rmSync(join(folder, 'enough'), { force: true })
      writeFileSync(at('behaviour.json'), JSON.stringify(behaviour))
    },
    touch: (file) => writeFileSync(file === 'enough' ? join(folder, file) : at(file), ''),
    seen,
    starts: () => seen().flatMap(({ pid, started }) => (started === undefined ? [] : [pid])),
  }
  layout.behave({})
  return layout
}
