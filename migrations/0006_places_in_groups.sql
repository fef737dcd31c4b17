-- The group whose step chose the manager of a dialog, in which the dialog takes up a place. Of dialogs that were
-- assigned before, nobody knows: they take up none.
ALTER TABLE dialogs ADD COLUMN through_group TEXT;
