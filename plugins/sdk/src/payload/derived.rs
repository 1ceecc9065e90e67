//! What `#[derive(RpsPayload)]` calls to read JSON.

use super::Field;
use crate::call::Call;
use crate::error::Error;
use crate::json::Json;

/// Checks that an object has these members only: one that nobody knows would be lost at the next dump.
///
/// # Errors
///
/// [`Error::corrupt`] for another one, one that is there twice, or something that is no object.
pub fn members(json: &Json, keys: &[&str]) -> Result<(), Error> {
    let members = json.as_object().ok_or_else(|| Error::corrupt("expected an object"))?;
    for (index, (key, _)) in members.iter().enumerate() {
        if !keys.contains(&key.as_str()) {
            return Err(Error::corrupt(format!("there is no field {key:?}")));
        }
        if members[..index].iter().any(|(before, _)| before == key) {
            return Err(Error::corrupt(format!("field {key:?} is there twice")));
        }
    }
    Ok(())
}

/// Returns a field.
///
/// # Errors
///
/// [`Error::corrupt`] with its name, if it is missing or wrong.
pub fn member<T: Field>(json: &Json, key: &str, call: &Call) -> Result<T, Error> {
    let value = json.get(key).ok_or_else(|| Error::corrupt(format!("field {key:?} is missing")))?;
    T::read_json(value, call).map_err(|error| error.context(key))
}

/// Returns the items of an array of so many.
///
/// # Errors
///
/// [`Error::corrupt`] else.
pub fn items(json: &Json, count: usize) -> Result<&[Json], Error> {
    match json.as_array() {
        Some(items) if items.len() == count => Ok(items),
        _ => Err(Error::corrupt(format!("expected an array of {count}"))),
    }
}

/// Returns an item.
///
/// # Errors
///
/// [`Error::corrupt`] with its number, if it is wrong.
pub fn item<T: Field>(items: &[Json], index: usize, call: &Call) -> Result<T, Error> {
    T::read_json(&items[index], call).map_err(|error| error.context(index))
}

/// Returns the name of a variant, and what is inside.
///
/// # Errors
///
/// [`Error::corrupt`] when it is neither a string nor an object of one member.
pub fn variant(json: &Json) -> Result<(&str, Option<&Json>), Error> {
    match json {
        Json::String(name) => Ok((name, None)),
        Json::Object(members) if members.len() == 1 => Ok((&members[0].0, Some(&members[0].1))),
        _ => Err(Error::corrupt("expected a variant")),
    }
}
