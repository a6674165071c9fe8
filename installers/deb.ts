import { chmodSync, lutimesSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MAINTAINER, type PackageDescription } from './description.ts'
import { runTool } from './run-tool.ts'

/** Node is linked to these libraries; 2.28 is the oldest glibc that it takes. */
const DEPENDS = 'libc6 (>= 2.28), libatomic1, libgcc-s1, libstdc++6, init-system-helpers (>= 1.54), systemd'

export interface DebInit {
  readonly version: string
  readonly epoch: number
  /** `gzip` is fast, `xz` is small. */
  readonly compression: 'gzip' | 'xz'
}

/** @param staged by `stagePackage`. @returns the path of the package in `out`. */
export function makeDeb(staged: string, out: string, described: PackageDescription, init: DebInit): string {
  const control = join(staged, 'DEBIAN')
  mkdirSync(control)
  const scripts = maintainerScripts(described, init.version)
  const settings = described.files.map(([, to]) => to).filter((to) => to.startsWith('/etc/'))
  const files = {
    control: controlText(staged, described, init.version),
    ...scripts,
    ...(settings.length === 0 ? {} : { conffiles: `${settings.join('\n')}\n` }),
  }
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(control, name), text)
    chmodSync(join(control, name), name in scripts ? 0o755 : 0o644)
    lutimesSync(join(control, name), init.epoch, init.epoch)
  }
  lutimesSync(control, init.epoch, init.epoch)
  const path = join(out, `${described.name}_${init.version}_amd64.deb`)
  const level = init.compression === 'gzip' ? '-z1' : '-z6'
  runTool('/usr/bin/dpkg-deb', ['--root-owner-group', `-Z${init.compression}`, level, '--build', staged, path], {
    env: { SOURCE_DATE_EPOCH: String(init.epoch) },
  })
  rmSync(control, { recursive: true })
  return path
}

function controlText(staged: string, { name, summary, description }: PackageDescription, version: string): string {
  return [
    `Package: ${name}`,
    `Version: ${version}`,
    'Architecture: amd64',
    `Maintainer: ${MAINTAINER}`,
    `Installed-Size: ${Math.ceil(sizeOf(staged) / 1024)}`,
    `Depends: ${DEPENDS}`,
    'Section: admin',
    'Priority: optional',
    `Description: ${summary}`,
    ...wrapped(description).map((line) => ` ${line}`),
    '',
  ].join('\n')
}

function sizeOf(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, each) => sum + statSync(join(each.parentPath, each.name)).size, 0)
}

function wrapped(text: string): readonly string[] {
  return text.match(/.{1,76}(?:\s|$)/g)?.map((line) => line.trim()) ?? []
}

/**
 * An older version is refused: it would not read the state of a newer one. The unit is enabled once, and stays as the administrator
 * set it. Agents that are stopped stay stopped when the package goes: a stop is an order, and ends by one.
 */
function maintainerScripts({ name, unit, data, files, beforeRemoval }: PackageDescription, version: string) {
  const hasUser = files.some(([, to]) => to.startsWith('/usr/lib/sysusers.d/'))
  const booted = 'if [ -d /run/systemd/system ]; then'
  const head = '#!/bin/sh\nset -e\n'
  return {
    preinst: `${head}
# Also after a removal, which keeps the state.
if [ -n "$2" ] && dpkg --compare-versions "$2" gt ${version}; then
  echo "${name}: version $2 was installed, and ${version} is older: it would not read the state of $2." >&2
  echo "${name}: to go back anyway, purge the package first. The device then enrols again." >&2
  exit 1
fi
`,
    postinst: `${head}
if [ "$1" = configure ]; then
${hasUser ? `  systemd-sysusers ${name}.conf\n` : ''}\
  systemd-tmpfiles --create ${name}.conf
  deb-systemd-helper unmask ${unit} > /dev/null
  if deb-systemd-helper --quiet was-enabled ${unit}; then deb-systemd-helper enable ${unit} > /dev/null
  else deb-systemd-helper update-state ${unit} > /dev/null; fi
  ${booted}
    systemctl daemon-reload
    # A package that is not configured would keep apt from installing anything else.
    if [ -n "$2" ]; then action=restart; else action=start; fi
    deb-systemd-invoke $action ${unit} || echo "${name}: ${unit} did not start: journalctl -u ${unit}" >&2
  fi
fi
`,
    prerm: `${head}
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
${beforeRemoval === undefined ? '' : `  ${beforeRemoval}\n`}\
  deb-systemd-invoke stop ${unit}
fi
`,
    postrm: `${head}
if [ "$1" = remove ] || [ "$1" = purge ]; then
  if [ "$1" = remove ] && command -v deb-systemd-helper > /dev/null; then deb-systemd-helper mask ${unit} > /dev/null; fi
  if [ "$1" = purge ]; then
    if command -v deb-systemd-helper > /dev/null; then
      deb-systemd-helper purge ${unit} > /dev/null
      deb-systemd-helper unmask ${unit} > /dev/null
    fi
    rm -rf ${data.join(' ')}
    rmdir /etc/surety 2> /dev/null || true
  fi
  ${booted} systemctl daemon-reload; fi
fi
`,
  }
}
