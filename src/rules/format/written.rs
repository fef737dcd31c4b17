//! How a key and a text are written.

use toml_writer::{ToTomlKey, ToTomlValue, TomlKeyBuilder, TomlStringBuilder};

/// A part of a key: bare where it may be.
pub(in crate::rules) fn key_of(name: &str) -> String {
    let builder = TomlKeyBuilder::new(name);
    let key = builder.as_unquoted().or_else(|| builder.as_basic_pretty()).or_else(|| builder.as_literal());
    key.unwrap_or_else(|| builder.as_basic()).to_toml_key()
}

/// A text of one line. Conditions have texts of their own inside, so theirs are single quotes.
pub(in crate::rules) fn text_of(text: &str, is_condition: bool) -> String {
    let builder = TomlStringBuilder::new(text);
    let prefers_literal = is_condition || text.contains(['"', '\\']);
    let literal = if prefers_literal { builder.as_literal() } else { None };
    literal.unwrap_or_else(|| builder.as_basic()).to_toml_value()
}
