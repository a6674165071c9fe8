import type { Problem } from '../../protocol/noun/answers.ts'

/** Requests to the API, with the session's cookie and its token against forged requests. */

export const API = '/api/v1'

/** What the directory refused, or that it could not be reached. */
export class ApiError extends Error {
  /** Such as `NOT_FOUND`; `UNREACHABLE` if there was no answer. */
  readonly code: string
  /** HTTP; 0 without an answer. */
  readonly status: number
  constructor({ code, status, message }: { code: string; status: number; message: string }) {
    super(message)
    this.code = code
    this.status = status
  }
}

export interface AskInit {
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** What is sent with each request that changes something. `session.ts` sets it. */
let forgeryToken: string | undefined
let onSessionEnded: () => void = () => {}
let confirmPerson: () => Promise<boolean> = async () => false

export function connectApi(init: {
  readonly forgeryToken: string | undefined
  /** The session ended on the server. */
  readonly onSessionEnded: () => void
  /** The directory wants the person to sign in again for what they asked. Resolves to false if they do not. */
  readonly confirmPerson: () => Promise<boolean>
}): void {
  forgeryToken = init.forgeryToken
  onSessionEnded = init.onSessionEnded
  confirmPerson = init.confirmPerson
}

/**
 * @param path with a slash at its beginning: below the API, or at the root of the listener if it begins with `/sign-in/`.
 * @throws `ApiError`
 */
export async function ask<T>(method: string, path: string, init: AskInit = {}): Promise<T> {
  try {
    return await askOnce<T>(method, path, init)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.code === 'STEP_UP_REQUIRED' && (await confirmPerson())) return askOnce<T>(method, path, init)
    if (error.status === 401 && !path.startsWith('/sign-in/')) onSessionEnded()
    throw error
  }
}

async function askOnce<T>(method: string, path: string, { body, signal }: AskInit): Promise<T> {
  const response = await fetch(path.startsWith('/sign-in/') ? path : `${API}${path}`, {
    method,
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(forgeryToken === undefined ? {} : { 'x-surety-csrf': forgeryToken }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch(unreachable(signal))
  if (response.status === 204) return undefined as T
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return answer as T // The types are those of the routes that the same source declares.
  throw errorOf(response.status, answer)
}

/** What is at the root of the listener, such as `/tlog/checkpoint`. @throws `ApiError` */
export async function readAtRoot(path: string, { signal }: Pick<AskInit, 'signal'> = {}): Promise<Uint8Array> {
  const init: RequestInit = { credentials: 'same-origin', ...(signal === undefined ? {} : { signal }) }
  const response = await fetch(path, init).catch(unreachable(signal))
  if (!response.ok) throw errorOf(response.status, await response.json().catch(() => undefined))
  return new Uint8Array(await response.arrayBuffer())
}

function unreachable(signal: AbortSignal | undefined) {
  return (cause: unknown): never => {
    if (signal?.aborted === true) throw cause
    throw new ApiError({ code: 'UNREACHABLE', status: 0, message: 'The server does not answer.' })
  }
}

function errorOf(status: number, answer: unknown): ApiError {
  const { code = 'INTERNAL', detail = `The server answered with status ${status}.` } = (answer ??
    {}) as Partial<Problem>
  return new ApiError({ code, status, message: detail })
}

export type QueryValue = string | number | boolean | undefined

/** `?a=1&b=2`, without members that are undefined. */
export function queryText(members: Readonly<Record<string, QueryValue>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(members)) if (value !== undefined) query.set(name, String(value))
  return query.size === 0 ? '' : `?${query}`
}
