export const TAMPER = `
  -- The newest signs of each device. json: as the device reported it.
  CREATE TABLE tamper_signs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    kind TEXT NOT NULL,
    json TEXT NOT NULL,
    received_at INTEGER NOT NULL
  ) STRICT;

  CREATE INDEX tamper_signs_by_device ON tamper_signs (device, number);
  CREATE INDEX tamper_signs_by_time ON tamper_signs (received_at, kind, device);

  -- All that were ever received, also those that are not kept.
  CREATE TABLE tamper_counts (kind TEXT PRIMARY KEY, signs INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TRIGGER tamper_signs_counted AFTER INSERT ON tamper_signs BEGIN
    INSERT INTO tamper_counts VALUES (NEW.kind, 1) ON CONFLICT DO UPDATE SET signs = signs + 1;
  END;

  -- Devices that are silent for longer than the policy allows. heard_at: when they were heard last.
  CREATE TABLE silent_devices (
    device TEXT PRIMARY KEY,
    heard_at INTEGER NOT NULL,
    noticed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`
