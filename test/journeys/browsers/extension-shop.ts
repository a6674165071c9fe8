import { createServer } from 'node:http'
import { type PackedExtension, packExtension, zipped } from './crx3.ts'

/** Where policies have browsers fetch what they install: on loopback, as an administrator's own server. */
export interface ExtensionShop extends AsyncDisposable {
  readonly chromium: PackedExtension
  /** For `ExtensionInstallForcelist`. */
  readonly updateUrl: string
  readonly xpiUrl: string
}

export async function openExtensionShop(init: {
  readonly chromium: Readonly<Record<string, string>>
  readonly firefox: Readonly<Record<string, string>>
}): Promise<ExtensionShop> {
  const chromium = packExtension(init.chromium)
  const xpi = zipped(init.firefox)
  const server = createServer(({ url = '' }, response) => {
    const answer = (type: string, body: string | Uint8Array) => void response.setHeader('content-type', type).end(body)
    if (url.startsWith('/update.xml')) answer('text/xml', updateManifest(chromium.id, `${origin}/packed.crx`))
    else if (url === '/packed.crx') answer('application/x-chrome-extension', chromium.bytes)
    else if (url === '/packed.xpi') answer('application/x-xpinstall', xpi)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('it listens on a port')
  const origin = `http://127.0.0.1:${address.port}`
  return {
    chromium,
    updateUrl: `${origin}/update.xml`,
    xpiUrl: `${origin}/packed.xpi`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** As updates of extensions are told; see developer.chrome.com, "Update manifest". */
function updateManifest(id: string, codebase: string): string {
  return `<?xml version='1.0' encoding='UTF-8'?>
<gupdate xmlns='http://www.google.com/update2/response' protocol='2.0'>
<app appid='${id}'><updatecheck codebase='${codebase}' version='1.0'/></app></gupdate>`
}
