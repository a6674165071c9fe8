/** Debian packages that the tests use, and what is not tested without each. */
import { existsSync } from 'node:fs'
import { FAMILY_NAMES, type Family, type Suite } from '../test/support/jest/suites.ts'
import { canInstallPackages, installPackages, updatePackageLists } from './debian-packages.ts'

interface Prerequisite {
  readonly packageName: string
  /** A file of the package. */
  readonly file: string
  readonly why: string
  /** The suites that need it: every family of deep tests unless given. */
  readonly of?: readonly (Suite | Family)[]
}

const EVERY_SUITE = ['test', 'laptop', ...FAMILY_NAMES] as const

const TEST_PREREQUISITES: readonly Prerequisite[] = [
  { packageName: 'swtpm', file: '/usr/bin/swtpm', why: 'the TPM simulator of all TPM tests', of: EVERY_SUITE },
  {
    packageName: 'swtpm-tools',
    file: '/usr/bin/swtpm_setup',
    why: 'EK certificates for the simulator',
    of: EVERY_SUITE,
  },
  {
    packageName: 'tpm2-tools',
    file: '/usr/bin/tpm2_quote',
    why: 'the second opinion on quotes and credentials',
    of: EVERY_SUITE,
  },
  { packageName: 'softhsm2', file: '/usr/bin/softhsm2-util', why: 'the PKCS#11 token of the key tests' },
  { packageName: 'gcc', file: '/usr/bin/gcc', why: 'the native addon', of: EVERY_SUITE },
  { packageName: 'g++', file: '/usr/bin/g++', why: 'pkcs11js' },
  { packageName: 'libc6-dev', file: '/usr/include/stdio.h', why: 'the native addon', of: EVERY_SUITE },
  {
    packageName: 'musl-tools',
    file: '/usr/bin/musl-gcc',
    why: 'the hook as it is packaged',
    of: ['system', 'packages'],
  },
  { packageName: 'openssl', file: '/usr/bin/openssl', why: 'the benchmark that signatures are compared with' },
  { packageName: 'python3', file: '/usr/bin/python3', why: 'its strict checks of certificates' },
  {
    packageName: 'exim4-daemon-light',
    file: '/usr/sbin/exim4',
    why: 'mail to a real server',
    of: ['directory', 'journeys'],
  },
  {
    packageName: 'rsyslog-openssl',
    file: '/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_ossl.so',
    why: 'the record at a real log server',
    of: ['journeys'],
  },
  { packageName: 'curl', file: '/usr/bin/curl', why: 'the documented commands that fetch evidence' },
  { packageName: 'jq', file: '/usr/bin/jq', why: 'the documented commands that fetch evidence' },
  { packageName: 'sqlite3', file: '/usr/bin/sqlite3', why: 'the documented backup' },
  { packageName: 'nftables', file: '/usr/sbin/nft', why: 'firewall rules as the kernel prints them' },
  { packageName: 'procps', file: '/usr/bin/ps', why: 'the comparison for process scans' },
  { packageName: 'shellcheck', file: '/usr/bin/shellcheck', why: 'scripts for device managements', of: ['packages'] },
  { packageName: 'ansible-core', file: '/usr/bin/ansible-playbook', why: 'the role for Ansible', of: ['packages'] },
  {
    packageName: 'libxml2-utils',
    file: '/usr/bin/xmllint',
    why: 'templates and profiles for device managements',
    of: ['packages'],
  },
  { packageName: 'zsh', file: '/usr/bin/zsh', why: 'its completion' },
  { packageName: 'fish', file: '/usr/bin/fish', why: 'its completion' },
  { packageName: 'tmux', file: '/usr/bin/tmux', why: 'real agents in a terminal', of: ['daemon', 'agents'] },
  { packageName: 'iproute2', file: '/usr/sbin/ip', why: 'real agents in a network of their own' },
  { packageName: 'util-linux', file: '/usr/bin/setpriv', why: 'real agents with the rights of ordinary users' },
  {
    packageName: 'python3-cryptography',
    file: '/usr/lib/python3/dist-packages/cryptography/__init__.py',
    why: 'a second implementation of the protocol, in Python',
  },
  {
    packageName: 'mmdebstrap',
    file: '/usr/bin/mmdebstrap',
    why: 'surety fix on a new Debian',
    of: ['agents', 'packages', 'laptop'],
  },
  {
    packageName: 'systemd-container',
    file: '/usr/bin/systemd-nspawn',
    why: 'surety fix on a new Debian',
    of: ['agents', 'packages'],
  },
  { packageName: 'rpm', file: '/usr/bin/rpmbuild', why: 'the packages for Fedora and its like', of: ['packages'] },
  { packageName: 'createrepo-c', file: '/usr/bin/createrepo_c', why: 'the repository for dnf', of: ['packages'] },
  { packageName: 'lintian', file: '/usr/bin/lintian', why: 'the rules of Debian for packages', of: ['packages'] },
  { packageName: 'rpmlint', file: '/usr/bin/rpmlint', why: 'the rules of Fedora for packages', of: ['packages'] },
  {
    packageName: 'msitools',
    file: '/usr/bin/msibuild',
    why: 'the package for Windows',
    of: ['packages', 'windows', 'fuzz'],
  },
  { packageName: 'gcab', file: '/usr/bin/gcab', why: 'the package for Windows', of: ['packages', 'windows', 'fuzz'] },
  { packageName: 'osslsigncode', file: '/usr/bin/osslsigncode', why: 'its signature', of: ['packages'] },
  {
    packageName: 'wine',
    file: '/usr/bin/wine',
    why: 'the sources for Windows, with its own Node',
    of: ['windows', 'fuzz'],
  },
  { packageName: 'wine64', file: '/usr/lib/wine/wine64', why: 'the sources for Windows', of: ['windows', 'fuzz'] },
  {
    packageName: 'gcc-mingw-w64-x86-64-win32',
    file: '/usr/bin/x86_64-w64-mingw32-gcc',
    why: 'the addon for Windows',
    of: ['windows', 'packages', 'fuzz'],
  },
  {
    packageName: 'clang-19',
    file: '/usr/bin/clang-19',
    why: 'the addon for macOS',
    of: ['system', 'daemon', 'packages', 'fuzz'],
  },
  {
    packageName: 'lld-19',
    file: '/usr/bin/ld64.lld-19',
    why: 'the addon for macOS',
    of: ['system', 'daemon', 'packages', 'fuzz'],
  },
  {
    packageName: 'llvm-19',
    file: '/usr/bin/llvm-lipo-19',
    why: 'the addon for macOS',
    of: ['system', 'daemon', 'packages', 'fuzz'],
  },
  {
    packageName: 'g++-mingw-w64-x86-64-win32',
    file: '/usr/bin/x86_64-w64-mingw32-g++',
    why: 'pkcs11js for Windows',
    of: ['windows', 'packages', 'fuzz'],
  },
  { packageName: 'xar', file: '/usr/bin/xar', why: 'the package for macOS, read by another program', of: ['packages'] },
  {
    packageName: 'cpio',
    file: '/usr/bin/cpio',
    why: 'the package for macOS, read by another program',
    of: ['packages'],
  },
  {
    packageName: 'libgnustep-gui-dev',
    file: '/usr/include/x86_64-linux-gnu/GNUstep/AppKit/AppKit.h',
    why: 'the icon of macOS, run with GNUstep',
    of: ['system'],
  },
  {
    packageName: 'libobjc-14-dev',
    file: '/usr/lib/gcc/x86_64-linux-gnu/14/include/objc/objc.h',
    why: 'the icon of macOS, run with GNUstep',
    of: ['system'],
  },
  {
    packageName: 'gnustep-back0.32-cairo',
    file: '/usr/lib/x86_64-linux-gnu/GNUstep/Bundles/libgnustep-cairo-032.bundle',
    why: 'the icon of macOS, run with GNUstep',
    of: ['system'],
  },
  { packageName: 'xvfb', file: '/usr/bin/Xvfb', why: 'the icon of macOS, run with GNUstep', of: ['system'] },
  {
    packageName: 'chromium',
    file: '/usr/bin/chromium',
    why: 'a real browser with a real extension, passkeys, and the console',
    of: ['test', 'daemon', 'directory', 'console', 'agents', 'journeys'],
  },
  { packageName: 'nginx', file: '/usr/sbin/nginx', why: 'the console behind a proxy', of: ['console'] },
  { packageName: 'caddy', file: '/usr/bin/caddy', why: 'the console behind a proxy', of: ['console'] },
  { packageName: 'pebble', file: '/usr/bin/pebble', why: 'the console’s certificate by ACME', of: ['directory'] },
  { packageName: 'golang-go', file: '/usr/bin/go', why: 'the record, read by another program', of: ['directory'] },
  {
    packageName: 'golang-golang-x-mod-dev',
    file: '/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog/tlog.go',
    why: 'the record, read by another program',
    of: ['directory'],
  },
  {
    packageName: 'golang-github-transparency-dev-formats-dev',
    file: '/usr/share/gocode/src/github.com/transparency-dev/formats/note/note_cosigv1.go',
    why: 'cosignatures, read by another program',
    of: ['directory'],
  },
  {
    packageName: 'sigsum-go',
    file: '/usr/bin/sigsum-witness',
    why: 'the record, cosigned by another witness',
    of: ['directory'],
  },
  { packageName: 'qemu-system-x86', file: '/usr/bin/qemu-system-x86_64', why: 'a laptop', of: ['laptop'] },
  {
    packageName: 'ovmf',
    file: '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd',
    why: 'the firmware of a laptop',
    of: ['laptop'],
  },
  { packageName: 'sbsigntool', file: '/usr/bin/sbsign', why: 'Secure Boot of a laptop', of: ['laptop'] },
  {
    packageName: 'cryptsetup-bin',
    file: '/usr/sbin/cryptsetup',
    why: 'the encrypted disk of a laptop',
    of: ['laptop'],
  },
  { packageName: 'e2fsprogs', file: '/usr/sbin/mke2fs', why: 'the disk of a laptop', of: ['laptop'] },
  {
    packageName: 'firefox-esr',
    file: '/usr/bin/firefox-esr',
    why: 'a real browser with a real add-on',
    of: ['daemon', 'agents'],
  },
]

