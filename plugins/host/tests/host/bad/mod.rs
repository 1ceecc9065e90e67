//! Bad plugins, each refused with an error of its own while the others go on (DYN-2): `files` (what is no library),
//! `descriptors` (what is wrong before anything is called), `inits` and `interfaces` (what is wrong with what is
//! registered), `sidecars`, `dependencies`, `paths` (several files, one plugin), `leaks` (what a failed load leaves).

mod dependencies;
mod descriptors;
mod files;
mod inits;
mod interfaces;
mod leaks;
mod paths;
mod sidecars;
