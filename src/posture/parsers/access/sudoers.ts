/** What sudoers(5) says about passwords. */
export interface Sudoers {
  /** Users, `%groups`, `+netgroups`, aliases or `Defaults` that get all commands as root without a password. */
  readonly open: readonly string[]
  /** Those that get only some commands so. */
  readonly limited: readonly string[]
  readonly includes: readonly { readonly path: string; readonly isFolder: boolean }[]
}

const INCLUDE = /^[@#](include|includedir)\s+(?:"([^"]+)"|(\S+))$/
const ALIAS = /^(?:User|Runas|Host|Cmnd|Cmd)_Alias\s+(.+)$/
const TAG =
  /^(?:(NO)?PASSWD|(?:NO)?(?:EXEC|FOLLOW|INTERCEPT|LOG_INPUT|LOG_OUTPUT|MAIL|SETENV)|(?:ROLE|TYPE|CWD|CHROOT|TIMEOUT|NOTBEFORE|NOTAFTER|APPARMOR_PROFILE)=\S+)\s*:?\s*/

/** @returns undefined when a line is not understood. */
export function parseSudoers(text: string): Sudoers | undefined {
  const open: string[] = []
  const limited: string[] = []
  const includes: { path: string; isFolder: boolean }[] = []
  const everything = new Set(['ALL'])
  const rules: Rule[] = []
  for (const line of logicalLines(text)) {
    const [, directive, quoted, plain] = INCLUDE.exec(line) ?? []
    const path = quoted ?? plain
    if (path !== undefined) {
      if (path.includes('%')) return undefined
      includes.push({ path, isFolder: directive === 'includedir' })
    } else if (/^#(?!\d)/.test(line)) {
      // A comment. `#` before digits is a user id.
    } else if (/^Defaults/.test(line)) {
      if (/(?:^|[\s,])!authenticate(?:$|[\s,])/.test(line)) open.push('everyone (Defaults !authenticate)')
    } else if (ALIAS.test(line)) {
      for (const name of aliasesOfAll(line)) everything.add(name)
    } else {
      const rule = ruleOf(line)
      if (rule === undefined) return undefined
      rules.push(rule)
    }
  }
  for (const { subjects, commands } of rules) {
    // `HOST = COMMANDS : HOST = COMMANDS` is two rules in one line.
    const grants = commands.split(/\s:\s+[^=,:()]+=\s*/).map((one) => withoutPassword(one, everything))
    const names = subjects.filter((name) => name !== 'root' && name !== '#0')
    if (grants.includes('all')) open.push(...names)
    else if (grants.includes('some')) limited.push(...names)
  }
  return { open, limited, includes }
}

/** A user, `%group`, `+netgroup`, `#uid` or an alias, perhaps excluded or in quotes. */
const SUBJECT = /^!*(?:%:|%#|[%+#])?(?:(?:[\p{L}\p{N}_.@$-]|\\.)+|"[^"]+")$/u

interface Rule {
  readonly subjects: readonly string[]
  readonly commands: string
}

/** `USERS HOSTS = COMMANDS`. Lists are separated by commas, and names may contain escaped spaces. */
function ruleOf(line: string): Rule | undefined {
  const at = line.indexOf('=')
  if (at < 1) return undefined
  const words = line
    .slice(0, at)
    .replace(/\s*,\s*/g, ',')
    .trim()
    .split(/(?<!\\)\s+/)
  const [users, hosts] = words
  const commands = line.slice(at + 1).trim()
  if (words.length !== 2 || users === undefined || hosts === undefined || commands === '') return undefined
  const subjects = users.split(',')
  return subjects.every((name) => SUBJECT.test(name)) ? { subjects, commands } : undefined
}

/** Lines joined at a backslash, without comments behind them. `#` before digits is a user id. */
function logicalLines(text: string): readonly string[] {
  return text
    .replace(/\\\r?\n/g, ' ')
    .split('\n')
    .map((line) => (/^\s*#/.test(line) ? line.trim() : line.replace(/\s#(?!\d).*$/, '').trim()))
    .filter((line) => line !== '')
}

/** Names of aliases that contain `ALL`; an alias of an alias is found if it is below it. */
function aliasesOfAll(line: string): readonly string[] {
  const [, list = ''] = ALIAS.exec(line) ?? []
  return list.split(/\s+:\s+/).flatMap((one) => {
    const [name = '', members = ''] = one.split('=', 2)
    return members.split(',').some((member) => member.trim() === 'ALL') ? [name.trim()] : []
  })
}

/** Tags hold for the commands after them, too. */
function withoutPassword(text: string, everything: ReadonlySet<string>): 'all' | 'some' | 'none' {
  let asRoot = true
  let asks = true
  let some = false
  for (const part of text.split(/,(?![^(]*\))/)) {
    let rest = part.trim()
    const [runas, users] = /^\(([^):]*)[^)]*\)\s*/.exec(rest) ?? []
    if (runas !== undefined) {
      asRoot = (users ?? '').split(',').some((user) => isRoot(user.trim(), everything))
      rest = rest.slice(runas.length)
    }
    for (let tag = TAG.exec(rest); tag !== null && tag[0] !== ''; tag = TAG.exec(rest)) {
      if (/PASSWD/.test(tag[0])) asks = tag[1] === undefined
      rest = rest.slice(tag[0].length)
    }
    if (asks) continue
    if (asRoot && everything.has(rest)) return 'all'
    some = true
  }
  return some ? 'some' : 'none'
}

function isRoot(user: string, everything: ReadonlySet<string>): boolean {
  return user === 'root' || user === '#0' || everything.has(user)
}
