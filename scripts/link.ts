/**
 * `npm run link [-- --prefix FOLDER] [--remove]`: links `suretyd`, `surety` and `surety-directory` of this checkout, and their man
 * pages, below a prefix: /usr/local for root, else ~/.local.
 */
import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const root = resolve(import.meta.dirname, '..')
const { values } = parseArgs({ options: { prefix: { type: 'string' }, remove: { type: 'boolean', default: false } } })
const prefix = resolve(values.prefix ?? (process.getuid?.() === 0 ? '/usr/local' : join(homedir(), '.local')))

const programs = readdirSync(join(root, 'bin')).map((name) => ({
  link: join(prefix, 'bin', name.replace(/\.cjs$/, '')),
  target: join(root, 'bin', name),
}))
const pages = readdirSync(join(root, 'docs/man')).map((name) => ({
  link: join(prefix, `share/man/man${name.at(-1)}`, name),
  target: join(root, 'docs/man', name),
}))

for (const { link, target } of [...programs, ...pages]) {
  const there = targetOf(link)
  if (there === 'another file') {
    console.error(`${link} is not a link of this command: not changed`)
    process.exitCode = 1
    continue
  }
  if (there !== undefined) rmSync(link)
  if (values.remove) continue
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(target, link)
}
if (process.exitCode === undefined) console.log(values.remove ? `Removed from ${prefix}` : messageOf(prefix))

/** A link to any checkout may be replaced. @returns undefined if there is nothing. */
function targetOf(link: string): string | undefined {
  const stats = lstatSync(link, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  if (!stats.isSymbolicLink()) return 'another file'
  const target = readlinkSync(link)
  return /\/(bin\/surety(d|-directory)?\.cjs|docs\/man\/surety[a-z-]*\.\d)$/.test(target) ? target : 'another file'
}

function messageOf(folder: string): string {
  const isOnPath = (process.env.PATH ?? '').split(':').includes(join(folder, 'bin'))
  const hint = isOnPath ? 'Try: surety --help' : `Add ${join(folder, 'bin')} to PATH, then try: surety --help`
  return `Linked suretyd, surety and surety-directory below ${folder}. ${hint}`
}
