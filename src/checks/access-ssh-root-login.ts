import { check } from './check.ts'

export const accessSshRootLogin = check('access.ssh-root-login', {
  weight: 'advisory',
  passes: 'root cannot log in over SSH with a password',
  systems: { linux: 'sshd', macos: 'sshd', windows: { absent: 'Windows has no root account' } },
  minutes: 5,
  english: {
    title: 'Root cannot log in over SSH with a password',
    problem: 'Root can log in over SSH with a password',
    why: 'A password of root can be guessed from the network, and opens the whole laptop.',
    person: { any: 'it can lock out the person who uses this login' },
    steps: {
      any: [
        'Make sure that you can log in as another user or with a key.',
        'Set PermitRootLogin prohibit-password in /etc/ssh/sshd_config, and in its Match blocks.',
        'Run: sudo systemctl reload ssh (or sshd)',
      ],
      macos: [
        'Open System Settings > General > Sharing.',
        'Click the (i) beside "Remote Login", and allow only users who need it.',
        'Set PermitRootLogin prohibit-password in /etc/ssh/sshd_config.',
      ],
    },
  },
  german: {
    title: 'Root kann sich nicht mit Passwort über SSH anmelden',
    problem: 'Root kann sich mit Passwort über SSH anmelden',
    why: 'Das Passwort von root lässt sich aus dem Netz erraten und öffnet den ganzen Laptop.',
    person: { any: 'es kann jemanden aussperren, der sich so anmeldet.' },
    steps: {
      any: [
        'Stellen Sie sicher, dass Sie sich als anderer Benutzer oder mit einem Schlüssel anmelden können.',
        'Setzen Sie PermitRootLogin prohibit-password in /etc/ssh/sshd_config und in dessen Match-Blöcken.',
        'Führen Sie aus: sudo systemctl reload ssh (oder sshd)',
      ],
      macos: [
        'Öffnen Sie Systemeinstellungen > Allgemein > Teilen.',
        'Klicken Sie auf das (i) neben „Entfernte Anmeldung“, und erlauben Sie nur Benutzer, die sie brauchen.',
        'Setzen Sie PermitRootLogin prohibit-password in /etc/ssh/sshd_config.',
      ],
    },
  },
})
