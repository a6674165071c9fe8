import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../../src/base/clock.ts'
import { inputVerdict } from '../../../../src/posture/linux/network/nft-input.ts'
import { parseAppLockerPolicy } from '../../../../src/posture/parsers/access/app-locker-policy.ts'
import { parseAppArmorProfiles } from '../../../../src/posture/parsers/access/apparmor-profiles.ts'
import { parseShadowEmpty } from '../../../../src/posture/parsers/access/shadow.ts'
import {
  parseSshdConfig,
  parseSshdEffective,
  parseSshdPasswords,
  rootLoginOf,
} from '../../../../src/posture/parsers/access/sshd-config.ts'
import { parseSudoers } from '../../../../src/posture/parsers/access/sudoers.ts'
import { parseLockdown } from '../../../../src/posture/parsers/boot/lockdown.ts'
import { mapperRole } from '../../../../src/posture/parsers/disk/dm-uuid.ts'
import { parseSwaps } from '../../../../src/posture/parsers/disk/swaps.ts'
import { parseZfsEncryption, parseZpoolDevices } from '../../../../src/posture/parsers/disk/zfs.ts'
import { parseDconfDatabase } from '../../../../src/posture/parsers/gvdb.ts'
import { parseKeyFile } from '../../../../src/posture/parsers/key-file.ts'
import { parseNftRuleset } from '../../../../src/posture/parsers/network/nft-ruleset.ts'
import { parseSmbConf } from '../../../../src/posture/parsers/network/smb-conf.ts'
import { parseAptConfig } from '../../../../src/posture/parsers/os/apt-config.ts'
import { parseAptSimulation } from '../../../../src/posture/parsers/os/apt-simulation.ts'
import { parseDnfUpdateinfo } from '../../../../src/posture/parsers/os/dnf-updateinfo.ts'
import { parseKernelRelease } from '../../../../src/posture/parsers/os/kernel-release.ts'
import { parseReleaseDate } from '../../../../src/posture/parsers/os/release-date.ts'
import { parseOsRelease } from '../../../../src/posture/parsers/os-release.ts'
import { parseSystemctlShow } from '../../../../src/posture/parsers/systemctl-show.ts'
import { readScreenLock, screenLockSettings } from '../../../../src/posture/screen-lock.ts'
import type { Answer } from '../../../../src/system/facts/background.ts'
import { type WindowsFactsAddon, windowsFacts } from '../../../../src/system/facts/windows.ts'
import { parseGroup, parsePasswd } from '../../../../src/system/files/account-files.ts'
import { parseMountinfo } from '../../../../src/system/mounts/mountinfo.ts'
import { localUserOf } from '../../../../src/system/users/linux.ts'
import { FakeFileReader } from '../../../support/fake-file-reader.ts'
import { NO_WINDOWS, recordedMachine, recordedWindows } from '../../../support/platforms/recorded-windows.ts'
import { joinParts, promise, refusingLater, splitParts, type Target, textOf } from '../../target.ts'

/** Outputs of tools and files of the system. What a parser does not understand is undefined: none may throw. */

const FIXTURES = join(import.meta.dirname, '../../../fixtures')
const fixtures = (...tools: readonly string[]) =>
  tools.flatMap((tool) =>
    readdirSync(join(FIXTURES, tool))
      .filter((name) => name.endsWith('.txt') || name.endsWith('.bin'))
      .map((name) => new Uint8Array(readFileSync(join(FIXTURES, tool, name))))
      .filter(({ length }) => length <= 16 * 1024),
  )

function textTarget(
  name: string,
  seeds: Target['seeds'],
  parse: (text: string) => void,
  words: readonly string[] = [],
): Target {
  return { name, kind: 'text', seeds, words, run: (input) => parse(textOf(input)) }
}

const PASSWD =
  'root:x:0:0:root:/root:/bin/bash\nada::1000:1000:Ada,,,:/home/ada:/bin/zsh\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n'

