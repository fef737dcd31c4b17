-- An offer that waits for an answer, and those who passed since somebody is looked for.
ALTER TABLE dialogs ADD COLUMN offer TEXT;
ALTER TABLE dialogs ADD COLUMN passed TEXT;
