/**
 * Every program the daemon may run, by absolute path: the first that exists is used. Arguments are fixed in the code
 * that asks for them; nothing found on a device is ever an argument, and there is no shell.
 */
export const ALLOWED_COMMANDS = {
  nft: ['/usr/sbin/nft', '/sbin/nft'],
  ufw: ['/usr/sbin/ufw'],
  'firewall-cmd': ['/usr/bin/firewall-cmd'],
  'apt-get': ['/usr/bin/apt-get'],
  dnf: ['/usr/bin/dnf'],
  systemctl: ['/usr/bin/systemctl', '/bin/systemctl'],
  sshd: ['/usr/sbin/sshd'],
  getent: ['/usr/bin/getent'],
  zfs: ['/usr/sbin/zfs', '/sbin/zfs'],
  zpool: ['/usr/sbin/zpool', '/sbin/zpool'],
  gsettings: ['/usr/bin/gsettings'],
  mokutil: ['/usr/bin/mokutil'],
  csrutil: ['/usr/bin/csrutil'],
  diskutil: ['/usr/sbin/diskutil'],
  dscl: ['/usr/bin/dscl'],
  fdesetup: ['/usr/bin/fdesetup'],
  ioreg: ['/usr/sbin/ioreg'],
  launchctl: ['/bin/launchctl'],
  profiles: ['/usr/bin/profiles'],
  socketfilterfw: ['/usr/libexec/ApplicationFirewall/socketfilterfw'],
  softwareupdate: ['/usr/sbin/softwareupdate'],
  spctl: ['/usr/sbin/spctl'],
  mdmclient: ['/usr/libexec/mdmclient'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type AllowedCommand = keyof typeof ALLOWED_COMMANDS
