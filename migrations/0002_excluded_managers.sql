-- Managers who are never given a dialog of the customer's: a list of ids, or nothing.
ALTER TABLE customers ADD COLUMN excluded_managers TEXT;
