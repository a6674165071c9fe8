import { check } from './check.ts'

export const accessElevation = check('access.elevation', {
  weight: 'advisory',
  passes: 'becoming an administrator takes a password or a consent',
  systems: { linux: 'sudoers', macos: 'sudoers', windows: 'User Account Control' },
  panels: { windows: 'useraccountcontrolsettings' },
  minutes: 5,
  english: {
    title: 'Becoming an administrator takes a password',
    problem: 'Becoming an administrator takes no password',
    why: 'Without it, every program that you start can change the whole laptop.',
    person: { any: 'scripts that become root may stop working' },
    steps: {
      any: [
        'Find the named rule in /etc/sudoers or /etc/sudoers.d.',
        'Run: sudo visudo',
        'Remove NOPASSWD and !authenticate from that rule.',
      ],
      windows: [
        'Search for "Change User Account Control settings" in the Start menu.',
        'Move the slider to the second highest position, or higher.',
        'Start again.',
      ],
      macos: [
        'Find the named rule in /etc/sudoers or /etc/sudoers.d.',
        'Run: sudo visudo',
        'Remove NOPASSWD and !authenticate from that rule.',
      ],
    },
  },
  german: {
    title: 'Wer Administrator wird, braucht ein Passwort',
    problem: 'Administrator wird man hier ohne Passwort',
    why: 'Sonst kann jedes Programm, das Sie starten, den ganzen Laptop ändern.',
    person: { any: 'Skripte, die root werden, können ausfallen.' },
    steps: {
      any: [
        'Suchen Sie die genannte Regel in /etc/sudoers oder /etc/sudoers.d.',
        'Führen Sie aus: sudo visudo',
        'Entfernen Sie NOPASSWD und !authenticate aus dieser Regel.',
      ],
      windows: [
        'Suchen Sie im Startmenü nach „Einstellungen der Benutzerkontensteuerung ändern“.',
        'Schieben Sie den Regler auf die zweithöchste Stellung oder höher.',
        'Starten Sie neu.',
      ],
      macos: [
        'Suchen Sie die genannte Regel in /etc/sudoers oder /etc/sudoers.d.',
        'Führen Sie aus: sudo visudo',
        'Entfernen Sie NOPASSWD und !authenticate aus dieser Regel.',
      ],
    },
  },
})
