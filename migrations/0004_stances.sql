-- How managers stood when decisions looked at them, so that any decision can be explained for anybody. A row holds
-- for the decisions of its number and later ones, until the manager's next row; `places` only where the groups
-- changed. Amounts are thousandths of a unit.
CREATE TABLE stances (
    account TEXT NOT NULL,
    manager TEXT NOT NULL,
    number BIGINT NOT NULL,
    absence TEXT,
    load BIGINT NOT NULL,
    capacity BIGINT NOT NULL,
    last_assigned_at BIGINT,
    idle_since BIGINT,
    places TEXT,
    PRIMARY KEY (account, manager, number)
);
CREATE INDEX stances_places ON stances (account, manager, number) WHERE places IS NOT NULL;
