import { spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** What docs/audit.md says of fetching evidence and verifying it offline, as a reader would copy it. */

const ROOT = resolve(import.meta.dirname, '../../..')

/** The blocks of code below a heading of a document, in their order. */
function blocksOf(document: string, heading: string, language: string): readonly string[] {
  const page = readFileSync(join(ROOT, 'docs', document), 'utf8')
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  return [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, of, code = '']) =>
    of === language ? [code] : [],
  )
}

function onlyBlockOf(document: string, heading: string, language: string): string {
  const [code, ...others] = blocksOf(document, heading, language)
  if (code === undefined || others.length > 0) throw new Error(`no one block of ${language} below ${heading}`)
  return code
}

const VERIFY = 'A second opinion'
export const verifier = () => onlyBlockOf('audit.md', VERIFY, 'js')

/** The documented commands that fetch all evidence of a device, for one profile and with small pages. */
export function fetching(profile: string, device: string): string {
  const commands = `${onlyBlockOf('api.md', 'Ask from a shell', 'sh')}\n${onlyBlockOf('audit.md', VERIFY, 'sh')}`
  return commands
    .replace('/var/lib/surety-directory/administrator.json', profile)
    .replace('device=dev_…', `device=${device}`)
    .replaceAll('limit=500', 'limit=5')
}

export interface Archive extends Disposable {
  readonly folder: string
  /** Runs the documented verifier. */
  verify(...files: readonly string[]): {
    readonly status: number | null
    readonly stdout: string
    readonly stderr: string
  }
  /**
   * Runs the documented verifier on `files` once with each other content of one of them, in one process.
   *
   * @returns the numbers of the contents that were not refused.
   */
  verifyEach(files: readonly string[], file: string, contents: readonly Uint8Array[]): readonly number[]
}

/** A folder with `verify.mjs`, jose, the key and the batches by name. */
export function archive(key: object, batches: Readonly<Record<string, string>>): Archive {
  const temporary = temporaryFolder()
  const folder = temporary.path
  const write = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content)
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  write('verify.mjs', verifier())
  write('key.json', JSON.stringify(key))
  for (const [name, jws] of Object.entries(batches)) write(name, jws)
  const node = (args: readonly string[]) =>
    spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH } })
  return {
    folder,
    verify(...files) {
      const { status, stdout, stderr } = node(['verify.mjs', ...files])
      return { status, stdout, stderr }
    },
    verifyEach(files, file, contents) {
      write('each.mjs', EACH)
      write('each.json', JSON.stringify(contents.map((content) => Buffer.from(content).toString('base64'))))
      const { status, stdout, stderr } = node(['each.mjs', file, ...files])
      if (status !== 0) throw new Error(stderr)
      return JSON.parse(stdout)
    },
    [Symbol.dispose]: temporary[Symbol.dispose],
  }
}

/** Starting the verifier in a process of its own for each of thousands of contents would take minutes. */
const EACH = `
import { readFileSync, writeFileSync } from 'node:fs'
const [file, ...files] = process.argv.slice(2)
const contents = JSON.parse(readFileSync('each.json', 'utf8'))
const original = readFileSync(file)
const { log } = console
console.log = console.error = () => undefined
process.exit = (code) => {
  throw new Error('ended with ' + code)
}
process.argv = [...process.argv.slice(0, 2), ...files]
const passed = []
for (const [number, content] of contents.entries()) {
  writeFileSync(file, Buffer.from(content, 'base64'))
  await import('./verify.mjs?' + number).then(() => passed.push(number), () => undefined)
}
writeFileSync(file, original)
log(JSON.stringify(passed))
`
