/** /etc/passwd, /etc/group and /etc/shadow. Each @returns undefined when any line is not understood. */

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  /** The field itself is empty: no password is asked. */
  readonly emptyPassword: boolean
}

export interface Group {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** See passwd(5). Lines of NIS (`+…`) are not understood. */
export function parsePasswd(text: string): readonly Account[] | undefined {
  const accounts: Account[] = []
  for (const line of contentLines(text)) {
    const [name = '', password = '', uid = '', gid = '', ...rest] = line.split(':')
    if (!isName(name) || !/^\d+$/.test(uid) || !/^\d+$/.test(gid) || rest.length !== 3) return undefined
    accounts.push({ name, uid: Number(uid), gid: Number(gid), emptyPassword: password === '' })
  }
  return accounts
}

/** See group(5). */
export function parseGroup(text: string): readonly Group[] | undefined {
  const groups: Group[] = []
  for (const line of contentLines(text)) {
    const [name = '', , gid = '', members, ...rest] = line.split(':')
    if (!isName(name) || !/^\d+$/.test(gid) || members === undefined || rest.length > 0) return undefined
    groups.push({ name, gid: Number(gid), members: members.split(',').filter((member) => member !== '') })
  }
  return groups
}

/** Names of the accounts that need no password. The hashes are looked at for this and dropped. See shadow(5). */
export function parseShadowEmpty(text: string): ReadonlySet<string> | undefined {
  const empty = new Set<string>()
  for (const line of contentLines(text)) {
    const [name = '', password, ...rest] = line.split(':')
    if (!isName(name) || password === undefined || rest.length !== 7) return undefined
    if (password === '') empty.add(name)
  }
  return empty
}

function contentLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}

function isName(name: string): boolean {
  return /^[^\s:+,#-][^\s:,]*$/.test(name)
}
