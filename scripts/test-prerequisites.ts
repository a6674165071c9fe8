/** Debian packages that the tests use, and what is not tested without each. */
import { existsSync } from 'node:fs'
import { canInstallPackages, installPackages, updatePackageLists } from './debian-packages.ts'

interface Prerequisite {
  readonly packageName: string
  /** A file of the package. */
  readonly file: string
  readonly why: string
}

const TEST_PREREQUISITES: readonly Prerequisite[] = [
  { packageName: 'swtpm', file: '/usr/bin/swtpm', why: 'the TPM simulator of all TPM tests' },
  { packageName: 'swtpm-tools', file: '/usr/bin/swtpm_setup', why: 'EK certificates for the simulator' },
  { packageName: 'tpm2-tools', file: '/usr/bin/tpm2_quote', why: 'the second opinion on quotes and credentials' },
  { packageName: 'softhsm2', file: '/usr/bin/softhsm2-util', why: 'the PKCS#11 token of the key tests' },
  { packageName: 'gcc', file: '/usr/bin/gcc', why: 'the native addon' },
  { packageName: 'g++', file: '/usr/bin/g++', why: 'pkcs11js' },
  { packageName: 'libc6-dev', file: '/usr/include/stdio.h', why: 'the native addon' },
  { packageName: 'openssl', file: '/usr/bin/openssl', why: 'the benchmark that signatures are compared with' },
  { packageName: 'python3', file: '/usr/bin/python3', why: 'its strict checks of certificates' },
  { packageName: 'curl', file: '/usr/bin/curl', why: 'the documented commands that fetch evidence' },
  { packageName: 'jq', file: '/usr/bin/jq', why: 'the documented commands that fetch evidence' },
  { packageName: 'sqlite3', file: '/usr/bin/sqlite3', why: 'the documented backup' },
  { packageName: 'nftables', file: '/usr/sbin/nft', why: 'firewall rules as the kernel prints them' },
  { packageName: 'procps', file: '/usr/bin/ps', why: 'the comparison for process scans' },
  { packageName: 'shellcheck', file: '/usr/bin/shellcheck', why: 'scripts for device managements' },
  { packageName: 'ansible-core', file: '/usr/bin/ansible-playbook', why: 'the role for Ansible' },
  { packageName: 'libxml2-utils', file: '/usr/bin/xmllint', why: 'templates and profiles for device managements' },
  { packageName: 'zsh', file: '/usr/bin/zsh', why: 'its completion' },
  { packageName: 'fish', file: '/usr/bin/fish', why: 'its completion' },
  { packageName: 'tmux', file: '/usr/bin/tmux', why: 'real agents in a terminal' },
  { packageName: 'iproute2', file: '/usr/sbin/ip', why: 'real agents in a network of their own' },
  { packageName: 'util-linux', file: '/usr/bin/setpriv', why: 'real agents with the rights of ordinary users' },
  {
    packageName: 'python3-cryptography',
    file: '/usr/lib/python3/dist-packages/cryptography/__init__.py',
    why: 'a second implementation of the protocol, in Python',
  },
  { packageName: 'mmdebstrap', file: '/usr/bin/mmdebstrap', why: 'surety fix on a new Debian' },
  { packageName: 'systemd-container', file: '/usr/bin/systemd-nspawn', why: 'surety fix on a new Debian' },
  { packageName: 'rpm', file: '/usr/bin/rpmbuild', why: 'the packages for Fedora and its like' },
  { packageName: 'createrepo-c', file: '/usr/bin/createrepo_c', why: 'the repository for dnf' },
  { packageName: 'lintian', file: '/usr/bin/lintian', why: 'the rules of Debian for packages' },
  { packageName: 'rpmlint', file: '/usr/bin/rpmlint', why: 'the rules of Fedora for packages' },
  { packageName: 'msitools', file: '/usr/bin/msibuild', why: 'the package for Windows' },
  { packageName: 'gcab', file: '/usr/bin/gcab', why: 'the package for Windows' },
  { packageName: 'osslsigncode', file: '/usr/bin/osslsigncode', why: 'its signature' },
  { packageName: 'wine', file: '/usr/bin/wine', why: 'the sources for Windows, with its own Node' },
  { packageName: 'wine64', file: '/usr/lib/wine/wine64', why: 'the sources for Windows' },
  { packageName: 'gcc-mingw-w64-x86-64-win32', file: '/usr/bin/x86_64-w64-mingw32-gcc', why: 'the addon for Windows' },
  { packageName: 'clang-19', file: '/usr/bin/clang-19', why: 'the addon for macOS' },
  { packageName: 'lld-19', file: '/usr/bin/ld64.lld-19', why: 'the addon for macOS' },
  { packageName: 'llvm-19', file: '/usr/bin/llvm-lipo-19', why: 'the addon for macOS' },
  { packageName: 'g++-mingw-w64-x86-64-win32', file: '/usr/bin/x86_64-w64-mingw32-g++', why: 'pkcs11js for Windows' },
  { packageName: 'xar', file: '/usr/bin/xar', why: 'the package for macOS, read by another program' },
  { packageName: 'cpio', file: '/usr/bin/cpio', why: 'the package for macOS, read by another program' },
  {
    packageName: 'libgnustep-gui-dev',
    file: '/usr/include/x86_64-linux-gnu/GNUstep/AppKit/AppKit.h',
    why: 'the icon of macOS, run with GNUstep',
  },
  {
    packageName: 'libobjc-14-dev',
    file: '/usr/lib/gcc/x86_64-linux-gnu/14/include/objc/objc.h',
    why: 'the icon of macOS, run with GNUstep',
  },
  {
    packageName: 'gnustep-back0.32-cairo',
    file: '/usr/lib/x86_64-linux-gnu/GNUstep/Bundles/libgnustep-cairo-032.bundle',
    why: 'the icon of macOS, run with GNUstep',
  },
  { packageName: 'xvfb', file: '/usr/bin/Xvfb', why: 'the icon of macOS, run with GNUstep' },
  { packageName: 'chromium', file: '/usr/bin/chromium', why: 'a real browser with a real extension' },
  { packageName: 'firefox-esr', file: '/usr/bin/firefox-esr', why: 'a real browser with a real add-on' },
]

/**
 * Installs missing packages as root on Debian. Otherwise prints what to install.
 *
 * @returns false if a package is still missing. The suites that need it are skipped and say so.
 */
export async function installTestPrerequisites(say: (line: string) => void): Promise<boolean> {
  const missing = TEST_PREREQUISITES.filter(({ file }) => !existsSync(file))
  if (missing.length === 0) return true
  const names = missing.map(({ packageName }) => packageName)
  if (!(await canInstallPackages())) {
    say('Missing for a full run (installed automatically as root on Debian):')
    for (const { packageName, why } of missing) say(`  ${packageName.padEnd(12)} ${why}`)
    say(`Install them with: apt-get install ${names.join(' ')}`)
    return false
  }
  say(`Installing from Debian: ${names.join(' ')}`)
  await updatePackageLists()
  // One by one on failure, so that an unavailable package costs only its own tests.
  if (!(await installPackages(names))) for (const name of names) await installPackages([name])
  const stillMissing = TEST_PREREQUISITES.filter(({ file }) => !existsSync(file))
  for (const { packageName, why } of stillMissing) say(`Could not install ${packageName}. Not tested: ${why}`)
  return stillMissing.length === 0
}
