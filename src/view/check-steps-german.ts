import type { Check } from '../protocol/finding.ts'
import type { CheckText } from './check-text.ts'

/** Steps on Windows and macOS, beside those of `check-texts-german.ts`. Empty where a check is of Linux alone. */
export const GERMAN_STEPS: Readonly<Record<Check, Pick<CheckText['steps'], 'windows' | 'macos'>>> = {
  'disk.root-encrypted': {
    windows: [
      'Öffnen Sie Einstellungen > Datenschutz und Sicherheit > Geräteverschlüsselung, oder „BitLocker verwalten“ in der Systemsteuerung.',
      'Schalten Sie sie ein, und bewahren Sie den Wiederherstellungsschlüssel so auf, wie Ihr Support es sagt.',
      'Lassen Sie den Laptop an, bis die Verschlüsselung fertig ist.',
    ],
    macos: [
      'Öffnen Sie Systemeinstellungen > Datenschutz & Sicherheit > FileVault.',
      'Schalten Sie es ein, und bewahren Sie den Wiederherstellungsschlüssel so auf, wie Ihr Support es sagt.',
      'Lassen Sie den Mac am Strom, bis die Verschlüsselung fertig ist.',
    ],
  },
  'disk.fixed-encrypted': {
    windows: [
      'Öffnen Sie „BitLocker verwalten“ in der Systemsteuerung.',
      'Schalten Sie BitLocker für jedes genannte Laufwerk ein, und bewahren Sie den Wiederherstellungsschlüssel auf.',
    ],
    macos: [
      'Öffnen Sie den Finder, und klicken Sie mit der rechten Taste auf das genannte Volume.',
      'Wählen Sie „Verschlüsseln“, und bewahren Sie das Passwort auf.',
    ],
  },
  'boot.secure-boot': {
    windows: [
      'Bewahren Sie den BitLocker-Wiederherstellungsschlüssel auf: Windows fragt vielleicht einmal danach.',
      'Öffnen Sie Einstellungen > System > Wiederherstellung > Erweiterter Start > Jetzt neu starten.',
      'Wählen Sie Problembehandlung > Erweiterte Optionen > UEFI-Firmwareeinstellungen.',
      'Stellen Sie „Secure Boot“ auf „Enabled“, speichern Sie, und starten Sie neu.',
    ],
    macos: [
      'Schalten Sie den Mac aus, und starten Sie das Wiederherstellungssystem: mit gehaltener Ein/Aus-Taste auf Apple-Chips, mit Befehl-R auf Intel.',
      'Öffnen Sie Dienstprogramme > Startsicherheitsdienstprogramm.',
      'Wählen Sie „Volle Sicherheit“, und starten Sie neu.',
    ],
  },
  'boot.setup-mode': {
    windows: [
      'Öffnen Sie Einstellungen > System > Wiederherstellung > Erweiterter Start > Jetzt neu starten.',
      'Wählen Sie Problembehandlung > Erweiterte Optionen > UEFI-Firmwareeinstellungen.',
      'Wählen Sie unter „Secure Boot“ „Restore factory keys“ oder „Install default keys“, speichern Sie, und starten Sie neu.',
    ],
  },
  'boot.kernel-lockdown': {},
  'boot.system-integrity': {
    macos: [
      'Schalten Sie den Mac aus, und starten Sie das Wiederherstellungssystem: mit gehaltener Ein/Aus-Taste auf Apple-Chips, mit Befehl-R auf Intel.',
      'Öffnen Sie Dienstprogramme > Terminal.',
      'Führen Sie aus: csrutil enable',
      'Starten Sie neu.',
    ],
  },
  'tpm.present': {
    windows: [
      'Öffnen Sie Einstellungen > System > Wiederherstellung > Erweiterter Start > Jetzt neu starten.',
      'Wählen Sie Problembehandlung > Erweiterte Optionen > UEFI-Firmwareeinstellungen.',
      'Schalten Sie unter „Security“ „TPM“, „Intel PTT“ oder „AMD fTPM“ ein, speichern Sie, und starten Sie neu.',
    ],
  },
  'os.supported': {
    windows: [
      'Sichern Sie Ihre Dateien.',
      'Öffnen Sie Einstellungen > Windows Update, und installieren Sie das neueste Funktionsupdate.',
      'Wird keines angeboten, fragen Sie Ihren Support: vielleicht ist der Laptop zu alt dafür.',
    ],
    macos: [
      'Sichern Sie Ihre Dateien mit Time Machine.',
      'Öffnen Sie Systemeinstellungen > Allgemein > Softwareupdate, und installieren Sie das neueste macOS.',
      'Wird keines angeboten, fragen Sie Ihren Support: vielleicht ist der Mac zu alt dafür.',
    ],
  },
  'os.security-updates': {
    windows: [
      'Öffnen Sie Einstellungen > Windows Update.',
      'Wählen Sie „Nach Updates suchen“, und installieren Sie alle.',
      'Starten Sie neu, wenn Windows danach fragt.',
    ],
    macos: [
      'Öffnen Sie Systemeinstellungen > Allgemein > Softwareupdate.',
      'Installieren Sie alle Updates, und starten Sie neu, wenn macOS danach fragt.',
    ],
  },
  'os.automatic-updates': {
    windows: [
      'Öffnen Sie Einstellungen > Windows Update.',
      'Wählen Sie „Updates fortsetzen“, wenn Updates angehalten sind.',
      'Steht dort, dass Ihre Organisation sie verwaltet, fragen Sie Ihren Support.',
    ],
    macos: [
      'Öffnen Sie Systemeinstellungen > Allgemein > Softwareupdate.',
      'Klicken Sie auf das (i) neben „Automatische Updates“.',
      'Schalten Sie alle Einstellungen dort ein.',
    ],
  },
  'os.reboot-pending': {
    windows: [
      'Sichern Sie Ihre Arbeit.',
      'Öffnen Sie das Startmenü, und wählen Sie Ein/Aus > Aktualisieren und neu starten, oder Neu starten.',
    ],
    macos: ['Sichern Sie Ihre Arbeit.', 'Wählen Sie im Apple-Menü „Neustart“.'],
  },
  'os.memory-integrity': {
    windows: [
      'Öffnen Sie Windows-Sicherheit > Gerätesicherheit > Details zur Kernisolierung.',
      'Schalten Sie „Speicherintegrität“ ein.',
      'Nennt Windows Treiber, die nicht passen, aktualisieren oder entfernen Sie diese zuerst.',
      'Starten Sie neu.',
    ],
  },
  'os.application-origin': {
    windows: [
      'Öffnen Sie Windows-Sicherheit > App- & Browsersteuerung > Einstellungen für zuverlässigkeitsbasierten Schutz.',
      'Schalten Sie „Apps und Dateien überprüfen“ ein.',
    ],
    macos: [
      'Öffnen Sie Systemeinstellungen > Datenschutz & Sicherheit.',
      'Wählen Sie unter „Apps erlauben von“ „App Store und verifizierte Entwickler“.',
    ],
  },
  'protection.antivirus': {
    windows: [
      'Öffnen Sie Windows-Sicherheit > Viren- & Bedrohungsschutz.',
      'Schalten Sie den Echtzeitschutz ein, oder öffnen Sie das genannte Produkt und schalten Sie es ein.',
      'Wählen Sie „Schutzupdates“, und suchen Sie nach Updates.',
    ],
    macos: [
      'Öffnen Sie Systemeinstellungen > Allgemein > Softwareupdate.',
      'Klicken Sie auf das (i) neben „Automatische Updates“.',
      'Schalten Sie „Sicherheitsmaßnahmen und Systemdateien installieren“ ein.',
    ],
  },
  'network.firewall': {
    windows: [
      'Öffnen Sie Windows-Sicherheit > Firewall & Netzwerkschutz.',
      'Schalten Sie die Firewall jedes Netzes ein: Domäne, privat und öffentlich.',
    ],
    macos: ['Öffnen Sie Systemeinstellungen > Netzwerk > Firewall.', 'Schalten Sie sie ein.'],
  },
  'network.smb1': {
    windows: [
      'Suchen Sie im Startmenü nach „Windows-Features aktivieren oder deaktivieren“.',
      'Nehmen Sie den Haken bei „Unterstützung für die SMB 1.0/CIFS-Dateifreigabe“ weg.',
      'Starten Sie neu.',
    ],
    macos: ['Fragen Sie Ihren Support: macOS selbst hat keine Einstellung, die einen Server für SMB 1 einschaltet.'],
  },
  'access.mandatory-access-control': {
    windows: ['Fragen Sie Ihren Support: Regeln von App Control for Business setzt Ihre Firma.'],
    macos: [
      'Schalten Sie den Mac aus, und starten Sie das Wiederherstellungssystem: mit gehaltener Ein/Aus-Taste auf Apple-Chips, mit Befehl-R auf Intel.',
      'Öffnen Sie Dienstprogramme > Terminal.',
      'Führen Sie aus: csrutil enable',
      'Starten Sie neu.',
    ],
  },
  'access.ssh-root-login': {
    macos: [
      'Öffnen Sie Systemeinstellungen > Allgemein > Teilen.',
      'Klicken Sie auf das (i) neben „Entfernte Anmeldung“, und erlauben Sie nur Benutzer, die sie brauchen.',
      'Setzen Sie PermitRootLogin prohibit-password in /etc/ssh/sshd_config.',
    ],
  },
  'access.administrators': {
    windows: [
      'Öffnen Sie Einstellungen > Konten > Andere Benutzer.',
      'Ändern Sie den Kontotyp von Personen, die keine Administratorrechte brauchen, auf „Standardbenutzer“.',
      'Setzen Sie für jedes genannte Konto ein Passwort.',
    ],
    macos: [
      'Öffnen Sie Systemeinstellungen > Benutzer & Gruppen.',
      'Klicken Sie auf das (i) neben jeder Person, die keine Administratorrechte braucht.',
      'Schalten Sie „Dieser Benutzer darf diesen Computer verwalten“ aus.',
    ],
  },
  'access.elevation': {
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
  'access.guest-account': {
    windows: [
      'Öffnen Sie ein Terminal als Administrator.',
      'Führen Sie aus: net user Guest /active:no (auf einem deutschen Windows heißt das Konto Gast)',
    ],
    macos: [
      'Öffnen Sie Systemeinstellungen > Benutzer & Gruppen.',
      'Klicken Sie auf das (i) neben „Gastbenutzer“.',
      'Schalten Sie „Gästen erlauben, sich an diesem Computer anzumelden“ aus.',
    ],
  },
  'access.automatic-login': {
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
  'access.remote-login': {
    windows: [
      'Öffnen Sie Einstellungen > System > Remotedesktop.',
      'Schalten Sie ihn aus, wenn Ihre Firma ihn nicht braucht.',
    ],
    macos: [
      'Öffnen Sie Systemeinstellungen > Allgemein > Teilen.',
      'Schalten Sie „Entfernte Anmeldung“, „Bildschirmfreigabe“ und „Entfernte Verwaltung“ aus, wenn Sie sie nicht brauchen.',
    ],
  },
  'access.credential-guard': {
    windows: [
      'Fragen Sie Ihren Support: Ihre Firma schaltet Credential Guard durch eine Richtlinie ein.',
      'Es braucht Windows Enterprise oder Education, Secure Boot und einen Neustart.',
    ],
  },
  'session.screen-lock': {
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
  'management.mdm': {
    windows: [
      'Öffnen Sie Einstellungen > Konten > Auf Arbeits- oder Schulkonto zugreifen.',
      'Wählen Sie „Verbinden“, und melden Sie sich mit dem Konto Ihrer Firma an.',
    ],
    macos: [
      'Öffnen Sie die Anmeldeseite oder das Profil, das Ihr Support nennt.',
      'Öffnen Sie Systemeinstellungen > Allgemein > Geräteverwaltung, und installieren Sie das Profil.',
    ],
  },
  'enforcement.freeze': {
    windows: [
      'Bitten Sie einen Administrator des Verzeichnisses um eine neue Übung. Schlägt sie wieder fehl, fragen Sie Ihren Support.',
    ],
    macos: [
      'Bitten Sie einen Administrator des Verzeichnisses um eine neue Übung. Schlägt sie wieder fehl, fragen Sie Ihren Support.',
    ],
  },
}
