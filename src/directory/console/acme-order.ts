import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Agent } from 'node:https'
import type { Client } from 'acme-client'
import { utf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { ServerCertificate } from '../http/server.ts'

/** One certificate of an ACME server (RFC 8555), which asks for a proof at port 80 of the name (HTTP-01). */

export interface AcmeOrder {
  /** Of the ACME server's directory. */
  readonly url: string
  /** PEM. Absent: the authorities that Node knows vouch for the server. */
  readonly ca?: string | undefined
  /** PEM, of the account. */
  readonly accountKey: string
  readonly email?: string | undefined
  readonly name: string
  /** Where proofs are answered while the order runs. */
  readonly host: string
  readonly port: number
}

const CHALLENGES = '/.well-known/acme-challenge/'
const REQUEST_TIMEOUT_MS = 20_000
const MOST_ANSWER_BYTES = 1024 * 1024
/** How often, and how long, it is asked whether the server has looked. About half a minute. */
const POLLS = { backoffAttempts: 8, backoffMin: 250, backoffMax: 5_000 }

/** @throws `CONFLICT` with what the server said, or what is wrong with its answer; the system's error for a port in use. */
export async function orderCertificate(order: AcmeOrder, now: () => number): Promise<ServerCertificate> {
  const acme = await loadAcme()
  acme.axios.defaults.httpsAgent = new Agent({ ca: order.ca })
  const [key, csr] = await acme.crypto.createCsr({ altNames: [order.name] }, await acme.crypto.createPrivateEcdsaKey())
  await using proofs = await answerProofs(order)
  const client = new acme.Client({ directoryUrl: order.url, accountKey: order.accountKey, ...POLLS })
  let cert: string
  try {
    await openAccount(client, order.email)
    cert = await client.auto({
      csr,
      termsOfServiceAgreed: true,
      // From here the name may lead elsewhere than from the internet.
      skipChallengeVerification: true,
      challengePriority: ['http-01'],
      async challengeCreateFn(_authorization, { type, token }, keyAuthorization) {
        if (type !== 'http-01') throw new TypeError(`the server offers ${type}, and no http-01`)
        proofs.answers.set(`${CHALLENGES}${token}`, keyAuthorization)
      },
      challengeRemoveFn: async () => proofs.answers.clear(),
    })
  } catch (cause) {
    throw refused(order, describeError(cause).slice(0, 300), cause)
  }
  const fault = faultOf(cert, String(key), { name: order.name, now: now() })
  if (fault !== undefined) throw refused(order, fault)
  return { cert, key: String(key) }
}

let loaded: Promise<typeof import('acme-client')> | undefined

/** Only a directory that uses ACME loads it. */
export function loadAcme(): Promise<typeof import('acme-client')> {
  loaded ??= import('acme-client').then((acme) => {
    const { defaults, interceptors } = acme.axios
    Object.assign(defaults, { timeout: REQUEST_TIMEOUT_MS, maxContentLength: MOST_ANSWER_BYTES })
    // The library's own waits for minutes where a server is down, and then loses the reason. Our next order tries again.
    interceptors.response.clear()
    interceptors.response.use(null, (error) => answerIn(error))
    return acme
  })
  return loaded
}

interface AnswerError {
  readonly config?: { readonly retryValidateStatus?: ((status: number) => boolean) | null }
  readonly response?: { readonly status: number }
}

/** The library has each answer come as an error. @throws unless it is an answer that the caller takes. */
function answerIn(error: AnswerError) {
  const { config, response } = error
  if (response === undefined) throw error
  if (config?.retryValidateStatus?.(response.status) ?? true) return response
  throw new TypeError(`it answered ${response.status}`)
}

/** The account of the key, made where there is none yet. */
async function openAccount(client: Client, email: string | undefined): Promise<void> {
  const contact = email === undefined ? {} : { contact: [`mailto:${email}`] }
  try {
    await client.createAccount({ termsOfServiceAgreed: true, ...contact })
  } catch (error) {
    // The library changes an account that is there. Without an address it changes nothing, which servers refuse.
    if (email !== undefined || !hasAccount(client)) throw error
  }
}

function hasAccount(client: Client): boolean {
  try {
    return client.getAccountUrl() !== ''
  } catch {
    return false
  }
}

function refused({ url }: AcmeOrder, why: string, cause?: unknown): SuretyError {
  return new SuretyError('CONFLICT', `${new URL(url).host} gave no certificate: ${why}`, { cause })
}

/** Why a certificate cannot be used for a name. */
export function faultOf(
  cert: string,
  key: string | undefined,
  { name, now }: { readonly name: string; readonly now: number },
): string | undefined {
  try {
    const leaf = new X509Certificate(utf8(cert))
    if (leaf.checkHost(name) === undefined) return `the certificate is not for ${name}`
    if (leaf.validToDate.getTime() <= now) return 'the certificate is over'
    if (key !== undefined && !leaf.checkPrivateKey(createPrivateKey(key))) return 'the certificate is not of our key'
    return undefined
  } catch (error) {
    return `the answer is no certificate: ${describeError(error)}`
  }
}

/** Plain HTTP, only while an order runs, and only for its proofs. */
async function answerProofs({ host, port }: Pick<AcmeOrder, 'host' | 'port'>) {
  const answers = new Map<string, string>()
  const server = createServer((request, response) => {
    const answer = request.method === 'GET' ? answers.get(request.url ?? '') : undefined
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'text/plain', connection: 'close' })
    response.end(answer)
  })
  server.maxConnections = 50
  server.headersTimeout = REQUEST_TIMEOUT_MS
  server.listen({ host, port })
  await once(server, 'listening')
  return {
    answers,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
