//! Salvage and restore: whatever is done to a store, what was sound is a sound store again, and no byte is gone (RPS-47).
//!
//! `damages` is the list of what can be done to a store, by name; `random` does what nobody thought of; `rules` looks at
//! what becomes of each kind of damage; `restore` goes back to previous generations; `support` makes the store, and has
//! what must hold after every salvage.

#![forbid(unsafe_code)]

mod damages;
mod random;
mod restore;
mod rules;
mod support;
