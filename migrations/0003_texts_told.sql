-- Which texts of the rule file a dialog's customer was told, so that each is told once. JSON; NULL: none.
ALTER TABLE dialogs ADD COLUMN texts_told TEXT;
