import { dictionaryOf, listIn, parsePropertyList } from '../../../base/property-lists/property-list.ts'

export interface DirectoryGroup {
  readonly members: readonly string[]
  /** Other groups are members. */
  readonly hasNestedGroups: boolean
}

/** Reads `dscl -plist . -read /Groups/NAME`. @returns undefined when the members are not there: no group of macOS is empty. */
export function parseDirectoryGroup(stdout: string): DirectoryGroup | undefined {
  const record = dictionaryOf(parsePropertyList(new TextEncoder().encode(stdout)))
  if (record === undefined) return undefined
  const members = listIn(record, 'dsAttrTypeStandard:GroupMembership').filter((name) => typeof name === 'string')
  if (members.length === 0) return undefined
  return { members, hasNestedGroups: listIn(record, 'dsAttrTypeStandard:NestedGroups').length > 0 }
}
