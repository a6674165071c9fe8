import { SuretyError } from '../../base/errors.ts'
import { readSecretFile } from '../../system/files/own/secret-file.ts'
import { type IdentityProvider, identityProvider, isIssuer } from '../sign-in/identity-provider.ts'

/** The identity provider of the settings `console.oidc.*`. */

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
  return identityProvider({
    issuer,
    clientId,
    clientSecret: await readSecretFile('console.oidc.clientSecretFile', clientSecretFile),
  })
}

function invalid(message: string): SuretyError {
  return new SuretyError('CONFIG_INVALID', message)
}
