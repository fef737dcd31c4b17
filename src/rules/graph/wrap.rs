//! How wide a text is, and where it breaks. No font is asked: the widths are those of the common sans-serif
//! and monospaced fonts, a little generous, so that no text leaves its box.

/// Thousandths of the font's size for the characters from space to tilde.
#[rustfmt::skip]
const WIDTHS: [u16; 95] = [
    280, 300, 380, 580, 580, 900, 700, 220, 350, 350, 410, 600, 300, 350, 300, 320,
    580, 580, 580, 580, 580, 580, 580, 580, 580, 580, 300, 300, 600, 600, 600, 560,
    1020, 690, 690, 730, 740, 680, 620, 790, 740, 300, 520, 690, 570, 850, 750, 800,
    680, 800, 710, 680, 630, 740, 690, 960, 690, 690, 630, 320, 320, 320, 500, 560,
    350, 570, 580, 530, 580, 570, 320, 580, 570, 250, 250, 530, 250, 860, 570, 580,
    580, 580, 360, 520, 320, 570, 530, 750, 530, 530, 520, 360, 280, 360, 600,
];
/// A character of a monospaced font.
const MONOSPACED: u16 = 620;
/// Some common fonts are an eighth wider than the others.
const GENEROUS: u16 = 9;
/// What is not in the table: half of it is as wide as it is high.
const OTHER: u16 = 620;
const WIDE: u16 = 1_050;

/// The width of a text in thousandths of the font's size.
pub(super) fn width(text: &str, is_code: bool) -> u32 {
    text.chars().map(|c| u32::from(character(c, is_code))).sum()
}

fn character(c: char, is_code: bool) -> u16 {
    // From here on characters of East Asia, and pictures.
    if u32::from(c) >= 0x1100 && !('\u{2000}'..='\u{206f}').contains(&c) {
        return WIDE;
    }
    if is_code {
        return MONOSPACED;
    }
    let place = u32::from(c).checked_sub(32).and_then(|place| usize::try_from(place).ok());
    place.and_then(|place| WIDTHS.get(place)).copied().unwrap_or(OTHER) / 8 * GENEROUS
}

/// Lines no wider than `most` thousandths, broken between words if that can be, and inside of a word if not.
pub(super) fn wrap(text: &str, most: u32, is_code: bool) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let space = if used == 0 { 0 } else { width(" ", is_code) };
        let needed = width(word, is_code);
        if used > 0 && used + space + needed > most {
            lines.push(String::new());
            used = 0;
        } else if used > 0 {
            push(&mut lines, ' ');
            used += space;
        }
        for c in word.chars() {
            let own = u32::from(character(c, is_code));
            if used > 0 && used + own > most {
                lines.push(String::new());
                used = 0;
            }
            push(&mut lines, c);
            used += own;
        }
    }
    lines
}

/// Lines of a condition: before each `&&` and `||` if it does not fit on one.
pub(super) fn wrap_condition(text: &str, most: u32) -> Vec<String> {
    if width(text, true) <= most {
        return vec![text.to_owned()];
    }
    let broken = text.replace(" && ", "\n&& ").replace(" || ", "\n|| ");
    broken.lines().flat_map(|line| wrap(line, most, true)).collect()
}

fn push(lines: &mut [String], c: char) {
    if let Some(line) = lines.last_mut() {
        line.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_lose_nothing() {
        let text = "customer.segment == \"wholesale\" || \"b2b\" in customer.tags";
        let lines = wrap(text, 20_000, true);
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, true) <= 20_000), "{lines:?}");
        assert_eq!(lines.join(" "), text);
    }

    #[test]
    fn conditions_break_before_what_joins_them() {
        let lines = wrap_condition("customer.vip && channel.type == \"site\" || dialog.returning", 20_000);
        assert_eq!(lines, ["customer.vip", "&& channel.type == \"site\"", "|| dialog.returning"]);
        assert_eq!(wrap_condition("a && b", 20_000), ["a && b"]);
    }

    #[test]
    fn a_word_without_end_breaks_too() {
        let lines = wrap(&"日本".repeat(100), 10_000, false);
        assert!(lines.len() > 10 && lines.iter().all(|line| width(line, false) <= 10_000));
        assert_eq!(lines.concat(), "日本".repeat(100));
    }
}
