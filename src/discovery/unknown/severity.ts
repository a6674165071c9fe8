import type { ProcessRecord } from '../matching/process-record.ts'
import type { ProgramName } from './program-name.ts'
import type { Reason } from './signals.ts'

/** What makes an agent worse, and nothing an agent: neither weighs anything. */

/** Where npx keeps what it has just fetched, and folders that anybody may write or that downloads land in. */
const FETCHED: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/\/_npx\/[0-9a-f]+\/node_modules\//, 'was fetched by npx'],
  [/\/\.cache\/(uv|pnpm|bunx?)[^/]*\/|\/dlx-[^/]+\/node_modules\//, 'was fetched as it was started'],
  [/^\/(tmp|var\/tmp|dev\/shm)\//, 'lies in a folder for everybody'],
  [/^\/((?:var\/)?home\/[^/]+|root|var\/roothome)\/Downloads\//, 'lies among downloads'],
]

export function fetchedReason({ path }: ProgramName, { executable = '' }: ProcessRecord): Reason | undefined {
  const words = FETCHED.find(([pattern]) => pattern.test(path) || pattern.test(executable))?.[1]
  return words === undefined ? undefined : { name: 'fetched-program', weight: 0, detail: `the program ${words}` }
}

/** Files with secrets of a person; told by these names and no others. */
const CREDENTIALS: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/\/\.ssh\/(id_[a-z0-9_-]+|[^/]+\.pem)$/, 'keys of ssh'],
  [/\/\.aws\/(credentials|config)$|\/\.aws\/(sso|cli)\/cache\//, 'credentials of AWS'],
  [/\/\.config\/gcloud\/|\/\.azure\/|\/\.kube\/config$/, 'credentials of a cloud'],
  [/\/\.(netrc|pgpass|git-credentials|npmrc|pypirc)$|\/\.docker\/config\.json$/, 'credentials of a tool'],
  [
    /\/(Login Data|Cookies)(-journal)?$|\/(key4\.db|logins\.json|cookies\.sqlite)$/,
    'passwords or cookies of a browser',
  ],
  [/\/\.gnupg\/private-keys|\/keyrings\/[^/]+\.keyring$/, 'a keyring'],
  [/\/\.env(\.[a-z]+)?$/, 'a file of secret variables'],
]

/** What all of them have in their paths: a command line is mostly none. */
const LOOKS_LIKE =
  /\.(ssh|aws|config|azure|kube|netrc|pgpass|git-credentials|npmrc|pypirc|docker|gnupg|env)\b|keyring|\b(Cookies|Login Data|key4\.db|logins\.json|cookies\.sqlite)/
const MAX_PATH = 4096

/** The kinds of credentials that these paths are, which may be relative. */
export function credentialWords(paths: readonly string[]): readonly string[] {
  const looked = paths.filter((path) => path.length <= MAX_PATH && LOOKS_LIKE.test(path)).map((path) => `/${path}`)
  if (looked.length === 0) return []
  return CREDENTIALS.flatMap(([pattern, words]) => (looked.some((path) => pattern.test(path)) ? [words] : []))
}

/**
 * @param openFiles of the program and of what it runs, as they are open at this moment.
 * @param named by the commands that it ran.
 */
export function credentialsReason(openFiles: readonly string[], named: readonly string[]): Reason | undefined {
  const open = credentialWords(openFiles)
  const told = [
    ...(open.length === 0 ? [] : [`it or what it runs has open: ${open.join(', ')}`]),
    ...(named.length === 0 ? [] : [`commands that it ran named: ${named.join(', ')}`]),
  ]
  return told.length === 0 ? undefined : { name: 'credential-files', weight: 0, detail: told.join('; ') }
}
