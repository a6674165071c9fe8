import { platformName } from '../system/platform/this-platform.ts'
import type { PlatformName } from '../system/platform.ts'

/**
 * Variables that the runtime and its libraries obey before our first line runs: code to load, certificates to trust, proxies,
 * files to write. A daemon that runs as root does not accept them from its caller.
 */
const REFUSED: readonly RegExp[] = [
  // NODE_OPTIONS, NODE_PATH, NODE_EXTRA_CA_CERTS, NODE_TLS_REJECT_UNAUTHORIZED, NODE_COMPILE_CACHE, NODE_DEBUG …
  /^NODE_(?!ENV$)/,
  /^(LD|GLIBC|MALLOC|GCONV|OPENSSL|SSL|UV|RES|RESOLV)_/,
  /^(SSLKEYLOGFILE|LOCPATH|NLSPATH|HOSTALIASES|LOCALDOMAIN|TMPDIR)$/,
  /^(HTTPS?|ALL|NO)_PROXY$/i,
]
/** Windows always sets these, for services from a key of the registry that only administrators may write. */
const REFUSED_ON_UNIX = /^(TEMP|TMP)$/

type Environment = Readonly<Record<string, string | undefined>>

/** The names of variables that the daemon does not accept, sorted. */
export function refusedVariables(
  environment: Environment = process.env,
  system: PlatformName = platformName(),
): readonly string[] {
  return Object.keys(environment)
    .filter((name) => isRefused(name, system))
    .toSorted()
}

function isRefused(name: string, system: PlatformName): boolean {
  // Names of variables have no case there.
  if (system === 'windows') return REFUSED.some((pattern) => pattern.test(name.toUpperCase()))
  return [...REFUSED, REFUSED_ON_UNIX].some((pattern) => pattern.test(name))
}

/** `environment` without the refused variables. */
export function withoutRefused(environment: Environment = process.env): Readonly<Record<string, string>> {
  const refused = new Set(refusedVariables(environment))
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || refused.has(name) ? [] : [[name, value]],
    ),
  )
}

/** `JOURNAL_STREAM` of systemd: which stream leads to the journal. */
export function journalStream(environment: Environment = process.env): string | undefined {
  return environment.JOURNAL_STREAM
}
