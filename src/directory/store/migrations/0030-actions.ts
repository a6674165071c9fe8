/** What agents asked the gates of devices for, as the devices report it. */
export const ACTIONS = `
  CREATE TABLE actions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The device made it up. Of two devices with one id, the first has it.
    id TEXT NOT NULL UNIQUE,
    device TEXT NOT NULL REFERENCES devices (id),
    -- By the clock of the device.
    at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    -- As the item of a seen agent.
    client TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session TEXT NOT NULL,
    -- Its kind.
    tool TEXT NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('allowed', 'denied', 'approved', 'refused', 'expired')),
    sighting TEXT,
    -- The report, with the outcome that came later.
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX actions_by_device ON actions (device, number);
  CREATE INDEX actions_by_agent ON actions (device, client, user_id, number);
  CREATE INDEX actions_by_session ON actions (session, number);
  CREATE INDEX actions_by_sighting ON actions (sighting, number) WHERE sighting IS NOT NULL;
  CREATE INDEX actions_by_decision ON actions (decision, number);
  CREATE INDEX actions_by_client ON actions (client, number);
  CREATE INDEX actions_by_tool ON actions (tool, number);
  CREATE INDEX actions_by_time ON actions (at, number);
`