const accounts = textTarget(
  'accounts',
  () => [PASSWD, 'sudo:x:27:ada,bob\nadm:x:4:\n', 'root:!:19000:0:99999:7:::\nada::19000:0:99999:7:::\n'],
  (text) => {
    for (const { id, home, kind, posix } of parsePasswd(text).accounts.map(localUserOf)) {
      promise(/^(0|[1-9]\d{0,9})$/.test(id) && id === String(posix?.uid), 'a user id is a uid in decimal')
      const plain = home.startsWith('/') && !home.split('/').includes('..')
      promise(home === '' || plain, 'a home is absolute and goes nowhere else, or is not known')
      promise((id === '0') === (kind === 'root'), 'uid 0 is root')
    }
    parsePasswd(text)
    parseGroup(text)
    parseShadowEmpty(text)
  },
  ['..', '::', '4294967296'],
)

const apt = textTarget(
  'apt',
  () => fixtures('apt-get', 'apt-release', 'dnf-updateinfo'),
  (text) => {
    const found = parseAptSimulation(text)
    promise(found === undefined || found.keptBack >= 0, 'a number of packages')
    const published = parseReleaseDate(text)
    promise(published === undefined || Number.isSafeInteger(published), 'a date is a time')
    parseDnfUpdateinfo(text)
  },
  [
    'Inst a [1] (2 Debian-Security:13/stable-security [amd64])',
    ' []',
    ' [1.0]',
    'Date: Sat, 1 Nov 2025 10:00:00 UTC',
    '-1.1-',
    'security Low a-1-1.x ',
  ],
)

const aptConfig = textTarget(
  'apt-config',
  () => fixtures('apt-config'),
  (text) => void parseAptConfig(text.split('\0')),
  ['#clear', '#include', '//', '/*', '*/', '::', '{ ', '};', '"\\""', 'APT::Periodic'],
)

const mounts = textTarget(
  'mountinfo',
  () => fixtures('mountinfo', 'swaps'),
  (text) => {
    const { mounts: found, isWhole } = parseMountinfo(text)
    if (isWhole) for (const { device } of found) promise(/^\d+:\d+$/.test(device), 'a device is two numbers')
    parseSwaps(text)
  },
  [' - ', '\\040', '\\777', ' shared:1'],
)

const nft: Target = {
  name: 'nft',
  kind: 'json',
  seeds: () => fixtures('nft'),
  words: [
    'jump',
    'goto',
    'queue',
    'dormant',
    'ct',
    'meta',
    'iifname',
    'payload',
    'range',
    'prefix',
    'set',
    'return',
    'policy',
    'flags',
  ],
  run(input) {
    const ruleset = parseNftRuleset(textOf(input))
    if (ruleset === undefined) return
    for (const family of ['ip', 'ip6'] as const) inputVerdict(ruleset, family)
  },
}

const sshd = textTarget(
  'sshd-config',
  () => fixtures('sshd-config', 'sshd-effective'),
  (text) => {
    for (const { keyword, words } of parseSshdConfig(text) ?? []) {
      promise(keyword === keyword.toLowerCase() && words.length > 0, 'a keyword has words')
      rootLoginOf(words[0] ?? '')
    }
    parseSshdEffective(text)
    parseSshdPasswords(text)
  },
  ['PermitRootLogin', 'Match', 'Include', ' = ', '"', '#'],
)

const sudoers = textTarget(
  'sudoers',
  () => ['Defaults env_reset\n@includedir /etc/sudoers.d\n%sudo ALL=(ALL:ALL) NOPASSWD: ALL, /bin/ls\n'],
  (text) => {
    const { open, limited } = parseSudoers(text) ?? { open: [], limited: [] }
    promise(
      [...open, ...limited].every((name) => name !== 'root'),
      'root needs no leave to be root',
    )
  },
  ['NOPASSWD:', ' : x = ', '\\\n', 'Cmnd_Alias A = ALL', '!authenticate', '#include'],
)

