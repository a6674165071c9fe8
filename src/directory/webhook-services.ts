import { join } from 'node:path'
import { openKeyFiles } from './authority/key-files.ts'
import { type DeliverComponents, type Delivering, delivering } from './webhooks/deliver.ts'
import { post } from './webhooks/post.ts'
import type { ReceiverInit } from './webhooks/receivers.ts'
import { openSecretBox } from './webhooks/secret-box.ts'
import { type Webhooks, type WebhooksComponents, webhooks } from './webhooks/webhooks.ts'

export interface WebhookServices {
  readonly webhooks: Webhooks
  readonly webhookDelivering: Delivering
}

export interface WebhookServicesInit extends ReceiverInit {
  readonly dataFolder: string
  readonly timeoutMs?: number
}

/** For name, connection, TLS and answer together. */
const TIMEOUT_MS = 15_000

/** Puts webhooks together, with a key in the folder of keys. @throws as `openKeyFiles` and `openSecretBox`. */
export async function openWebhookServices(
  components: Omit<DeliverComponents & WebhooksComponents, 'box' | 'post'>,
  { dataFolder, privateAddresses, timeoutMs = TIMEOUT_MS }: WebhookServicesInit,
): Promise<WebhookServices> {
  const box = await openSecretBox(await openKeyFiles(join(dataFolder, 'keys')))
  const sending: DeliverComponents['post'] = (message, signal) => post(message, { privateAddresses, timeoutMs }, signal)
  return {
    webhooks: webhooks({ ...components, box }, { privateAddresses }),
    webhookDelivering: delivering({ ...components, box, post: sending }),
  }
}
