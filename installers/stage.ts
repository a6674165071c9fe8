import {
  chmodSync,
  copyFileSync,
  cpSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { completionScript, SHELLS } from '../src/command-line/completion-commands.ts'
import { MAINTAINER, type PackageDescription, ROOT } from './description.ts'
import { muslNotice, thirdPartyNotices } from './notices.ts'
import { runTool } from './run-tool.ts'

const COMPLETION_FILES = {
  bash: (command: string) => `/usr/share/bash-completion/completions/${command}`,
  zsh: (command: string) => `/usr/share/zsh/vendor-completions/_${command}`,
  fish: (command: string) => `/usr/share/fish/vendor_completions.d/${command}.fish`,
} as const

export interface StageInit {
  /** What `npm run build` wrote. */
  readonly built: string
  /** Node for the target. */
  readonly runtime: string
  readonly version: string
  /** Seconds since 1970 for all files. */
  readonly epoch: number
}

/** Lays out in `folder` all that a package installs, with the modes that it has there. */
export function stagePackage(folder: string, described: PackageDescription, init: StageInit): void {
  const home = `/usr/lib/${described.name}`
  const put = (to: string, content: string | Uint8Array, mode = 0o644) => {
    mkdirSync(dirname(join(folder, to)), { recursive: true })
    writeFileSync(join(folder, to), content)
    chmodSync(join(folder, to), mode)
  }
  mkdirSync(join(folder, home, 'bin'), { recursive: true })
  copyFileSync(init.runtime, join(folder, home, 'bin/node'))
  for (const { built, command, folder: commands } of described.programs) {
    cpSync(join(init.built, built), join(folder, home, built), { recursive: true })
    if (built === 'suretyd') stagePkcs11(join(folder, home, built))
    put(`/usr/${commands}/${command}`, commandText(`${home}/bin/node`, `${home}/${built}/${built}.mjs`), 0o755)
  }
  for (const page of described.manuals) {
    const text = readFileSync(join(ROOT, 'docs/man', page))
    put(`/usr/share/man/man${page.at(-1)}/${page}.gz`, gzipSync(text, { level: 9 }))
  }
  for (const command of described.completions)
    for (const shell of SHELLS) put(COMPLETION_FILES[shell](command), completionScript(shell, command))
  // For the rpm, and for rules of an MDM that ask which version is installed.
  put(`${home}/version`, `${init.version}\n`)
  mkdirSync(join(folder, 'etc/surety'), { recursive: true })
  for (const [from, to] of described.files) put(to, readFileSync(from))
  put(`/usr/share/doc/${described.name}/copyright`, copyrightText())
  const notices = [thirdPartyNotices(), ...(described.name === 'surety' ? [muslNotice()] : [])].join('\n')
  put(`/usr/share/doc/${described.name}/THIRD-PARTY-NOTICES.gz`, gzipSync(notices, { level: 9 }))
  put(`/usr/share/doc/${described.name}/changelog.gz`, gzipSync(changelogText(described.name, init), { level: 9 }))
  put(`/usr/share/lintian/overrides/${described.name}`, overridesText(described.name))
  stripNative(join(folder, home))
  fixModes(folder, init.epoch)
}

/** The only package that is not in the bundle: it is native, and loaded only for keys in a token. */
function stagePkcs11(folder: string): void {
  const [from, to] = [join(ROOT, 'node_modules/pkcs11js'), join(folder, 'node_modules/pkcs11js')]
  for (const name of ['package.json', 'index.js', 'LICENSE', 'build/Release/pkcs11.node']) {
    mkdirSync(dirname(join(to, name)), { recursive: true })
    copyFileSync(join(from, name), join(to, name))
  }
}

function stripNative(home: string): void {
  const native = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.node$|\/bin\/node$|^bin\/node$|\/surety-(exec-gate|canary|hook)$/.test(name),
  )
  for (const name of native) runTool('/usr/bin/strip', ['--strip-unneeded', join(home, name)])
}

/** The daemon refuses code that others can change, and the build may run with any umask. */
function fixModes(folder: string, epoch: number): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory()) chmodSync(path, 0o755)
    else chmodSync(path, isProgram(path) ? 0o755 : 0o644)
    lutimesSync(path, epoch, epoch)
  }
  chmodSync(folder, 0o755)
  lutimesSync(folder, epoch, epoch)
}

function isProgram(path: string): boolean {
  return /\/usr\/s?bin\/|\/bin\/node$|\/surety-(exec-gate|canary|hook)$/.test(path)
}

function commandText(node: string, program: string): string {
  return `#!/bin/sh\nexec ${node} ${program} "$@"\n`
}

function copyrightText(): string {
  return [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    'Upstream-Name: surety',
    '',
    'Files: *',
    'Copyright: 2026 The Surety authors',
    'License: Apache-2.0',
    '',
    'License: Apache-2.0',
    ' On Debian systems, the full text is in /usr/share/common-licenses/Apache-2.0.',
    '',
    'Comment: The licences of Node, of musl and of packages of npm are in THIRD-PARTY-NOTICES.gz.',
    '',
  ].join('\n')
}

function changelogText(name: string, { version, epoch }: StageInit): string {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000')
  return `${name} (${version}) stable; urgency=medium\n\n  * See the documentation of the project.\n\n -- ${MAINTAINER}  ${date}\n`
}

/** Node brings these libraries along, and is built without PIE by its project. The hook is static, which lintian takes for a library. */
function overridesText(name: string): string {
  const node = `[usr/lib/${name}/bin/node]`
  const tags = ['embedded-library mbedtls', 'embedded-library zlib', 'hardening-no-pie'].map((tag) => `${tag} ${node}`)
  const hook = 'shared-library-lacks-prerequisites [usr/lib/surety/suretyd/surety-hook]'
  return [...tags, ...(name === 'surety' ? [hook] : [])].map((tag) => `${name}: ${tag}\n`).join('')
}
