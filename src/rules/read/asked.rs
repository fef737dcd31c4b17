//! In tests, a record of what the reader asks for, to compare with what the language describes.

use std::cell::RefCell;

/// What was asked for.
#[derive(Debug, Default)]
pub(in crate::rules) struct Asked {
    /// For each section: the keys that stand in it, and those that the reader knows.
    pub(in crate::rules) sections: Vec<(Vec<String>, Vec<&'static str>)>,
    /// For each key that takes one of a few words: the key, and the words that the reader knows.
    pub(in crate::rules) words: Vec<(String, Vec<&'static str>)>,
}

thread_local! {
    static ASKED: RefCell<Asked> = RefCell::default();
}

pub(super) fn note_keys<'a>(there: impl Iterator<Item = &'a str>, known: &[&'static str]) {
    let there = there.map(str::to_owned).collect();
    ASKED.with_borrow_mut(|asked| asked.sections.push((there, known.to_vec())));
}

pub(super) fn note_words(key: &str, words: impl Iterator<Item = &'static str>) {
    let words = words.collect();
    ASKED.with_borrow_mut(|asked| asked.words.push((key.to_owned(), words)));
}

/// What was asked for on this thread since the last call.
pub(in crate::rules) fn take() -> Asked {
    ASKED.take()
}
