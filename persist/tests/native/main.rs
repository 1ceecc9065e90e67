//! Stores in the native form: loaded, dumped, damaged, checked.

mod damage;
mod files;
mod lost_by_refpersys;
mod round_trip;
mod support;
