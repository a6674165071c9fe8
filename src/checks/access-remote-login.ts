import { check } from './check.ts'

export const accessRemoteLogin = check('access.remote-login', {
  weight: 'advisory',
  passes: 'nobody can log in from the network with a password',
  systems: { linux: 'sshd', macos: 'SSH, screen sharing', windows: 'Remote Desktop' },
  panels: { windows: 'start ms-settings:remotedesktop' },
  minutes: 5,
  english: {
    title: 'No one can log in from the network with a password',
    problem: 'Others can log in from the network with a password',
    why: 'Passwords can be guessed from the network.',
    person: { any: 'it can cut off people who work on this device from elsewhere' },
    steps: {
      any: [
        'Make sure that you can log in with a key, if you work on this laptop over SSH.',
        'Set PasswordAuthentication no and KbdInteractiveAuthentication no in /etc/ssh/sshd_config.',
        'Run: sudo systemctl reload ssh (or sshd)',
      ],
      windows: ['Open Settings > System > Remote Desktop.', 'Turn it off, unless your company needs it.'],
      macos: [
        'Open System Settings > General > Sharing.',
        'Turn off "Remote Login", "Screen Sharing" and "Remote Management", unless you need them.',
      ],
    },
  },
  german: {
    title: 'Niemand kann sich aus dem Netz mit Passwort anmelden',
    problem: 'Andere können sich aus dem Netz mit Passwort anmelden',
    why: 'Passwörter lassen sich aus dem Netz erraten.',
    person: { any: 'es kann Menschen aussperren, die von anderswo auf diesem Gerät arbeiten.' },
    steps: {
      any: [
        'Stellen Sie sicher, dass Sie sich mit einem Schlüssel anmelden können, wenn Sie über SSH an diesem Laptop arbeiten.',
        'Setzen Sie PasswordAuthentication no und KbdInteractiveAuthentication no in /etc/ssh/sshd_config.',
        'Führen Sie aus: sudo systemctl reload ssh (oder sshd)',
      ],
      windows: [
        'Öffnen Sie Einstellungen > System > Remotedesktop.',
        'Schalten Sie ihn aus, wenn Ihre Firma ihn nicht braucht.',
      ],
      macos: [
        'Öffnen Sie Systemeinstellungen > Allgemein > Teilen.',
        'Schalten Sie „Entfernte Anmeldung“, „Bildschirmfreigabe“ und „Entfernte Verwaltung“ aus, wenn Sie sie nicht brauchen.',
      ],
    },
  },
})
