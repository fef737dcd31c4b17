-- What each manager did on each day of the rule file's zone, in days since 1970-01-01; spans are microseconds.
-- Rows only ever grow: each change adds its share in the transaction of the dialog's new state.
CREATE TABLE manager_days (
    account TEXT NOT NULL,
    manager TEXT NOT NULL,
    day BIGINT NOT NULL,
    assigned BIGINT NOT NULL,
    moved_away BIGINT NOT NULL,
    closed BIGINT NOT NULL,
    first_replies BIGINT NOT NULL,
    first_reply_time BIGINT NOT NULL,
    replies BIGINT NOT NULL,
    reply_time BIGINT NOT NULL,
    handled BIGINT NOT NULL,
    handle_time BIGINT NOT NULL,
    PRIMARY KEY (account, manager, day)
);
CREATE INDEX manager_days_of_day ON manager_days (account, day);
