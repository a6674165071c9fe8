/** The users of a laboratory: their accounts, their homes, and what npm has installed for them. */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** Where nvm keeps what `npm install --global` brings. */
const NVM_PREFIX = `.nvm/versions/node/${process.version}`
/** A FIFO in every project: who reads it waits until its user is released. */
export const HOLD = 'hold'

export interface UserInit {
  readonly name: string
  /** What npm has installed into `prefix`. */
  readonly nodeModules?: string
  /** From the home on; as nvm has it when absent. */
  readonly prefix?: string | undefined
  /** A folder of commands outside of the home, as it lies on the machine. */
  readonly commands?: string
  /** Its agent ends a command that takes long: then its model asks for it again. */
  readonly isImpatient?: boolean
}

export interface LabUser {
  readonly name: string
  readonly uid: number
  /** As seen inside: `/home/NAME`. */
  readonly home: string
  readonly project: string
  /** Folders of its commands. */
  readonly path: readonly string[]
}

export function labUser({ name, prefix = NVM_PREFIX, commands }: UserInit, uid: number): LabUser {
  const home = `/home/${name}`
  const path = [...(commands === undefined ? [] : [commands]), `${home}/${prefix}/bin`]
  return { name, uid, home, project: `${home}/project`, path }
}

export function environmentOf({ name, home, path }: LabUser): Readonly<Record<string, string>> {
  return {
    HOME: home,
    USER: name,
    LOGNAME: name,
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    PATH: [...path, '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
    TMPDIR: `${home}/.tmp`,
  }
}

/** The machine's accounts and our users, whom nobody outside knows. */
export function writeAccounts(folder: string, users: readonly LabUser[]): void {
  const accounts = users.map(({ name, uid, home }) => `${name}:x:${uid}:${uid}::${home}:/bin/bash\n`)
  const groups = users.map(({ name, uid }) => `${name}:x:${uid}:\n`)
  mkdirSync(join(folder, 'accounts'))
  writeFileSync(join(folder, 'accounts/passwd'), readFileSync('/etc/passwd', 'utf8') + accounts.join(''))
  writeFileSync(join(folder, 'accounts/group'), readFileSync('/etc/group', 'utf8') + groups.join(''))
}

export function makeHome(folder: string, user: LabUser, init: UserInit | undefined): void {
  const { nodeModules, prefix = NVM_PREFIX } = init ?? {}
  const home = join(folder, user.home)
  mkdirSync(home, { recursive: true, mode: 0o755 })
  lchownSync(home, user.uid, user.uid)
  for (const path of ['project', '.tmp', `${prefix}/bin`, `${prefix}/lib/node_modules`]) {
    makeFolders(home, path, user.uid)
  }
  writeFileSync(join(home, prefix, 'bin/node'), '')
  execFileSync('mkfifo', ['-m', '644', join(folder, user.project, HOLD)])
  if (nodeModules === undefined) return
  for (const command of readdirSync(join(nodeModules, '.bin'))) {
    const target = readlinkSync(join(nodeModules, '.bin', command))
    symlinkSync(join('../lib/node_modules/.bin', target), join(home, prefix, 'bin', command))
  }
}

export function makeFolders(home: string, path: string, uid: number): void {
  let at = home
  for (const name of path.split('/')) {
    at = join(at, name)
    if (existsSync(at)) continue
    mkdirSync(at)
    lchownSync(at, uid, uid)
  }
}

/** One line for each: from, to. What is there already is laid over; nothing of the machine changes. */
export function mountsOf(folder: string, inits: readonly UserInit[], users: readonly LabUser[]): string {
  const homes = users.flatMap(({ home }, at) => {
    const { nodeModules, prefix = NVM_PREFIX } = inits[at] ?? {}
    return [
      ...(nodeModules === undefined ? [] : [[nodeModules, `${home}/${prefix}/lib/node_modules`]]),
      [process.execPath, `${home}/${prefix}/bin/node`],
    ]
  })
  return [[join(folder, 'home'), '/home'], ...homes].map((pair) => `${pair.join('\t')}\n`).join('')
}
