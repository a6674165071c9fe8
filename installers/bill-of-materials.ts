import { LICENSE_NAME } from './description.ts'
import { directDependencies, idOf, isRuntime, type LockFile, type NpmPackage, npmPackages } from './npm-packages.ts'

/**
 * What the packages contain, as CycloneDX: packages of npm, Node, and the libraries inside Node. `npm sbom` is not used: without
 * development it leaves out what both development and the programs need, and it names the project after its folder.
 */
export interface BillInit {
  readonly lock: LockFile
  readonly version: string
  /** Seconds since 1970. */
  readonly epoch: number
  /** `process.versions` of the Node that is packed. */
  readonly runtime: Readonly<Record<string, string | undefined>>
}

/** Names of vendor and product by which advisories know a library. */
const ADVISORY_NAMES: Readonly<Record<string, string>> = {
  node: 'nodejs:node.js',
  openssl: 'openssl:openssl',
  sqlite: 'sqlite:sqlite',
  zlib: 'zlib:zlib',
  nghttp2: 'nghttp2:nghttp2',
  uv: 'libuv:libuv',
}
/** These are versions of interfaces and tables, not of libraries. */
const NO_LIBRARIES = ['node', 'modules', 'napi', 'unicode', 'cldr', 'tz']

export function billOfMaterials({ lock, version, epoch, runtime }: BillInit): string {
  const all = npmPackages(lock)
  const packages = all.filter((one) => !isRuntime(one))
  const node = nodeOf(all.filter(isRuntime), runtime.node)
  const libraries = Object.entries(runtime).flatMap(([name, its = '']) =>
    NO_LIBRARIES.includes(name) || its === '' ? [] : [generic('library', name, its)],
  )
  const project = {
    'bom-ref': `surety@${version}`,
    type: 'application',
    name: 'surety',
    version,
    purl: `pkg:generic/surety@${version}`,
    licenses: [{ license: { id: LICENSE_NAME } }],
  }
  const known = new Set(packages.map(idOf))
  const onlyKnown = (ids: readonly string[]) => ids.filter((id) => known.has(id))
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { timestamp: new Date(epoch * 1000).toISOString(), component: project },
    components: [node, ...libraries, ...packages.map(ofNpm)],
    dependencies: [
      { ref: project['bom-ref'], dependsOn: [node['bom-ref'], ...onlyKnown(directDependencies(lock))] },
      { ref: node['bom-ref'], dependsOn: libraries.map((one) => one['bom-ref']) },
      ...packages.map((one) => ({ ref: idOf(one), dependsOn: onlyKnown(one.dependsOn) })),
    ],
  }
  return `${JSON.stringify(bill, undefined, 2)}\n`
}

function nodeOf(runtimes: readonly NpmPackage[], running: string | undefined) {
  const versions = new Set(runtimes.map(({ version }) => version))
  const [version = ''] = versions
  if (versions.size !== 1 || version !== running)
    throw new Error(`the packages of Node have the versions ${[...versions].join(', ')}, and this is ${running}`)
  const [{ license } = { license: '' }] = runtimes
  return { ...generic('application', 'node', version), licenses: [{ license: { id: license } }] }
}

function generic(type: 'application' | 'library', name: string, version: string) {
  const advisoryName = ADVISORY_NAMES[name]
  const [digits] = /^[\d.]*\d/.exec(version) ?? []
  return {
    'bom-ref': `node:${name}@${version}`,
    type,
    name,
    version,
    purl: `pkg:generic/${name}@${encodeURIComponent(version)}`,
    ...(advisoryName === undefined || digits === undefined
      ? {}
      : { cpe: `cpe:2.3:a:${advisoryName}:${digits}:*:*:*:*:*:*:*` }),
  }
}

function ofNpm(one: NpmPackage) {
  const { name, version, license, sha512 } = one
  return {
    'bom-ref': idOf(one),
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name.replace(/^@/, '%40')}@${version}`,
    licenses: [/ |\(/.test(license) ? { expression: license } : { license: { id: license } }],
    hashes: [{ alg: 'SHA-512', content: sha512 }],
  }
}