/** What the suite needs and the machine lacks. */
export function missingPrerequisites(suite: Suite | Family): readonly Prerequisite[] {
  const suites = suitesIn(suite)
  const isNeeded = ({ of = FAMILY_NAMES }: Prerequisite) => of.some((each) => suites.includes(each))
  return TEST_PREREQUISITES.filter((each) => isNeeded(each) && !existsSync(each.file))
}

function suitesIn(suite: Suite | Family): readonly (Suite | Family)[] {
  if (suite === 'deep' || suite === 'all') return FAMILY_NAMES
  return suite === 'installed' ? ['installed', 'packages'] : [suite]
}

/** Installs missing packages as root on Debian. Otherwise prints their names. Tests that lack one are skipped with the reason. */
export async function installTestPrerequisites(suite: Suite | Family, say: (line: string) => void): Promise<void> {
  const missing = missingPrerequisites(suite)
  if (missing.length === 0) return
  const names = missing.map(({ packageName }) => packageName)
  if (!(await canInstallPackages())) {
    say('Missing for a full run (installed automatically as root on Debian):')
    for (const { packageName, why } of missing) say(`  ${packageName.padEnd(12)} ${why}`)
    say(`Install them with: apt-get install ${names.join(' ')}`)
    return
  }
  say(`Installing from Debian: ${names.join(' ')}`)
  await updatePackageLists()
  // One by one on failure, so that an unavailable package costs only its own tests.
  if (!(await installPackages(names))) for (const name of names) await installPackages([name])
  for (const { packageName, why } of missingPrerequisites(suite)) {
    say(`Could not install ${packageName}. Not tested: ${why}`)
  }
}