const systemWords = textTarget(
  'system-words',
  () => [
    ...fixtures('apparmor', 'lockdown', 'systemctl-show', 'zfs-get', 'zpool-list').map(textOf),
    'PRETTY_NAME="Debian GNU/Linux 13"\nID=debian\nVERSION_ID=\'13\'\n',
    `CRYPT-LUKS2-${'0'.repeat(32)}-root`,
    'LVM-abc',
    '6.12.48+deb13-amd64',
    '<AppLockerPolicy Version="1"><RuleCollection Type="Exe" EnforcementMode="Enabled" /></AppLockerPolicy>',
    '[global]\nserver min protocol = NT1\n',
    '[Daemon]\nAutolock=true\nTimeout[$i]=5\n[$i]\n# no\n',
  ],
  (text) => {
    parseAppArmorProfiles(text)
    parseAppLockerPolicy(text)
    mapperRole(text)
    parseKeyFile(text)
    parseKernelRelease(text)
    parseLockdown(text)
    parseSmbConf(text)
    parseOsRelease(text)
    parseSystemctlShow(text)
    parseZfsEncryption(text)
    parseZpoolDevices(text, 'tank')
  },
  ['CRYPT-', '-OPAL', '[$i]', '__proto__=1', 'CRYPT-constructor-x'],
)

const gvdb: Target = {
  name: 'gvdb',
  kind: 'bytes',
  seeds: () => fixtures('dconf'),
  words: ['GVariant', 'raVGtnai', '.locks', 'v', 'H', 'L'],
  run: (input) => void parseDconfDatabase(input),
}

const screenLock: Target = {
  name: 'screen-lock',
  kind: 'bytes',
  seeds: () =>
    fixtures('dconf').flatMap((file) => [
      joinParts(file),
      joinParts(file, new TextEncoder().encode('[Daemon]\nAutolock=true\nTimeout=5\nLockGrace=1\n')),
    ]),
  words: ['/org/gnome/desktop/screensaver/', 'lock-enabled', 'Timeout=', '1e9', '-1', '99999999999999999999'],
  async run(input) {
    const [dconf = input, kde] = splitParts(input, 2)
    const files = new FakeFileReader({
      '/home/ada/.config/dconf/user': dconf,
      ...(kde === undefined ? {} : { '/home/ada/.config/kscreenlockerrc': kde }),
    })
    const settings = await refusingLater(['INPUT_MALFORMED'], () => readScreenLock(files, '/home/ada'))
    if (settings !== undefined) screenLockSettings.read(settings)
  },
}

/** What Windows answers: texts of the registry, JSON of the addon, and the policy that PowerShell prints. */
const windowsAnswers: Target = {
  name: 'windows-answers',
  kind: 'text',
  seeds: () => {
    const { updates, accounts, wmi } = recordedMachine('managed-laptop')
    return [updates, accounts, ...Object.values(wmi).flatMap((classes) => Object.values(classes))].map((answer) =>
      JSON.stringify(answer),
    )
  },
  words: ['"ReturnValue":0', '[]', '{}', 'null', '-1', '1e999', '"categories":[{"id":', '\\ud800'],
  async run(input) {
    const text = textOf(input)
    const answer = (callback: Answer) => void Promise.resolve().then(() => callback(0, text))
    const addon: WindowsFactsAddon = {
      ...recordedWindows(NO_WINDOWS),
      registryRead: () => ({ type: input[0] ?? 1, bytes: input }),
      wmiQuery: (_namespace, _query, _within, callback) => answer(callback),
      wmiCall: (_namespace, _name, _path, _method, _within, callback) => answer(callback),
      pendingUpdates: answer,
      localAccounts: answer,
    }
    const facts = windowsFacts({ addon, clock: systemClock })
    const options = { signal: new AbortController().signal, timeoutMs: 10_000 }
    const instance = { namespace: 'x', class: 'X', key: ['k', text] as const }
    const codes = ['COMMAND_FAILED', 'INPUT_MALFORMED'] as const
    const updates = await refusingLater(codes, () => facts.pendingUpdates(options))
    promise(updates?.searchedMs === undefined || updates.searchedMs > 0, 'a search was after 1970')
    await refusingLater(codes, () => facts.query('x', 'x', options))
    await refusingLater(codes, () => facts.call(instance, 'M', options))
    for (const { rid } of (await refusingLater(codes, () => facts.accounts(options))) ?? []) {
      promise(typeof rid === 'number', 'an account has a number')
    }
    await refusingLater(codes, async () => facts.registry.text('HKLM\\X', 'x'))
    await refusingLater(codes, async () => facts.registry.number('HKLM\\X', 'x'))
  },
}

export const postureTargets: readonly Target[] = [
  accounts,
  apt,
  aptConfig,
  mounts,
  nft,
  sshd,
  sudoers,
  systemWords,
  gvdb,
  screenLock,
  windowsAnswers,
]
