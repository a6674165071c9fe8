import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FileStat, TrustedFileReader } from '../../../../src/system/files/files.ts'
import type { CommandOutput, CommandRunner } from '../../../../src/system/program/command-runner.ts'
import { fakeCommands } from '../../../posture/fake-commands.ts'
import { treeFiles } from '../../../posture/tree-files.ts'

/** What programs and files of one Mac say, put together from the fixtures: a MacBook with FileVault, enrolled with no management. */

const FIXTURES = join(import.meta.dirname, '../../../fixtures/darwin')
const text = (name: string) => readFileSync(join(FIXTURES, name), 'utf8')
const DAY_MS = 24 * 60 * 60 * 1000

export interface RecordedMac {
  readonly commands: CommandRunner
  readonly files: TrustedFileReader
}

/** @param init.people as Directory Services list them, besides those of the system. */
export function recordedMac(init: {
  readonly people: readonly {
    readonly name: string
    readonly uid: number
    readonly gid: number
    readonly home: string
  }[]
}): RecordedMac {
  const said: Readonly<Record<string, (args: readonly string[]) => Partial<CommandOutput>>> = {
    csrutil: () => ({ stdout: 'System Integrity Protection status: enabled.\n' }),
    diskutil: () => ({ stdout: text('diskutil-apfs-list.plist') }),
    dscl: (args) => ({ stdout: args.includes('/Groups/admin') ? text('dscl-admin.plist') : usersWith(init.people) }),
    fdesetup: () => ({ stdout: 'FileVault is On.\n' }),
    ioreg: () => ({ stdout: text('ioreg-platform.plist') }),
    launchctl: () => ({ stdout: text('launchctl-print-disabled-26.5.txt') }),
    mdmclient: () => ({ stdout: text('mdmclient-security-info.txt') }),
    profiles: () => ({ stdout: 'Enrolled via DEP: No\nMDM enrollment: No\n' }),
    socketfilterfw: () => ({ stdout: text('socketfilterfw-14.txt') }),
    softwareupdate: () => ({ stdout: text('softwareupdate-12.7.txt') }),
    spctl: () => ({ stdout: 'assessments enabled\n' }),
    sshd: () => ({ stdout: 'passwordauthentication yes\nkbdinteractiveauthentication yes\npermitrootlogin no\n' }),
  }
  return { commands: fakeCommands(said), files: recordedFiles() }
}

const XPROTECT = '/Library/Apple/System/Library/CoreServices/XProtect.bundle/Contents'

function recordedFiles(): TrustedFileReader {
  const files = treeFiles({
    '/System/Library/CoreServices/SystemVersion.plist': text('SystemVersion-26.5.2.plist'),
    '/Library/Preferences/com.apple.SoftwareUpdate.plist': readFileSync(
      join(FIXTURES, 'software-update-10.15.7.bplist'),
    ),
    [`${XPROTECT}/Info.plist`]: xprotectInfo('5356'),
    '/etc/sudoers': 'root ALL = (ALL) ALL\n%admin ALL = (ALL) ALL\n#includedir /private/etc/sudoers.d\n',
  })
  const resources: FileStat = {
    kind: 'directory',
    sizeBytes: 1,
    owner: '0',
    group: '0',
    mode: 0o755,
    modifiedMs: Date.now() - DAY_MS,
  }
  return { ...files, stat: async (path) => (path === `${XPROTECT}/Resources` ? resources : undefined) }
}

function xprotectInfo(version: string): string {
  return `<plist version="1.0"><dict><key>CFBundleShortVersionString</key><string>${version}</string></dict></plist>`
}

function usersWith(people: Parameters<typeof recordedMac>[0]['people']): string {
  const records = people.map(({ name, uid, gid, home }) => {
    const attributes = {
      RecordName: name,
      UniqueID: String(uid),
      PrimaryGroupID: String(gid),
      NFSHomeDirectory: home,
      UserShell: '/bin/zsh',
    }
    const members = Object.entries(attributes).map(
      ([attribute, value]) => `<key>dsAttrTypeStandard:${attribute}</key><array><string>${value}</string></array>`,
    )
    return `<dict>${members.join('')}</dict>`
  })
  // The person of the fixture gives way to those who are asked for.
  const system = text('dscl-users.plist').replace(/<dict>(?:(?!<\/dict>)[\s\S])*\/Users\/ann[\s\S]*?<\/dict>/, '')
  return system.replace('<array>', `<array>${records.join('')}`)
}
