import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LICENSE_NAME, MAINTAINER, type PackageDescription } from './description.ts'
import { runTool } from './run-tool.ts'

/** Node is linked to these libraries. Distributions name the packages differently, and the libraries alike. */
const REQUIRES = ['libc.so.6(GLIBC_2.28)', 'libatomic.so.1()', 'libgcc_s.so.1()', 'libstdc++.so.6()'].map(
  (library) => `${library}(64bit)`,
)

export interface RpmInit {
  readonly version: string
  readonly epoch: number
  readonly compression: 'gzip' | 'xz'
}

/** @param staged by `stagePackage`. @returns the path of the package in `out`. */
export function makeRpm(staged: string, out: string, described: PackageDescription, init: RpmInit): string {
  const folder = mkdtempSync(join(tmpdir(), 'surety-rpm-'))
  try {
    const root = join(folder, 'root')
    cpSync(staged, root, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
    mkdirSync(join(folder, 'top'))
    writeFileSync(join(folder, 'package.spec'), specText(root, described, init))
    const defines = {
      _topdir: join(folder, 'top'),
      _rpmdir: folder,
      _buildhost: 'surety',
      _build_id_links: 'none',
      use_source_date_epoch_as_buildtime: '1',
      clamp_mtime_to_source_date_epoch: '1',
      _binary_payload: init.compression === 'gzip' ? 'w1.gzdio' : 'w6.xzdio',
      __os_install_post: '%{nil}',
      debug_package: '%{nil}',
      // What the programs need is named below: rpm would ask for the interpreters of scripts as well.
      _use_internal_dependency_generator: '0',
    }
    const args = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`])
    runTool(
      '/usr/bin/rpmbuild',
      ['-bb', '--target', 'x86_64', '--buildroot', join(folder, 'build'), ...args, join(folder, 'package.spec')],
      {
        env: { SOURCE_DATE_EPOCH: String(init.epoch), HOME: folder },
      },
    )
    const [name = ''] = readdirSync(join(folder, 'x86_64'))
    const path = join(out, name)
    renameSync(join(folder, 'x86_64', name), path)
    return path
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function specText(
  root: string,
  { name, summary, description, unit, files: described, beforeRemoval }: PackageDescription,
  { version, epoch }: RpmInit,
) {
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
  const below = (folder: string) => `/${folder.slice(root.length + 1)}`
  const listed = files
    .filter((entry) => !entry.isDirectory())
    .map((entry) => `${below(entry.parentPath)}/${entry.name}`)
    .sort()
  const own = new Set([`/usr/lib/${name}`, `/usr/share/doc/${name}`, '/etc/surety'])
  const folders = files
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${below(entry.parentPath).replace(/^\/$/, '')}/${entry.name}`)
    .filter((path) => path.startsWith(`/usr/lib/${name}/`) || own.has(path))
    .sort()
  const hasUser = described.some(([, to]) => to.startsWith('/usr/lib/sysusers.d/'))
  const booted = 'if [ -d /run/systemd/system ]; then'
  const versionFile = `/usr/lib/${name}/version`
  return `Name: ${name}
Version: ${version}
Release: 1
Summary: ${summary}
License: ${LICENSE_NAME}
Packager: ${MAINTAINER}
Group: System/Management
AutoReqProv: no
Requires: ${REQUIRES.join(', ')}

%description
${description
  .match(/.{1,76}(?:\s|$)/g)
  ?.map((line) => line.trim())
  .join('\n')}

%install
cp -a ${root}/. %{buildroot}/

%pre
if [ -f ${versionFile} ]; then
  installed=$(cat ${versionFile})
  newest=$(printf '%s\\n' "$installed" ${version} | sort -V | tail -n 1)
  if [ "$newest" != ${version} ]; then
    echo "${name}: version $installed is installed, and ${version} is older: it would not read the state of $installed." >&2
    exit 1
  fi
fi

%post
${hasUser ? `systemd-sysusers ${name}.conf || :\n` : ''}\
systemd-tmpfiles --create ${name}.conf || :
${booted}
  systemctl daemon-reload
  if [ $1 -eq 1 ]; then systemctl enable --now --quiet ${unit}; fi
fi

%preun
if [ $1 -eq 0 ] && [ -d /run/systemd/system ]; then
${beforeRemoval === undefined ? '' : `  ${beforeRemoval}\n`}\
  systemctl disable --now --quiet ${unit}
fi

%postun
${booted}
  systemctl daemon-reload
  if [ $1 -ge 1 ]; then systemctl try-restart ${unit}; fi
fi

%files
${folders.map((path) => `%dir %attr(0755, root, root) "${path}"`).join('\n')}
${listed.map((path) => `${path.startsWith('/etc/') ? '%config(noreplace) ' : ''}%attr(-, root, root) "${path}"`).join('\n')}

%changelog
* ${new Date(epoch * 1000).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) .*$/, '$1 $3 $2 $4')} ${MAINTAINER} - ${version}-1
- See the documentation of the project.
`
}
