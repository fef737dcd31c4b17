//! Cells and rows: how a value of the domain becomes a column of a database, and comes back.
//!
//! Independent of the database: a driver binds [`Value`]s and reads through [`Cells`].

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::ids::{
    AccountId, BotId, ChannelId, ChatId, CustomerId, DialogId, GroupId, ManagerId, MessageId, RuleId,
    RulesVersion,
};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

/// A value as a database takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A text.
    Text(Arc<str>),
}

/// The columns of one row as a database gives them, by position. Errors say what is wrong with the column.
pub(crate) trait Cells {
    /// Whether there is nothing.
    fn is_null(&self, at: usize) -> bool;
    /// A whole number.
    fn int(&self, at: usize) -> Result<i64, String>;
    /// A text.
    fn text(&self, at: usize) -> Result<&str, String>;
}

/// A value of the domain that fills one column.
pub(crate) trait Cell: Sized {
    /// To the database.
    fn put(self) -> Value;
    /// Back from it.
    fn take(cells: &impl Cells, at: usize) -> Result<Self, String>;
}

/// Several columns in fixed order.
pub(crate) trait Record: Sized {
    /// Their names.
    const COLUMNS: &'static [&'static str];
    /// Appends the values.
    fn write(self, row: &mut Vec<Value>);
    /// Reads them back, from a position on. Errors name the column.
    fn read(cells: &impl Cells, from: usize) -> Result<Self, String>;
}

/// Declares a struct whose fields are columns of the same names, in the same order.
macro_rules! record {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $kind:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub(crate) struct $name {
            $(pub $field: $kind,)*
        }

        impl $crate::store::cell::Record for $name {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn write(self, row: &mut Vec<$crate::store::cell::Value>) {
                $(row.push($crate::store::cell::Cell::put(self.$field));)*
            }

            fn read(cells: &impl $crate::store::cell::Cells, from: usize) -> Result<Self, String> {
                let mut at = from..;
                Ok(Self {
                    $($field: $crate::store::cell::take_named(cells, &mut at, stringify!($field))?,)*
                })
            }
        }
    };
}
pub(crate) use record;

/// Reads the next column and names it if it is bad.
pub(crate) fn take_named<T: Cell>(
    cells: &impl Cells,
    at: &mut impl Iterator<Item = usize>,
    name: &str,
) -> Result<T, String> {
    let at = at.next().ok_or_else(|| format!("column {name} is missing"))?;
    T::take(cells, at).map_err(|problem| format!("column {name}: {problem}"))
}

macro_rules! ids {
    ($($id:ident)*) => {
        $(impl Cell for $id {
            fn put(self) -> Value {
                Value::Text(self.shared())
            }
            fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
                cells.text(at).map(Self::trusted)
            }
        })*
    };
}
ids!(AccountId BotId ChannelId ChatId CustomerId DialogId GroupId ManagerId MessageId RuleId RulesVersion);

macro_rules! numbers {
    ($($number:ident)*) => {
        $(impl Cell for $number {
            fn put(self) -> Value {
                Value::Int(i64::try_from(self).unwrap_or(i64::MAX))
            }
            fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
                let value = cells.int(at)?;
                Self::try_from(value).map_err(|_| format!("{value} is out of range"))
            }
        })*
    };
}
numbers!(i64 u64 u32 u16);

impl Cell for bool {
    fn put(self) -> Value {
        Value::Int(i64::from(self))
    }
    fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
        match cells.int(at)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(format!("{other} is neither 0 nor 1")),
        }
    }
}

impl Cell for Arc<str> {
    fn put(self) -> Value {
        Value::Text(self)
    }
    fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
        cells.text(at).map(Arc::from)
    }
}

impl Cell for String {
    fn put(self) -> Value {
        Value::Text(self.into())
    }
    fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
        cells.text(at).map(str::to_owned)
    }
}

impl Cell for Timestamp {
    fn put(self) -> Value {
        Value::Int(self.micros())
    }
    fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
        cells.int(at).map(Self::from_micros)
    }
}

/// In microseconds; longer than 292,000 years is cut.
impl Cell for Duration {
    fn put(self) -> Value {
        Value::Int(i64::try_from(self.as_micros()).unwrap_or(i64::MAX))
    }
    fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
        u64::take(cells, at).map(Self::from_micros)
    }
}

