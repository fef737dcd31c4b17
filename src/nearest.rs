//! The known name nearest to a mistyped one, for "did you mean": in rule files, settings and requests.

/// Longer names are never compared, and never more than so many, so that a hostile text costs no time.
const MAX_CHARS: usize = 48;
const MAX_NAMES: usize = 1_000;

/// The known name nearest to what was written, if it is near: at most one slip in three letters.
/// A slip is a letter too many, too few, wrong, or two swapped. Ties go to the first known.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written: Vec<char> = folded(written).take(MAX_CHARS + 1).collect();
    if written.is_empty() || written.len() > MAX_CHARS {
        return None;
    }
    let allowed = (written.len() / 3).clamp(1, 3);
    known
        .into_iter()
        .take(MAX_NAMES)
        .filter_map(|name| {
            let letters: Vec<char> = folded(name).take(MAX_CHARS).collect();
            if letters.len().abs_diff(written.len()) > allowed {
                return None;
            }
            // Two words of one or two letters always look alike.
            let slips = slips(&written, &letters);
            (slips <= allowed && slips < letters.len()).then_some((slips, name))
        })
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

/// `warnBefore`, `warn-before` and `WARN_BEFORE` are all near to `warn_before`.
fn folded(name: &str) -> impl Iterator<Item = char> {
    name.chars().map(|c| match c {
        '-' | ' ' => '_',
        c => c.to_ascii_lowercase(),
    })
}

/// Restricted Damerau-Levenshtein distance.
fn slips(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let wrong = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + wrong);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = last;
        last = row;
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 5] = ["least_loaded", "round_robin", "ordered", "to", "when"];

    #[test]
    fn finds_one_slip_and_two_swapped_letters() {
        assert_eq!(nearest("least_loded", KNOWN), Some("least_loaded"));
        assert_eq!(nearest("round-robin", KNOWN), Some("round_robin"));
        assert_eq!(nearest("wehn", KNOWN), Some("when"));
        assert_eq!(nearest("LeastLoaded", KNOWN), Some("least_loaded"));
    }

    #[test]
    fn does_not_guess_wildly() {
        assert_eq!(nearest("random", KNOWN), None);
        assert_eq!(nearest("", KNOWN), None);
        assert_eq!(nearest("x", KNOWN), None);
        assert_eq!(nearest(&"a".repeat(10_000), KNOWN), None);
    }
}
