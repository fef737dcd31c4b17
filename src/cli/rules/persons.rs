//! A manager in a few words: `ana=online,load=3`.

use crate::domain::ids::{GroupId, ManagerId};
use crate::domain::manager::Status;
use crate::domain::units::Units;
use crate::nearest::nearest;
use crate::rules::cases::Person;
use crate::rules::duration;

const WORDS: [&str; 12] = [
    "online", "offline", "on_leave", "free", "busy", "dinner", "break", "admin", "load", "capacity", "idle",
    "group",
];

/// Reads `ID=WORDS`, or an id alone.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub fn read(text: &str) -> Result<(ManagerId, Person), String> {
    let (id, words) = text.split_once('=').unwrap_or((text, ""));
    let id = ManagerId::parse(id).map_err(|error| error.to_string())?;
    let mut person = Person::default();
    for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        describe(&mut person, word)?;
    }
    Ok((id, person))
}

fn describe(person: &mut Person, word: &str) -> Result<(), String> {
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    let units = || {
        let number = value.parse().ok().and_then(Units::from_f64);
        number.ok_or_else(|| format!("`{name}` takes a number of units, such as {name}=3"))
    };
    match name {
        "online" => person.online = Some(true),
        "offline" => person.online = Some(false),
        "on_leave" => person.on_leave = Some(true),
        "free" => person.status = Some(Status::Free),
        "busy" => person.status = Some(Status::Busy),
        "dinner" => person.status = Some(Status::Dinner),
        "break" => person.status = Some(Status::Break),
        "admin" => person.admin = Some(true),
        "load" => person.load = Some(units()?),
        "capacity" => person.capacity = Some(units()?),
        "idle" => {
            let idle = duration(value);
            person.idle = Some(idle.ok_or_else(|| "`idle` takes a duration, such as idle=20m".to_owned())?);
        }
        "group" => {
            let group = GroupId::parse(value).map_err(|error| error.to_string())?;
            person.groups.get_or_insert_default().insert(group);
        }
        unknown => {
            let near = nearest(unknown, WORDS).map(|near| format!("; did you mean `{near}`?"));
            let near = near.unwrap_or_else(|| format!("; the words are {}", WORDS.join(", ")));
            return Err(format!("`{unknown}` says nothing about a manager{near}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_describe_a_manager() {
        let (id, person) = read("ana=offline,load=2.5,group=support,busy").unwrap();
        assert_eq!((id.as_str(), person.online, person.status), ("ana", Some(false), Some(Status::Busy)));
        assert_eq!((person.load, person.groups.map(|groups| groups.len())), (Units::from_f64(2.5), Some(1)));
        assert_eq!(read("ana").unwrap().1, Person::default());
        assert!(read("ana=offlin").unwrap_err().contains("did you mean `offline`"));
        assert!(read("ana=load=many").is_err() && read("a b=online").is_err());
    }
}
