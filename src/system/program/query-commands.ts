import type { AllowedCommand } from './allowed-commands.ts'

/**
 * What the system is asked of its own state, word for word: the program, then its arguments. None changes anything, and none
 * takes an argument that was found on a device.
 */
export const STATE_QUERIES = {
  packetRules: ['nft', '-j', 'list', 'ruleset'],
  upgrades: [
    ...(['apt-get', '-s', '-o', 'Debug::NoLocking=true'] as const),
    ...(['-o', 'APT::Get::Show-User-Simulation-Note=false', 'dist-upgrade'] as const),
  ],
  packageLists: ['apt-get', 'indextargets', '--format', '$(FILENAME)'],
  securityUpdates: ['dnf', '-C', '-q', 'updateinfo', 'list', '--security'],
  sshServer: ['sshd', '-T'],
  encryptedDatasets: ['zfs', 'get', '-Hp', '-o', 'name,property,value', 'encryption'],
  pools: ['zpool', 'list', '-vHP'],
  /** The name of a unit follows. */
  unit: ['systemctl', 'show', '--property=LoadState,ActiveState,UnitFileState'],
  directoryUsers: [
    ...(['dscl', '-plist', '.', '-readall', '/Users', 'RecordName', 'UniqueID', 'PrimaryGroupID'] as const),
    ...(['NFSHomeDirectory', 'UserShell'] as const),
  ],
  administratorGroup: ['dscl', '-plist', '.', '-read', '/Groups/admin', 'GroupMembership', 'NestedGroups'],
  fileVault: ['fdesetup', 'status'],
  volumes: ['diskutil', 'apfs', 'list', '-plist'],
  systemIntegrity: ['csrutil', 'status'],
  authenticatedRoot: ['csrutil', 'authenticated-root', 'status'],
  gatekeeper: ['spctl', '--status'],
  securityInfo: ['mdmclient', 'QuerySecurityInfo'],
  applicationFirewall: ['socketfilterfw', '--getglobalstate'],
  macUpdates: ['softwareupdate', '--list', '--no-scan'],
  disabledServices: ['launchctl', 'print-disabled', 'system'],
  enrolmentProfile: ['profiles', 'status', '-type', 'enrollment'],
  macHardware: ['ioreg', '-a', '-r', '-d', '1', '-c', 'IOPlatformExpertDevice'],
} as const satisfies Readonly<Record<string, readonly [AllowedCommand, ...string[]]>>
