import { createHmac } from 'node:crypto'
import type { TextFiles } from '../files/json-file.ts'

/**
 * What `Launch.launchHash` is keyed with: derived from the machine id, which never leaves as it is (machine-id(5) asks
 * for exactly this). Without one the hashes still compare on this device.
 */
export async function readLaunchKey(files: TextFiles): Promise<string> {
  const machineId = await files.readText('/etc/machine-id', { maxBytes: 256 }).catch(() => '')
  return createHmac('sha256', machineId.trim()).update('surety mcp launch').digest('hex')
}
