import type { TrustedFileReader } from '../../../system/files/files.ts'
import { parseSshdConfig, type RootLogin, rootLoginOf, type SshdDirective } from '../../parsers/access/sshd-config.ts'
import { listOptional, readOptional } from '../../read-optional.ts'

/** What the files say about root, without asking sshd. */
export interface RootLoginSettings {
  /** Outside of Match blocks; the first line wins, as in sshd. */
  readonly general: RootLogin
  /** Values inside Match blocks: they hold for some connections. */
  readonly conditional: readonly RootLogin[]
}

const SSHD_CONFIG = '/etc/ssh/sshd_config'
/** OpenSSH's own default since 7.0. */
const DEFAULT: RootLogin = 'prohibit-password'
/** sshd itself allows 16 levels. */
const DEEPEST_INCLUDE = 16
const CONFIG_BYTES = 1024 * 1024

/** @returns undefined when any of the files is not understood, since a line missed could turn the meaning round. */
export async function readRootLoginSettings(files: TrustedFileReader): Promise<RootLoginSettings | undefined> {
  const found: { readonly value: RootLogin; readonly conditional: boolean }[] = []

  const readFile = async (path: string, conditional: boolean, depth: number): Promise<boolean> => {
    if (depth > DEEPEST_INCLUDE) return false
    const directives = parseSshdConfig((await readOptional(files, path, CONFIG_BYTES)) ?? '')
    if (directives === undefined) return false
    let inMatch = conditional
    for (const directive of directives) {
      // A Match block ends with the next one or with its file.
      if (directive.keyword === 'match') inMatch = conditional || directive.words.join(' ').toLowerCase() !== 'all'
      else if (!(await readDirective(directive, inMatch, depth))) return false
    }
    return true
  }

  const readDirective = async (
    { keyword, words }: SshdDirective,
    conditional: boolean,
    depth: number,
  ): Promise<boolean> => {
    if (keyword === 'permitrootlogin') {
      const value = rootLoginOf(words[0] ?? '')
      if (value === undefined || words.length > 1) return false
      found.push({ value, conditional })
    }
    if (keyword !== 'include') return true
    for (const pattern of words) {
      const paths = await expand(files, pattern)
      if (paths === undefined) return false
      for (const path of paths) if (!(await readFile(path, conditional, depth + 1))) return false
    }
    return true
  }

  if (!(await readFile(SSHD_CONFIG, false, 0))) return undefined
  return {
    general: found.find(({ conditional }) => !conditional)?.value ?? DEFAULT,
    conditional: found.filter(({ conditional }) => conditional).map(({ value }) => value),
  }
}

/** Wildcards in the last component only: what every distribution ships. */
async function expand(files: TrustedFileReader, pattern: string): Promise<readonly string[] | undefined> {
  const path = pattern.startsWith('/') ? pattern : `/etc/ssh/${pattern}`
  const slash = path.lastIndexOf('/')
  const [folder, name] = [path.slice(0, slash), path.slice(slash + 1)]
  if (/[*?[\]{}]/.test(folder) || /[[\]{}]/.test(name) || path.includes('/../')) return undefined
  if (!/[*?]/.test(name)) return [path]
  const fits = new RegExp(
    `^${name
      .replace(/[.+^$()|\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )
  const entries = (await listOptional(files, folder)) ?? []
  return entries
    .filter((entry) => !entry.name.startsWith('.') && fits.test(entry.name))
    .map((entry) => `${folder}/${entry.name}`)
}
