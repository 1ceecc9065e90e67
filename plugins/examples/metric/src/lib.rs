//! A metric for the geometry: in a city, one goes along the streets.
//!
//! It shows how a plugin extends another one: it requires `geo`, and implements its point `geo.metric` with a higher priority,
//! so that `geo_distance` asks it first. The two share no code, only what the point says.

#![forbid(unsafe_code)]

use rps_plugin::{Error, Plugin, Registrar, Requirement};

/// The plugin.
#[derive(Debug)]
pub struct Manhattan;

impl Plugin for Manhattan {
    const ID: &'static str = "metric";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const NAME: &'static str = "Manhattan metric";
    const DESCRIPTION: &'static str = "Distances along the streets of a city.";
    const REQUIRES: &'static [Requirement] = &[Requirement::new(c"geo", c">=0.1, <1")];

    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        registrar
            .at_priority(10)
            .implement("geo.metric", "manhattan")
            .function(0, |_, input, output| {
                let (doubles, rest) = input.as_chunks::<8>();
                let doubles: Vec<f64> = doubles.iter().copied().map(f64::from_le_bytes).collect();
                let ([ax, ay, bx, by], []) = (doubles.as_slice(), rest) else {
                    return Err(Error::corrupt(format!("expected four doubles, not {} bytes", input.len())));
                };
                output.write(((bx - ax).abs() + (by - ay).abs()).to_le_bytes())
            })
            .register()
    }
}

#[cfg(not(feature = "built-in"))]
rps_plugin::register_plugin!(Manhattan);
#[cfg(feature = "built-in")]
rps_plugin::register_plugin!(Manhattan, built_in);
