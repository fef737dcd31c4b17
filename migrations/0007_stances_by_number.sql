-- Stances in the order in which they come: one after the other at the end of the table, instead of each at its own
-- manager's place. `stance_blocks` tells in which blocks of 4096 numbers a manager has any.
CREATE TABLE stances_by_number (
    account TEXT NOT NULL,
    number BIGINT NOT NULL,
    manager TEXT NOT NULL,
    absence TEXT,
    load BIGINT NOT NULL,
    capacity BIGINT NOT NULL,
    last_assigned_at BIGINT,
    idle_since BIGINT,
    places TEXT,
    PRIMARY KEY (account, number, manager)
);
INSERT INTO stances_by_number
SELECT account, number, manager, absence, load, capacity, last_assigned_at, idle_since, places
FROM stances ORDER BY account, number, manager;
DROP TABLE stances;
ALTER TABLE stances_by_number RENAME TO stances;
CREATE INDEX stances_places ON stances (account, manager, number) WHERE places IS NOT NULL;

CREATE TABLE stance_blocks (
    account TEXT NOT NULL,
    manager TEXT NOT NULL,
    block BIGINT NOT NULL,
    PRIMARY KEY (account, manager, block)
);
INSERT INTO stance_blocks SELECT DISTINCT account, manager, number / 4096 FROM stances;
