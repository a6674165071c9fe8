import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { type Benchmark, rounded } from './benchmark.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const ROOT = resolve(import.meta.dirname, '..')
const MIB = 1024 * 1024
const ask = (program: string, ...args: readonly string[]) =>
  execFileSync(program, args, { encoding: 'utf8', maxBuffer: 64 * MIB })

/** Bytes on the disk once it is installed, as the package says itself. */
const INSTALLED: Readonly<Record<string, (path: string) => number>> = {
  deb: (path) => Number(ask('/usr/bin/dpkg-deb', '--field', path, 'Installed-Size')) * 1024,
  rpm: (path) => Number(ask('/usr/bin/rpm', '-qp', '--queryformat', '%{SIZE}', path)),
  msi: (path) =>
    ask('/usr/bin/msiinfo', 'export', path, 'File')
      .split('\n')
      .slice(3)
      .reduce((sum, row) => sum + Number(row.split('\t')[3] ?? 0), 0),
  pkg: (path) => Number(/installKBytes="(\d+)"/.exec(packageInfo(path))?.[1]) * 1024,
}

function packageInfo(path: string): string {
  using folder = temporaryBenchFolder()
  ask('/usr/bin/xar', '-x', '-f', path, '-C', folder.path)
  const [found = ''] = readdirSync(folder.path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('PackageInfo'),
  )
  return readFileSync(join(folder.path, found), 'utf8')
}

export const packageSize: Benchmark = {
  name: 'package-size',
  about: 'size of each package to download, and of what it installs',
  unit: 'MiB',
  limit: 'none; compared with what is installed, of which Node is most',
  async run(report) {
    using folder = temporaryBenchFolder()
    const out = join(folder.path, 'packages')
    ask(process.execPath, '--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/package.ts'), '--out', out)
    // The folders of the repositories have no ending.
    for (const name of readdirSync(out).sort()) {
      const installedBytes = INSTALLED[extname(name).slice(1)]?.(join(out, name))
      if (installedBytes === undefined) continue
      const bytes = statSync(join(out, name)).size
      report({
        name: `package-size-${name.replace(/[-_]\d+\.\d+\.\d+.*\./, '-')}`,
        value: rounded(bytes / MIB),
        unit: 'MiB',
        ratio: rounded(bytes / installedBytes),
        against: `installed, ${rounded(installedBytes / MIB)} MiB`,
      })
    }
  },
}
