//! Reads a command as a manager typed it.

/// The commands, with what each is for in at most 64 characters: how they are registered in the Message Gateway.
pub const REGISTERED: [(&str, &str); 5] = [
    ("why", "Why is this dialog where it is? /why NAME: why not them?"),
    ("transfer", "/transfer NAME or GROUP: give this dialog to somebody else"),
    ("release", "Give this dialog back to routing"),
    ("queue", "How many dialogs wait, and for how long"),
    ("help", "What can be typed here"),
];

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Why is the dialog where it is? With a name: why did they not get it?
    Why(Option<String>),
    /// Give it to somebody.
    Transfer {
        /// To whom: a name or a group, as typed. Empty: it was not said.
        to: String,
        /// Even if absent: the name ends with `!`.
        anyway: bool,
    },
    /// Give it back to routing.
    Release,
    /// How long is the queue?
    Queue,
    /// What is there?
    Help,
    /// Something else, as typed.
    Unknown(String),
}

/// Reads a text. `None`: it is no command.
pub fn parse(text: &str) -> Option<Command> {
    let text = text.trim().strip_prefix('/')?;
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(match word.to_lowercase().as_str() {
        "why" => Command::Why((!rest.is_empty()).then_some(rest)),
        "transfer" => {
            let name = rest.trim_end_matches('!');
            Command::Transfer { to: name.trim_end().to_owned(), anyway: name.len() < rest.len() }
        }
        "release" => Command::Release,
        "queue" => Command::Queue,
        "help" | "" => Command::Help,
        _ => Command::Unknown(word.chars().take(40).collect()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_as_people_type_them() {
        let transfer = |to: &str, anyway| Some(Command::Transfer { to: to.into(), anyway });
        let cases = [
            ("/why", Some(Command::Why(None))),
            ("  /WHY  ana  gil ", Some(Command::Why(Some("ana gil".into())))),
            ("/transfer sales", transfer("sales", false)),
            ("/transfer\tAna  Gil !", transfer("Ana Gil", true)),
            ("/transfer ana!", transfer("ana", true)),
            ("/transfer", transfer("", false)),
            ("/transfer !", transfer("", true)),
            ("/release please", Some(Command::Release)),
            ("/queue", Some(Command::Queue)),
            ("/help", Some(Command::Help)),
            ("/", Some(Command::Help)),
            ("/Dance now", Some(Command::Unknown("Dance".into()))),
            ("why", None),
            ("", None),
            ("see /why", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_registered_fits_the_gateway_and_is_understood() {
        for (name, description) in REGISTERED {
            assert!(name.len() <= 32 && description.chars().count() <= 64, "{name}");
            assert!(!matches!(parse(&format!("/{name}")), None | Some(Command::Unknown(_))), "{name}");
        }
    }
}
