//! The texts of a rule set: one file, or all `*.toml` files of a folder, in the order of their names.

use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::domain::ids::RulesVersion;

/// The largest rule file accepted, in bytes; hand-written files are a thousand times smaller.
pub const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// One file's name and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name to show in diagnostics, usually its path.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Source {
    /// A text and the name to show for it.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// Line and column of a byte, both from 1, the column in characters.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(byte)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
        (line, 1 + before[line_start..].chars().count())
    }
}

/// Reads a file, or every `*.toml` file directly in a folder.
///
/// # Errors
/// What the operating system says, with the path; `InvalidData` for a file that is not UTF-8 or is
/// larger than [`MAX_BYTES`]; `NotFound` for a folder without any `*.toml` file.
pub fn load(path: &Path) -> Result<Vec<Source>> {
    if !fs::metadata(path).map_err(|error| at(path, &error))?.is_dir() {
        return Ok(vec![read(path)?]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| at(path, &error))? {
        let file: PathBuf = entry.map_err(|error| at(path, &error))?.path();
        if file.extension().is_some_and(|extension| extension == "toml") && file.is_file() {
            files.push(file);
        }
    }
    if files.is_empty() {
        let message = format!("{}: the folder has no *.toml file", path.display());
        return Err(Error::new(ErrorKind::NotFound, message));
    }
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn read(path: &Path) -> Result<Source> {
    let size = fs::metadata(path).map_err(|error| at(path, &error))?.len();
    if size > MAX_BYTES {
        let message = format!("{size} bytes, over {MAX_BYTES}: not a rule file");
        return Err(at(path, &Error::new(ErrorKind::InvalidData, message)));
    }
    let text = fs::read_to_string(path).map_err(|error| at(path, &error))?;
    Ok(Source::new(path.display().to_string(), text))
}

fn at(path: &Path, error: &Error) -> Error {
    Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// The content hash: the first 16 hexadecimal digits of the SHA-256 of the texts with Unix line ends.
/// Names do not count, so that a file keeps its version when it is moved. For one file it is the
/// beginning of what `sha256sum` prints.
pub(super) fn version(sources: &[Source]) -> RulesVersion {
    let mut hash = Sha256::new();
    for (index, source) in sources.iter().enumerate() {
        // TOML has no NUL character, so the seam cannot be mistaken for text.
        if index > 0 {
            hash.update([0]);
        }
        for (index, line) in source.text.split("\r\n").enumerate() {
            if index > 0 {
                hash.update(b"\n");
            }
            hash.update(line.as_bytes());
        }
    }
    let digest = hash.finalize();
    let (first, _) = digest.split_first_chunk::<8>().expect("32 bytes");
    let hex = format!("{:016x}", u64::from_be_bytes(*first));
    RulesVersion::trusted(&hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters() {
        let source = Source::new("a", "one\nñandú = 1\n");
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(4), (2, 1));
        assert_eq!(source.position("one\nñan".len()), (2, 4));
        assert_eq!(source.position(9_999), (3, 1));
    }

    #[test]
    fn the_version_is_the_hash_that_sha256sum_prints() {
        let version_of = |text: &str| version(&[Source::new("a", text)]).to_string();
        assert_eq!(version_of("abc"), "ba7816bf8f01cfea");
        assert_eq!(version_of("a\r\nb"), version_of("a\nb"));
        assert_ne!(version_of("a\nb"), version_of("ab"));
    }

    #[test]
    fn text_moved_between_files_is_another_version() {
        let one = version(&[Source::new("a", "x"), Source::new("b", "yz")]);
        let two = version(&[Source::new("a", "xy"), Source::new("b", "z")]);
        assert_ne!(one, two);
    }

    #[test]
    fn loads_a_folder_in_the_order_of_names() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("b.toml", "2"), ("a.toml", "1"), ("notes.md", "no")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let texts = load(folder.path()).unwrap();
        assert_eq!(texts.iter().map(|s| s.text.as_str()).collect::<Vec<_>>(), ["1", "2"]);
        assert!(texts[0].name.ends_with("a.toml"));
    }

    #[test]
    fn says_which_path_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let missing = load(&folder.path().join("none.toml")).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        assert!(missing.to_string().contains("none.toml"));
        assert_eq!(load(folder.path()).unwrap_err().kind(), ErrorKind::NotFound);
        let binary = folder.path().join("binary.toml");
        fs::write(&binary, [0xff, 0xfe]).unwrap();
        assert_eq!(load(&binary).unwrap_err().kind(), ErrorKind::InvalidData);
    }
}
