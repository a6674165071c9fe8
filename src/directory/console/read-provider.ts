import { fromUtf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'
import { type IdentityProvider, identityProvider, isIssuer } from '../sign-in/identity-provider.ts'

/** The identity provider of the settings `console.oidc.*`. */

const MAX_SECRET_BYTES = 4_096

export interface ProviderSettings {
  readonly issuer?: string | undefined
  readonly clientId?: string | undefined
  readonly clientSecretFile?: string | undefined
}

/** Undefined without any. @throws `CONFIG_INVALID` for settings without the others, and a file that is absent, open to others or empty. */
export async function providerOf(settings: ProviderSettings): Promise<IdentityProvider | undefined> {
  const { issuer, clientId, clientSecretFile } = settings
  if (Object.values(settings).every((one) => one === undefined)) return undefined
  if (issuer === undefined || clientId === undefined || clientSecretFile === undefined) {
    throw invalid('console.oidc.issuer, console.oidc.clientId and console.oidc.clientSecretFile are given together')
  }
  if (!isIssuer(issuer)) throw invalid('console.oidc.issuer must begin with https://')
  return identityProvider({ issuer, clientId, clientSecret: await secretIn(clientSecretFile) })
}

async function secretIn(path: string): Promise<string> {
  let bytes: Uint8Array | undefined
  try {
    bytes = await readIfPresent(path, { maxBytes: MAX_SECRET_BYTES, ownerOnly: true, mayBeOfService: true })
  } catch (cause) {
    throw invalid(`console.oidc.clientSecretFile ${path} cannot be read`, cause)
  }
  const secret = bytes === undefined ? '' : fromUtf8(bytes).trim()
  if (secret !== '') return secret
  throw invalid(`console.oidc.clientSecretFile: there is no secret in ${path}`)
}

function invalid(message: string, cause?: unknown): SuretyError {
  return new SuretyError('CONFIG_INVALID', message, { cause })
}
