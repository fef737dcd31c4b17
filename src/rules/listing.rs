//! Names as people list them.

/// More names than these nobody reads.
const MAX_LISTED: usize = 16;

/// `a`, `b` and `c`; nothing for nothing; of very many only the first.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let quoted = names.by_ref().take(MAX_LISTED);
    let mut quoted: Vec<String> = quoted.map(|name| format!("`{name}`")).collect();
    if names.next().is_some() {
        quoted.push("others".into());
    }
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_aloud() {
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed([]), "");
        assert!(listed(["a"; 1_000]).ends_with("`a` and others"));
    }
}
