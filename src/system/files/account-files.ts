/** The account database of Unix: passwd(5), group(5) and subuid(5). */

export interface Account {
  readonly name: string
  readonly uid: number
  /** The primary group. */
  readonly gid: number
  readonly home: string
  readonly shell: string
  /** The password field is empty: none is asked. */
  readonly hasEmptyPassword: boolean
}

export interface Group {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** `isWhole`: false when a line was left out, or has a name that other tools read otherwise, as those of NIS (`+…`). */
export interface ParsedPasswd {
  readonly accounts: readonly Account[]
  readonly isWhole: boolean
}

export interface ParsedGroup {
  readonly groups: readonly Group[]
  readonly isWhole: boolean
}

const NAME = /^[^\s:+,#-][^\s:,]*$/
const NUMBER = /^\d{1,10}$/

/** Lines without a name, two numbers and seven fields are left out. */
export function parsePasswd(text: string): ParsedPasswd {
  const lines = contentLines(text)
  const accounts = lines.flatMap((line) => {
    const [name = '', password = '', uid = '', gid = '', , home = '', shell, ...rest] = line.split(':')
    if (name === '' || !NUMBER.test(uid) || !NUMBER.test(gid) || shell === undefined || rest.length > 0) return []
    return [{ name, uid: Number(uid), gid: Number(gid), home, shell, hasEmptyPassword: password === '' }]
  })
  return { accounts, isWhole: isWhole(lines, accounts) }
}

/** Lines without a name, a number and four fields are left out. */
export function parseGroup(text: string): ParsedGroup {
  const lines = contentLines(text)
  const groups = lines.flatMap((line) => {
    const [name = '', , gid = '', members, ...rest] = line.split(':')
    if (name === '' || !NUMBER.test(gid) || members === undefined || rest.length > 0) return []
    return [{ name, gid: Number(gid), members: members.split(',').filter((member) => member !== '') }]
  })
  return { groups, isWhole: isWhole(lines, groups) }
}

/** Of subuid(5): an owner, by name or id, and the first and number of the ids of theirs. Other lines are left out. */
export function parseSubordinateIds(
  text: string,
): readonly { readonly owner: string; readonly first: number; readonly count: number }[] {
  return contentLines(text).flatMap((line) => {
    const [owner = '', first = '', count = '', ...rest] = line.split(':')
    if (owner === '' || !NUMBER.test(first) || !NUMBER.test(count) || rest.length > 0) return []
    return [{ owner, first: Number(first), count: Number(count) }]
  })
}

function contentLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}

function isWhole(lines: readonly string[], read: readonly { readonly name: string }[]): boolean {
  return read.length === lines.length && read.every(({ name }) => NAME.test(name))
}
