use rps_plugin::{Error, Registrar};

/// Registers `geo_hypot(x, y)`.
pub(crate) fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    registrar.intrinsic("geo_hypot", hypot as extern "C" fn(f64, f64) -> f64)
}

/// Returns how long the hypotenuse of a triangle is.
extern "C" fn hypot(x: f64, y: f64) -> f64 {
    x.hypot(y)
}
