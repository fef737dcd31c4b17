//! The ids that a run gives: they tell its own dialogs from all others, and a repeated request from a new one.

use std::fmt;

use super::stage::DialogNo;

/// The name of a run: no other run of the account has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunName(String);

impl RunName {
    /// The run that begins after this event. Each run leaves events, so no two begin at the same.
    pub fn after(seq: u64) -> Self {
        Self(format!("run{seq}"))
    }

    /// A name chosen by somebody.
    pub fn chosen(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A dialog's id.
    pub fn dialog(&self, no: DialogNo) -> String {
        format!("{}-{no}", self.0)
    }

    /// Which of our dialogs it is, if it is ours.
    pub fn number(&self, dialog: &str) -> Option<DialogNo> {
        dialog.strip_prefix(&self.0)?.strip_prefix('-')?.parse().ok()
    }

    /// A message's id; zero is the one that opens the dialog.
    pub fn message(&self, no: DialogNo, message: u16) -> String {
        format!("{}-{no}.{message}", self.0)
    }

    /// A customer who is nobody else.
    pub fn customer(&self, no: DialogNo) -> String {
        format!("{}-c{no}", self.0)
    }
}

/// An id as a part of an address.
pub struct InPath<'a>(pub &'a str);

impl fmt::Display for InPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.~:@+".contains(&byte) {
                write!(f, "{}", char::from(byte))?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_knows_its_own_dialogs() {
        let run = RunName::after(41);
        assert_eq!(run.dialog(7), "run41-7");
        assert_eq!(run.number("run41-7"), Some(7));
        for other in ["run4-17", "run41-c7", "run41-7.1", "x"] {
            assert_eq!(run.number(other), None, "{other}");
        }
    }

    #[test]
    fn ids_are_safe_in_addresses() {
        assert_eq!(InPath("mg:91-a_b").to_string(), "mg:91-a_b");
        assert_eq!(InPath("50% é").to_string(), "50%25%20%C3%A9");
    }
}
