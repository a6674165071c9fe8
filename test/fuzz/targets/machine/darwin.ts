import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  dictionaryOf,
  flagIn,
  listIn,
  parsePropertyList,
  textIn,
} from '../../../../src/base/property-lists/property-list.ts'
import { platformFacts } from '../../../../src/posture/darwin/hardware.ts'
import { parseDirectoryGroup } from '../../../../src/posture/parsers/access/directory-group.ts'
import { parseLaunchdOverrides } from '../../../../src/posture/parsers/access/launchd-overrides.ts'
import { parseCsrutilStatus } from '../../../../src/posture/parsers/boot/csrutil-status.ts'
import { parseMdmSecurityInfo } from '../../../../src/posture/parsers/boot/mdm-security-info.ts'
import { parseApfsVolumes } from '../../../../src/posture/parsers/disk/apfs-volumes.ts'
import { parseFdesetupStatus } from '../../../../src/posture/parsers/disk/fdesetup-status.ts'
import { parseMdmEnrolment } from '../../../../src/posture/parsers/mdm-enrolment.ts'
import { parseFirewallState } from '../../../../src/posture/parsers/network/application-firewall.ts'
import { parseSoftwareUpdates } from '../../../../src/posture/parsers/os/software-updates.ts'
import { parseMounts } from '../../../../src/system/mounts/darwin.ts'
import { parseDescriptors, parseTcpSocket, parseVnode } from '../../../../src/system/processes/darwin/descriptors.ts'
import { parseLogins } from '../../../../src/system/processes/darwin/logins.ts'
import {
  parseBsdInfo,
  parseProcessArguments,
  parseSignatureText,
  parseTaskActivity,
} from '../../../../src/system/processes/darwin/structs.ts'
import { parseDirectoryUsers } from '../../../../src/system/users/darwin.ts'
import {
  bsdInfo,
  descriptorList,
  loginList,
  mountList,
  processArguments,
  taskInfo,
  tcpSocket,
  vnodeInfo,
} from '../../../support/platforms/darwin/structures.ts'
import { promise, refusing, type Target, textOf } from '../../target.ts'

/** What macOS, its programs and its files say. A parser of text does not throw; one of a structure refuses what is cut. */

const FIXTURES = join(import.meta.dirname, '../../../fixtures/darwin')
const fixtures = (ending: RegExp) =>
  readdirSync(FIXTURES)
    .filter((name) => ending.test(name))
    .map((name) => new Uint8Array(readFileSync(join(FIXTURES, name))))

const propertyLists: Target = {
  name: 'property-list',
  kind: 'bytes',
  seeds: () => fixtures(/plist$/),
  words: ['<dict>', '</dict>', '<array/>', '<key>', '<data>', '<date>', '&#x41;', '<!--', '-->', 'bplist00'],
  run(input) {
    const list = dictionaryOf(parsePropertyList(input))
    if (list === undefined) return
    for (const name of Object.keys(list)) {
      promise(Object.hasOwn(list, name), 'members are own')
      textIn(list, name)
      flagIn(list, name)
      listIn(list, name)
    }
  },
}

const answers: Target = {
  name: 'mac-answers',
  kind: 'text',
  seeds: () => [
    ...fixtures(/\.(?:txt|plist)$/),
    'FileVault is On.\nEncryption in progress: Percent completed = 42.31\n',
    'System Integrity Protection status: enabled (Custom Configuration).\n',
    'Enrolled via DEP: No\nMDM enrollment: Yes (User Approved)\nMDM server: https://mdm.example.com/\n',
  ],
  words: ['Daemon response: {', '=> disabled', '(State = 1)', 'dsAttrTypeStandard:', ', Recommended: YES, ', '-2'],
  run(input) {
    const text = textOf(input)
    for (const { id, home, kind, posix } of parseDirectoryUsers(text) ?? []) {
      promise(id === String(posix?.uid) && /^(0|[1-9]\d{0,9})$/.test(id), 'a user id is a uid in decimal')
      promise(home === '' || (home.startsWith('/') && !home.split('/').includes('..')), 'a home is plain or not known')
      promise((id === '0') === (kind === 'root'), 'uid 0 is root')
    }
    promise(parseDirectoryGroup(text)?.members.length !== 0, 'no group is empty')
    promise(parseApfsVolumes(text)?.every(({ name }) => typeof name === 'string') !== false, 'a volume has a name')
    promise(
      parseSoftwareUpdates(text)?.every(({ title }) => typeof title === 'string') !== false,
      'an update has a title',
    )
    for (const [label] of parseLaunchdOverrides(text) ?? []) promise(label !== '', 'a service has a label')
    parseFdesetupStatus(text)
    parseCsrutilStatus(text)
    parseFirewallState(text)
    parseMdmEnrolment(text)
    parseMdmSecurityInfo(text)
    platformFacts(text)
  },
}

const ENDS = { local: { address: [127, 0, 0, 1], port: 1 }, remote: { address: [10, 0, 0, 1], port: 443 } }

const structures: Target = {
  name: 'mac-structures',
  kind: 'bytes',
  seeds: () => [
    bsdInfo({ pid: 77 }),
    taskInfo({ user: 1n, system: 2n, switches: 3 }),
    processArguments('/bin/zsh', ['zsh', '-l'], ['HOME=/Users/ann']),
    descriptorList([
      [0, 'vnode'],
      [3, 'socket'],
    ]),
    vnodeInfo({ type: 1, path: '/Users/ann/x' }),
    tcpSocket({ state: 4, family: 4, ...ENDS }),
    mountList([{ type: 'apfs', mountPoint: '/' }]),
    loginList([{ user: 'ann', line: 'console', pid: 1 }]),
  ],
  async run(input) {
    const parsers: readonly ((bytes: Uint8Array) => unknown)[] = [
      ...[parseBsdInfo, parseTaskActivity, parseProcessArguments, parseSignatureText, parseDescriptors],
      ...[parseVnode, parseTcpSocket, parseMounts, (bytes: Uint8Array) => parseLogins(bytes, () => '501')],
    ]
    for (const parse of parsers) await refusing(['INPUT_MALFORMED'], async () => parse(input))
  },
}

export const darwinTargets: readonly Target[] = [propertyLists, answers, structures]
