//! Stores in a real repository, by the commands `git` and `rps`: what is shown, what is merged, and what conflicts.
//!
//! `stage` is the support; `noise` shows that nothing is in a diff that nobody changed; `clean` and `conflicts` are merges,
//! `rebase` moves commits; `setup`, `whole` and `pack` are the other verbs.

#![forbid(unsafe_code)]

mod clean;
mod conflicts;
mod journal;
mod noise;
mod pack;
mod rebase;
mod setup;
mod stage;
mod whole;
