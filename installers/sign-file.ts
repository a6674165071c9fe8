import { spawnSync } from 'node:child_process'

/** Lets a program sign a file in place, with all variables: it asks a token or a service. @param name of the variable that names it. */
export function signFile(name: string, signer: string, path: string): void {
  const { status, stderr, error } = spawnSync(signer, [path], { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  if (status === 0) return
  throw new Error(`${name}: ${signer} did not sign ${path}: ${error?.message ?? stderr.trim()}`)
}
