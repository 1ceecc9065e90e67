#![forbid(unsafe_code)]
#![deny(warnings, missing_docs)]

//! A plugin whose crate forbids unsafe code.

use rps_plugin::rkyv::{Archive, Serialize};
use rps_plugin::{Error, Plugin, Registrar, RpsPayload, register_plugin};

/// A plugin.
#[derive(Debug)]
pub struct Geo;

#[derive(Default, Clone, Archive, Serialize, RpsPayload)]
#[rkyv(crate = rps_plugin::rkyv)]
#[rps(name = "geo/Point", class = "Point", generate(rkyv))]
struct Point {
    x: f64,
}

impl Plugin for Geo {
    const ID: &'static str = "geo";
    const VERSION: &'static str = "1.0.0";

    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        registrar.payload::<Point>().with_default().with_copy().register()
    }
}

register_plugin!(Geo);

/// The same, linked into a program.
pub mod linked {
    rps_plugin::register_plugin!(super::Geo, built_in);
}

fn main() {}
