import { check } from './check.ts'

export const sessionScreenLock = check('session.screen-lock', {
  weight: 'required',
  passes: 'an idle screen is locked',
  systems: { linux: 'GNOME, KDE', macos: 'screen saver', windows: 'limit, screen saver' },
  panels: {
    gnome: 'gnome-control-center privacy',
    kde: 'systemsettings kcm_screenlocker',
    windows: 'control desk.cpl,,@screensaver',
  },
  minutes: 2,
  english: {
    title: 'The screen locks automatically',
    problem: 'The screen does not lock automatically',
    why: 'An open screen gives your files and accounts to anyone who passes by.',
    person: {
      any: 'this desktop has no setting that surety changes',
      macos: 'surety does not change settings of this system',
      windows: 'surety does not change settings of this system',
    },
    steps: {
      any: [
        'Turn on the automatic screen lock in the settings of your desktop.',
        'Lock after 10 minutes or less, with a password to unlock.',
      ],
      gnome: ['Run: surety fix session.screen-lock --yes'],
      kde: [
        'Open "Screen Locking" in the system settings.',
        'Lock automatically after 10 minutes or less, and require the password at once.',
      ],
      windows: [
        'Open Settings > Personalisation > Lock screen > Screen saver.',
        'Wait 10 minutes or less, and tick "On resume, display log-on screen".',
        'If your company sets a machine inactivity limit, ask your support to set it to 600 seconds.',
      ],
      macos: [
        'Open System Settings > Lock Screen.',
        'Turn the display off after 10 minutes or less.',
        'Require the password immediately after that.',
      ],
    },
  },
  german: {
    title: 'Der Bildschirm sperrt sich selbst',
    problem: 'Der Bildschirm sperrt sich nicht selbst',
    why: 'Ein offener Bildschirm gibt Ihre Dateien und Konten jedem, der vorbeikommt.',
    person: {
      any: 'dieser Desktop hat keine Einstellung, die surety ändert.',
      macos: 'surety ändert keine Einstellungen dieses Systems.',
      windows: 'surety ändert keine Einstellungen dieses Systems.',
    },
    steps: {
      any: [
        'Schalten Sie die automatische Bildschirmsperre in den Einstellungen Ihres Desktops ein.',
        'Sperren Sie nach höchstens 10 Minuten, mit Passwort zum Entsperren.',
      ],
      gnome: ['Führen Sie aus: surety fix session.screen-lock --yes'],
      kde: [
        'Öffnen Sie „Bildschirmsperre“ in den Systemeinstellungen.',
        'Sperren Sie automatisch nach höchstens 10 Minuten, und verlangen Sie das Passwort sofort.',
      ],
      windows: [
        'Öffnen Sie Einstellungen > Personalisierung > Sperrbildschirm > Bildschirmschoner.',
        'Stellen Sie 10 Minuten oder weniger ein, und setzen Sie den Haken „Anmeldeseite bei Reaktivierung“.',
        'Setzt Ihre Firma eine Grenze für Untätigkeit, bitten Sie Ihren Support, sie auf 600 Sekunden zu stellen.',
      ],
      macos: [
        'Öffnen Sie Systemeinstellungen > Sperrbildschirm.',
        'Schalten Sie den Bildschirm nach höchstens 10 Minuten aus.',
        'Verlangen Sie das Passwort sofort danach.',
      ],
    },
  },
})
