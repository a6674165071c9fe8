import { check } from './check.ts'

export const accessAutomaticLogin = check('access.automatic-login', {
  weight: 'required',
  passes: 'no account is logged in without being asked',
  systems: { linux: 'login screens', macos: 'login window', windows: 'Winlogon' },
  panels: { windows: 'netplwiz' },
  minutes: 5,
  english: {
    title: 'No one is logged in without a password',
    problem: 'This device logs in without a password',
    why: 'With automatic log-in, anyone who starts the laptop has your files and accounts.',
    person: { any: 'you need to know your password first' },
    steps: {
      any: [
        'Make sure that you know your password.',
        'Turn off automatic log-in in the settings of your user account.',
        'Remove the named user from the settings of the named display manager.',
      ],
      windows: [
        'Make sure that you know your password.',
        'Run: netplwiz',
        'Tick "Users must enter a user name and password to use this computer".',
        'If that box is not there, ask your support to remove AutoAdminLogon from the registry.',
      ],
      macos: [
        'Make sure that you know your password.',
        'Open System Settings > Users & Groups.',
        'Set "Automatically log in as" to "Off".',
      ],
    },
  },
  german: {
    title: 'Niemand wird ohne Passwort angemeldet',
    problem: 'Dieses Gerät meldet ohne Passwort an',
    why: 'Mit automatischer Anmeldung hat jeder, der den Laptop einschaltet, Ihre Dateien und Konten.',
    person: { any: 'Sie müssen zuerst Ihr Passwort kennen.' },
    steps: {
      any: [
        'Stellen Sie sicher, dass Sie Ihr Passwort kennen.',
        'Schalten Sie die automatische Anmeldung in den Einstellungen Ihres Benutzerkontos aus.',
        'Entfernen Sie den genannten Benutzer aus den Einstellungen des genannten Anmeldebildschirms.',
      ],
      windows: [
        'Stellen Sie sicher, dass Sie Ihr Passwort kennen.',
        'Führen Sie aus: netplwiz',
        'Setzen Sie den Haken „Benutzer müssen Benutzernamen und Kennwort eingeben“.',
        'Fehlt dieser Haken, bitten Sie Ihren Support, AutoAdminLogon aus der Registrierung zu entfernen.',
      ],
      macos: [
        'Stellen Sie sicher, dass Sie Ihr Passwort kennen.',
        'Öffnen Sie Systemeinstellungen > Benutzer & Gruppen.',
        'Stellen Sie „Automatisch anmelden als“ auf „Aus“.',
      ],
    },
  },
})
