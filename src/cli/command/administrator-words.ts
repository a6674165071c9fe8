import type { CliInit } from './cli-components.ts'

type Platform = CliInit['platform']

/** How a person gets the rights that a command needs: `Run the command …`. */
export function withRights(platform: Platform): string {
  return platform === 'windows' ? 'in a terminal that was started as administrator' : 'as root'
}

/** Why a list may be incomplete. */
export function notShown(what: string, platform: Platform): string {
  return `${what} of other users are not shown. Run this ${withRights(platform)} to see all.`
}

/** A command line that needs these rights, for an example. Windows has no `sudo`. */
export function elevated(platform: Platform, command: string): string {
  return platform === 'windows' ? command : `sudo ${command}`
}
