//! Stores in the native form: loaded, dumped, damaged, checked.
//!
//! `round_trip` is the property over random graphs, `lost_by_refpersys` names what RefPerSys loses, `files` looks at the
//! directory, `damage` at what is reported, `functions` at those and their closures, `plugins` at payloads that those
//! define, `codecs` at files in frames, `commits` at the journal, `incremental` at dumps that go on from the one before, `concurrent` at those while
//! others work, `states` at what plugins save, `validators` at what they check; `support` and `fake` are shared by them.

mod codecs;
mod commits;
mod concurrent;
mod damage;
mod edited;
mod fake;
mod files;
mod functions;
mod incremental;
mod lost_by_refpersys;
mod plugins;
mod round_trip;
mod states;
mod support;
mod validators;
