//! The one way to write a rule file: spaces, quotes, line breaks and alignment. Nothing is moved: order is
//! meaning for rules, and where admins put a section or a comment is theirs to say. No comment is lost, and a
//! text whose meaning would change is not touched.
//!
//! The form: one blank line before each section, none after its header; `=` and trailing comments of
//! neighbouring lines in one column; double quotes, but single ones for conditions and for texts with double
//! quotes or backslashes inside; `{ a = 1 }` and `[a, b]`; a list of two or more sections with one a line.
//! Numbers, dates and texts of several lines stay as they were written.

mod layout;
mod tree;
mod written;

pub(super) use written::{key_of, text_of};

/// The text in canonical form; `None` when it is not TOML.
pub fn format(text: &str) -> Option<String> {
    let before: toml::Table = toml::from_str(text).ok()?;
    let formatted = layout::lay_out(&tree::lines(text));
    let after: Option<toml::Table> = toml::from_str(&formatted).ok();
    // Not a number is never equal to itself, but reads the same.
    let is_same = after.is_some_and(|after| format!("{after:?}") == format!("{before:?}"));
    Some(if is_same { formatted } else { text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let formatted = format(text).expect("TOML");
        assert_eq!(formatted, expected);
        assert_eq!(format(&formatted).as_deref(), Some(expected), "once more");
    }

    #[test]
    fn spaces_quotes_and_columns() {
        check(
            "a='x'   # one\nlonger  =  'say \"hi\"' # two\n",
            "a      = \"x\"         # one\nlonger = 'say \"hi\"'  # two\n",
        );
        check("when = \"customer.vip\"\n", "when = 'customer.vip'\n");
        check("when = \"a == 'b'\"\n", "when = \"a == 'b'\"\n");
        check("path = \"C:\\\\x\"\nbell = \"\\u0007\"\n", "path = 'C:\\x'\nbell = \"\\u0007\"\n");
        check("\"a\" . 'b c'=1\r\n", "a.\"b c\" = 1\n");
        check("n = +1_000\nd = 2026-03-02T10:00:00Z", "n = +1_000\nd = 2026-03-02T10:00:00Z\n");
    }

    #[test]
    fn sections_are_set_apart() {
        check(
            "\n\n[ bot ]#x\n\n\nmode='off'\n[[rule]]\nto='owner'\n\n\n\n# of the next\n[[rule]]\nto='everyone'\n\n",
            "[bot]  # x\nmode = \"off\"\n\n[[rule]]\nto = \"owner\"\n\n# of the next\n[[rule]]\nto = \"everyone\"\n",
        );
        check("#top\n#:schema ./a.json\na=1", "# top\n#:schema ./a.json\na = 1\n");
        check("", "");
        check("# only\n", "# only\n");
    }

    #[test]
    fn lists_break_when_they_hold_sections_or_comments() {
        check("a=[1,2,\n3,]\n", "a = [1, 2, 3]\n");
        check("a=[{b=1,c=[ ]},{b=2}]\n", "a = [\n  { b = 1, c = [] },\n  { b = 2 },\n]\n");
        check("a=[{b=1}]\n", "a = [{ b = 1 }]\n");
        check(
            "a=[ # head\n 1, # one\n # own\n 22 # two\n # end\n]\n",
            "a = [\n  # head\n  1,  # one\n  # own\n  22,  # two\n  # end\n]\n",
        );
        let long = format!("a = [{}]\n", vec!["\"manager\""; 20].join(", "));
        check(&long, &format!("a = [\n{}]\n", "  \"manager\",\n".repeat(20)));
        check("a = {}\nb = { c = { d = 1 } }\n", "a = {}\nb = { c = { d = 1 } }\n");
        check("a = { b = 1, # why\n c = 2 }\n", "a = {\n  b = 1,  # why\n  c = 2,\n}\n");
    }

    #[test]
    fn texts_of_several_lines_stay() {
        check("a = \"\"\"\none\n  two\"\"\"   # c\n", "a = \"\"\"\none\n  two\"\"\"  # c\n");
        check("a = ['''\nx ''', 1]\n", "a = [\n  '''\nx ''',\n  1,\n]\n");
    }

    #[test]
    fn what_is_not_toml_is_left_alone() {
        assert_eq!(format("a = "), None);
        assert_eq!(format("[a\n"), None);
    }
}
