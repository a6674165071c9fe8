import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { billOfMaterials } from './bom.ts'
import { cpioArchive } from './cpio.ts'
import { type Entry, entriesOf } from './entries.ts'
import { xarArchive } from './xar.ts'

export const IDENTIFIER = 'org.surety.surety'
/** The oldest macOS that the pinned Node runs on. */
const OLDEST_MACOS = '13.0'
const SCRIPTS = join(import.meta.dirname, 'scripts')
const COMPONENT = 'surety.pkg'

export interface PkgInit {
  readonly version: string
  readonly epoch: number
  readonly isCompressed: boolean
}

/** @param staged a folder that stands for `/`. @returns the path of the package in `out`. @throws for a version that is none. */
export function makePkg(staged: string, out: string, { version, epoch, isCompressed }: PkgInit): string {
  requirePkgVersion(version)
  const entries = entriesOf(staged)
  const archive = (what: readonly Entry[]) => gzipSync(cpioArchive(what, epoch), { level: isCompressed ? 9 : 1 })
  const scripts: readonly Entry[] = [
    { path: '.', isFolder: true, mode: 0o040755, content: new Uint8Array() },
    ...['postinstall', 'preinstall'].map((name) => ({
      path: `./${name}`,
      isFolder: false,
      mode: 0o100755,
      content: Buffer.from(readFileSync(join(SCRIPTS, name), 'utf8').replaceAll('@VERSION@', version)),
    })),
  ]
  const bytes = entries.reduce((sum, { content }) => sum + content.length, 0)
  const members = [
    { name: 'Distribution', content: Buffer.from(distributionText(version, bytes)) },
    { name: `${COMPONENT}/Bom`, content: billOfMaterials(entries, epoch) },
    { name: `${COMPONENT}/PackageInfo`, content: Buffer.from(packageInfoText(version, entries.length, bytes)) },
    { name: `${COMPONENT}/Payload`, content: archive(entries) },
    { name: `${COMPONENT}/Scripts`, content: archive(scripts) },
  ]
  const path = join(out, `surety-${version}-arm64.pkg`)
  writeFileSync(path, xarArchive(members, epoch))
  return path
}

/** macOS compares up to three numbers. It takes any other text, and then every version for the same. */
export function requirePkgVersion(version: string): void {
  if (!/^\d{1,5}(\.\d{1,5}){1,2}$/.test(version)) throw new Error(`${version} is no version of macOS: give it as 1.2.3`)
}

function packageInfoText(version: string, count: number, bytes: number): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<pkg-info format-version="2" identifier="${IDENTIFIER}" version="${version}" install-location="/" auth="root" overwrite-permissions="true" relocatable="false" postinstall-action="none">
  <payload numberOfFiles="${count}" installKBytes="${Math.ceil(bytes / 1024)}"/>
  <scripts>
    <preinstall file="./preinstall"/>
    <postinstall file="./postinstall"/>
  </scripts>
</pkg-info>
`
}

function distributionText(version: string, bytes: number): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<installer-gui-script minSpecVersion="2">
  <title>Surety</title>
  <options customize="never" require-scripts="true" rootVolumeOnly="true" hostArchitectures="arm64"/>
  <domains enable_anywhere="false" enable_currentUserHome="false" enable_localSystem="true"/>
  <volume-check>
    <allowed-os-versions>
      <os-version min="${OLDEST_MACOS}"/>
    </allowed-os-versions>
  </volume-check>
  <choices-outline>
    <line choice="default"/>
  </choices-outline>
  <choice id="default" title="Surety">
    <pkg-ref id="${IDENTIFIER}"/>
  </choice>
  <pkg-ref id="${IDENTIFIER}" version="${version}" installKBytes="${Math.ceil(bytes / 1024)}" onConclusion="none">#${COMPONENT}</pkg-ref>
</installer-gui-script>
`
}
