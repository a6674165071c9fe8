import { codeOf } from '../../../base/errors.ts'
import { STATE_QUERIES } from '../../../system/program/query-commands.ts'
import { type CheckOutcome, counted, fail, listed, pass, unknown } from '../../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../../components.ts'
import { readOsRelease } from '../../os-release.ts'
import { parseAptSimulation } from '../../parsers/os/apt-simulation.ts'
import { parseDnfUpdateinfo } from '../../parsers/os/dnf-updateinfo.ts'
import { parseReleaseDate } from '../../parsers/os/release-date.ts'
import { listOptional, readOptional } from '../../read-optional.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** Security archives are published at least once a week, so an older list was not fetched. */
const STALE_AFTER_MS = 7 * DAY_MS
const APT_LISTS = '/var/lib/apt/lists'
const RELEASE_BYTES = 2 * 1024 * 1024
const OUTPUT_BYTES = 4 * 1024 * 1024

/** `os.security-updates`: none is waiting. Asks the package lists this machine already has; nothing is fetched. */
export async function checkSecurityUpdates(
  components: PostureComponents,
  context: CheckContext,
): Promise<CheckOutcome> {
  if ((await listOptional(components.files, '/var/lib/dpkg')) !== undefined) return aptUpdates(components, context)
  const release = await readOsRelease(components.files)
  const family = [release.get('ID') ?? '', ...(release.get('ID_LIKE') ?? '').split(' ')]
  if (family.some((id) => ['fedora', 'rhel', 'centos'].includes(id))) return dnfUpdates(components, context)
  return unknown(`how ${release.get('PRETTY_NAME') ?? 'this system'} names security updates is not known to this check`)
}

async function aptUpdates(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const { clock } = components
  const publishedMs = await recalled(components, 'published', () => newestSecurityList(components, context))
  if (publishedMs === undefined) {
    return unknown(
      'there is no package list of a security archive: either none is configured or the lists were never fetched',
    )
  }
  const day = new Date(publishedMs).toISOString().slice(0, 10)
  if (clock.now() - publishedMs > STALE_AFTER_MS) {
    const age = Math.floor((clock.now() - publishedMs) / DAY_MS)
    return unknown(`the security package list is ${age} days old (of ${day}), so newer updates would not be seen`)
  }
  let fault = 'the answer of apt-get was not understood'
  const simulation = await recalled(components, 'upgrade', async () => {
    const { exitCode, stdout } = await simulateUpgrade(components, context)
    if (exitCode === 0) return parseAptSimulation(stdout)
    fault = `apt-get could not work out the upgrade (exit ${exitCode}): its packages may be broken`
    return undefined
  })
  if (simulation === undefined) return unknown(fault)
  const { security, others, keptBack } = simulation
  if (security.length > 0) {
    return fail(
      `${counted(security.length, 'package')} with security updates waiting: ${listed(security)} (package list of ${day}).`,
    )
  }
  if (keptBack > 0) {
    return unknown(
      `${counted(keptBack, 'upgrade')} held back; apt does not say whether security updates are among them`,
    )
  }
  const rest = others.length > 0 ? ` ${counted(others.length, 'other update')} waiting.` : ''
  return pass(`No security update is waiting (package list of ${day}).${rest}${await restartNote(components)}`)
}

async function recalled<T>(
  components: PostureComponents,
  name: string,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { aptAnswers } = components
  return aptAnswers === undefined ? await ask() : await aptAnswers.recall(components, name, ask)
}

function simulateUpgrade({ commands }: PostureComponents, { signal, timeoutMs }: CheckContext) {
  const [aptGet, ...args] = STATE_QUERIES.upgrades
  return commands.run(aptGet, args, { timeoutMs, signal, maxOutputBytes: OUTPUT_BYTES })
}

/**
 * Milliseconds since 1970 of the newest publication. Debian and Ubuntu put security updates into suites named
 * `…-security`. A list left over from a source that is no longer configured does not count: apt would not use it.
 */
async function newestSecurityList(
  { files, commands }: PostureComponents,
  { signal, timeoutMs }: CheckContext,
): Promise<number | undefined> {
  const [aptGet, ...args] = STATE_QUERIES.packageLists
  const { exitCode, stdout } = await commands.run(aptGet, args, { timeoutMs, signal, maxOutputBytes: OUTPUT_BYTES })
  const targets = exitCode === 0 ? stdout.split('\n') : []
  let newest: number | undefined
  for (const { name } of (await listOptional(files, APT_LISTS)) ?? []) {
    const [, archive] = /^(.*_dists_[^_]*-security_(?:.*_)?)(?:In)?Release$/.exec(name) ?? []
    if (archive === undefined || !targets.some((target) => target.startsWith(`${APT_LISTS}/${archive}`))) continue
    const text = await readOptional(files, `${APT_LISTS}/${name}`, RELEASE_BYTES)
    const publishedMs = text === undefined ? undefined : parseReleaseDate(text)
    if (publishedMs !== undefined && publishedMs > (newest ?? 0)) newest = publishedMs
  }
  return newest
}

async function restartNote({ files }: PostureComponents): Promise<string> {
  const restart = await readOptional(files, '/run/reboot-required')
  return restart === undefined ? '' : ' A restart is needed for updates that are already installed.'
}

async function dnfUpdates(components: PostureComponents, { signal, timeoutMs }: CheckContext): Promise<CheckOutcome> {
  const publishedMs = await newestDnfMetadata(components)
  if (publishedMs === undefined) return unknown('dnf has no package lists on disk, or they do not say how old they are')
  const day = new Date(publishedMs).toISOString().slice(0, 10)
  if (components.clock.now() - publishedMs > STALE_AFTER_MS) {
    return unknown(`the newest package list of dnf is of ${day}, so newer updates would not be seen`)
  }
  const [dnf, ...args] = STATE_QUERIES.securityUpdates
  const { exitCode, stdout } = await components.commands.run(dnf, args, {
    timeoutMs,
    signal,
    maxOutputBytes: OUTPUT_BYTES,
  })
  const packages = exitCode === 0 ? parseDnfUpdateinfo(stdout) : undefined
  if (packages === undefined) return unknown(`the answer of dnf was not understood (exit ${exitCode})`)
  return packages.length > 0
    ? fail(
        `${counted(packages.length, 'package')} with security updates waiting: ${listed(packages)} (package list of ${day}).`,
      )
    : pass(`No security update is waiting (package list of ${day}).`)
}

/** createrepo writes the moment of publication as `<revision>`, in seconds. */
async function newestDnfMetadata({ files }: PostureComponents): Promise<number | undefined> {
  let newest: number | undefined
  for (const cache of ['/var/cache/libdnf5', '/var/cache/dnf']) {
    for (const { name, kind } of (await listOptional(files, cache)) ?? []) {
      if (kind !== 'directory') continue
      const text = await readRepomd(files, `${cache}/${name}/repodata/repomd.xml`)
      const [, seconds] = /<revision>(\d{9,11})<\/revision>/.exec(text ?? '') ?? []
      if (seconds !== undefined && Number(seconds) * 1000 > (newest ?? 0)) newest = Number(seconds) * 1000
    }
  }
  return newest
}

async function readRepomd(files: PostureComponents['files'], path: string): Promise<string | undefined> {
  try {
    return await readOptional(files, path)
  } catch (error) {
    // One repository that cannot be read must not hide the others.
    if (codeOf(error) === 'FILE_UNREADABLE' || codeOf(error) === 'FILE_TOO_LARGE') return undefined
    throw error
  }
}
