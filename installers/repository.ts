import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { runTool } from './run-tool.ts'

export interface RepositoryInit {
  readonly epoch: number
  /** A key of gpg that signs the lists. Without one the repository is for tests: apt needs `[trusted=yes]`. */
  readonly gpgKey?: string | undefined
}

const SUITE = 'stable'

/** A repository for apt, with these packages. Serve the folder over HTTPS. */
export function makeAptRepository(
  folder: string,
  packages: readonly string[],
  { epoch, gpgKey }: RepositoryInit,
): void {
  const pool = join(folder, 'pool')
  const lists = join(folder, 'dists', SUITE)
  const binary = join(lists, 'main/binary-amd64')
  mkdirSync(pool, { recursive: true })
  mkdirSync(binary, { recursive: true })
  const entries = packages.map((path) => {
    copyFileSync(path, join(pool, basename(path)))
    const fields = runTool('/usr/bin/dpkg-deb', ['--field', path]).trimEnd()
    const name = `pool/${basename(path)}`
    return `${fields}\nFilename: ${name}\nSize: ${statSync(path).size}\nSHA256: ${sha256(readFileSync(path))}\n`
  })
  const list = entries.join('\n')
  const files = { Packages: Buffer.from(list), 'Packages.gz': gzipSync(list, { level: 9 }) }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(binary, name), content)
  const sums = Object.entries(files).map(
    ([name, content]) => ` ${sha256(content)} ${content.length} main/binary-amd64/${name}`,
  )
  const release = [
    ...[
      'Origin: Surety',
      'Label: Surety',
      `Suite: ${SUITE}`,
      `Codename: ${SUITE}`,
      'Architectures: amd64',
      'Components: main',
    ],
    `Date: ${new Date(epoch * 1000).toUTCString().replace('GMT', 'UTC')}`,
    'SHA256:',
    ...sums,
    '',
  ].join('\n')
  writeFileSync(join(lists, 'Release'), release)
  if (gpgKey === undefined) return
  exportKey(folder, gpgKey)
  const sign = ['--batch', '--yes', '--local-user', gpgKey, '--digest-algo', 'SHA512']
  const env = gpgEnvironment()
  runTool('/usr/bin/gpg', [...sign, '--clearsign', '--output', join(lists, 'InRelease'), join(lists, 'Release')], {
    env,
  })
  runTool(
    '/usr/bin/gpg',
    [...sign, '--armor', '--detach-sign', '--output', join(lists, 'Release.gpg'), join(lists, 'Release')],
    { env },
  )
}

/** A repository for dnf and zypper. */
export function makeRpmRepository(
  folder: string,
  packages: readonly string[],
  { epoch, gpgKey }: RepositoryInit,
): void {
  mkdirSync(folder, { recursive: true })
  for (const path of packages) {
    copyFileSync(path, join(folder, basename(path)))
    // The lists hold it.
    utimesSync(join(folder, basename(path)), epoch, epoch)
  }
  runTool(
    '/usr/bin/createrepo_c',
    ['--quiet', '--set-timestamp-to-revision', `--revision=${epoch}`, '--no-database', folder],
    {
      env: { SOURCE_DATE_EPOCH: String(epoch) },
    },
  )
  if (gpgKey === undefined) return
  exportKey(folder, gpgKey)
  const list = join(folder, 'repodata/repomd.xml')
  const sign = ['--batch', '--yes', '--local-user', gpgKey, '--armor', '--detach-sign', '--output', `${list}.asc`, list]
  runTool('/usr/bin/gpg', sign, { env: gpgEnvironment() })
}

/** Signs packages in place. By default dnf refuses unsigned ones. */
export function signRpms(paths: readonly string[], gpgKey: string): void {
  if (paths.length === 0) return
  runTool('/usr/bin/rpmsign', ['--addsign', '--define', `_gpg_name ${gpgKey}`, ...paths], { env: gpgEnvironment() })
}

/** What machines trust, beside the lists. */
function exportKey(folder: string, gpgKey: string): void {
  const key = runTool('/usr/bin/gpg', ['--batch', '--armor', '--export', gpgKey], { env: gpgEnvironment() })
  if (key === '') throw new Error(`gpg has no key ${gpgKey}`)
  writeFileSync(join(folder, 'surety.asc'), key)
}

function gpgEnvironment(): Readonly<Record<string, string>> {
  const { GNUPGHOME, HOME } = process.env
  return { ...(GNUPGHOME === undefined ? {} : { GNUPGHOME }), ...(HOME === undefined ? {} : { HOME }) }
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