/// In thousandths.
impl Cell for Units {
    fn put(self) -> Value {
        Value::Int(i64::from(self.milli()))
    }
    fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
        u32::take(cells, at).map(Self::from_milli)
    }
}

impl<T: Cell> Cell for Option<T> {
    fn put(self) -> Value {
        self.map_or(Value::Null, T::put)
    }
    fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
        if cells.is_null(at) { Ok(None) } else { T::take(cells, at).map(Some) }
    }
}

/// A nested thing, as JSON.
#[derive(Clone, Debug)]
pub(crate) struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned> Cell for Json<T> {
    fn put(self) -> Value {
        // Our own plain structs always serialize; an empty cell would be reported when it is read.
        serde_json::to_string(&self.0).map_or(Value::Null, |text| Value::Text(text.into()))
    }
    fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
        serde_json::from_str(cells.text(at)?).map(Self).map_err(|problem| format!("bad JSON: {problem}"))
    }
}

/// A nested thing that is mostly at its default, and then takes no room.
#[derive(Clone, Debug)]
pub(crate) struct Sparse<T>(pub T);

impl<T: Serialize + DeserializeOwned + Default + PartialEq> Cell for Sparse<T> {
    fn put(self) -> Value {
        if self.0 == T::default() { Value::Null } else { Json(self.0).put() }
    }
    fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
        if cells.is_null(at) {
            Ok(Self(T::default()))
        } else {
            Json::take(cells, at).map(|json| Self(json.0))
        }
    }
}

/// Bytes, as lower-case hexadecimal digits.
#[derive(Clone, Debug)]
pub(crate) struct Hex(pub Vec<u8>);

impl Cell for Hex {
    fn put(self) -> Value {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
        let text: String = self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect();
        text.put()
    }
    fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
        let text = cells.text(at)?;
        let bytes = text.as_bytes().chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
            u8::from_str_radix(pair, 16).ok()
        });
        bytes.collect::<Option<_>>().map(Self).ok_or_else(|| "not hexadecimal digits".to_owned())
    }
}

impl Hex {
    /// As many bytes as a hash has.
    pub(crate) fn hash(self) -> Result<[u8; 32], String> {
        self.0.try_into().map_err(|bytes: Vec<u8>| format!("a hash of {} bytes", bytes.len()))
    }
}

/// The lower-case form of a text if SQL could not fold its case by itself, that is, beyond ASCII.
pub(crate) fn folded(text: &str) -> Option<String> {
    (!text.is_ascii()).then(|| text.to_lowercase())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    impl Cells for Vec<Value> {
        fn is_null(&self, at: usize) -> bool {
            self[at] == Value::Null
        }
        fn int(&self, at: usize) -> Result<i64, String> {
            if let Value::Int(value) = self[at] { Ok(value) } else { Err("no number".to_owned()) }
        }
        fn text(&self, at: usize) -> Result<&str, String> {
            if let Value::Text(text) = &self[at] { Ok(text) } else { Err("no text".to_owned()) }
        }
    }

    #[track_caller]
    pub(crate) fn same<T: Cell + Clone + PartialEq + std::fmt::Debug>(value: &T) {
        let cells = vec![value.clone().put()];
        assert_eq!(T::take(&cells, 0).as_ref(), Ok(value));
    }

    #[test]
    fn cells_come_back_as_they_went() {
        same(&true);
        same(&Some(Units::from_milli(250)));
        same(&None::<Timestamp>);
        same(&Timestamp::from_micros(i64::MIN));
        let bytes = vec![Hex(vec![0, 9, 171, 255]).put()];
        assert_eq!(bytes, [Value::Text("0009abff".into())]);
        assert_eq!(Hex::take(&bytes, 0).map(|hex| hex.0), Ok(vec![0, 9, 171, 255]));
    }

    #[test]
    fn bad_cells_are_told() {
        assert!(bool::take(&vec![Value::Int(2)], 0).is_err());
        assert!(u16::take(&vec![Value::Int(-1)], 0).is_err());
        assert!(Hex::take(&vec![Value::Text("abc".into())], 0).is_err());
        assert!(Json::<u32>::take(&vec![Value::Text("{".into())], 0).is_err());
    }
}
