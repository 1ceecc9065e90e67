//! The metric on a mock host, beside a stand-in for the geometry.

#![forbid(unsafe_code)]

use rps_example_metric::Manhattan;
use rps_plugin::abi::status;
use rps_plugin::testing::{MockError, MockHost, Registered};
use rps_plugin::{Error, Plugin, PointDefinition, Registrar};

/// Defines the point as the geometry does, with an implementation that comes second.
struct Geo;

impl Plugin for Geo {
    const ID: &'static str = "geo";
    const VERSION: &'static str = "0.1.0";

    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        registrar.define_point(PointDefinition::new("geo.metric", "").required())?;
        registrar.implement("geo.metric", "none").function(0, |_, _, output| output.write([0; 8])).register()
    }
}

#[test]
fn it_comes_first_and_goes_along_the_streets() -> Result<(), MockError> {
    let mut host = MockHost::load::<Geo>()?;
    let input: Vec<u8> = [1.0, 1.0, -2.0, 5.0].into_iter().flat_map(f64::to_le_bytes).collect();
    assert_eq!(host.call_point("geo.metric", 0, &input)?, 0f64.to_le_bytes());
    host.and_load::<Manhattan>()?;
    assert_eq!(host.call_point("geo.metric", 0, &input)?, 7f64.to_le_bytes());
    let error = host.call_point("geo.metric", 0, &input[1..]).unwrap_err();
    assert_eq!(
        (error.status, error.message.as_str()),
        (status::CORRUPT, "expected four doubles, not 31 bytes")
    );
    let registered = Registered {
        point: "geo.metric".to_owned(),
        name: "manhattan".to_owned(),
        priority: 10,
        revision: 1,
    };
    assert_eq!(host.registrations().last(), Some(&registered));
    Ok(())
}

#[test]
fn without_the_geometry_there_is_no_point_to_implement() {
    assert_eq!(MockHost::load::<Manhattan>().err().map(|error| error.status), Some(status::NOT_FOUND));
}
