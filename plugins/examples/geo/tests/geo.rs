//! The geometry on a mock host.

#![forbid(unsafe_code)]

use rps_example_geo::{Geo, Path, Point};
use rps_plugin::abi::status;
use rps_plugin::testing::{MockError, MockHost, MockObject, MockValue};
use rps_plugin::{Json, Payload};

fn point(host: &MockHost, x: f64, y: f64) -> Result<MockValue, MockError> {
    host.call("geo_point", &[x.into(), y.into()])
}

fn object(value: &MockValue) -> MockObject {
    value.as_object().expect("an object")
}

#[test]
fn points_have_methods() -> Result<(), MockError> {
    let host = MockHost::load::<Geo>()?;
    let place = point(&host, 1.5, 2.0)?;
    assert_eq!(host.send(&place, "x", &[])?, 1.5.into());
    assert_eq!(host.send(&place, "move_by", &[1.into(), (-2.0).into()])?, place);
    assert_eq!(host.send(&place, "y", &[])?, 0.0.into());
    host.send(&place, "set_label", &["here".into()])?;
    assert_eq!(host.send(&place, "label", &[])?, "here".into());
    assert_eq!(host.change_count(object(&place))?, 2);
    let moved = Json::parse(br#"{"x":2.5,"y":0.0}"#).unwrap();
    assert_eq!(host.events(), [("geo.moved".to_owned(), moved)]);
    Ok(())
}

#[test]
fn the_distance_is_that_of_the_first_metric() -> Result<(), MockError> {
    let host = MockHost::load::<Geo>()?;
    let (a, b) = (point(&host, 0.0, 0.0)?, point(&host, 3.0, 4.0)?);
    assert_eq!(host.call("geo_distance", &[a.clone(), b.clone()])?, 5.0.into());
    let error = host.call("geo_distance", &[a, 1.into()]).unwrap_err();
    assert_eq!((error.status, error.message.as_str()), (status::INVALID, "expected a geo/Point"));
    Ok(())
}

#[test]
fn points_are_saved_as_json() -> Result<(), MockError> {
    let host = MockHost::load::<Geo>()?;
    let json = Json::parse(br#"{"x":-0.0,"y":1e300,"label":"a \"b\"\n\u00e9"}"#).unwrap();
    let loaded = host.load_payload("geo/Point", &json)?;
    assert_eq!(
        host.save_payload(loaded)?.to_string(),
        "{\"x\":-0.0,\"y\":1e300,\"label\":\"a \\\"b\\\"\\n\u{e9}\"}"
    );
    let copy = host.copy_payload(loaded)?;
    host.send(&copy.into(), "move_by", &[1.into(), 0.into()])?;
    assert_eq!(host.send(&loaded.into(), "x", &[])?, MockValue::Double(-0.0));
    for (text, message) in [
        (r#"{"x":1,"y":2}"#, "field \"label\" is missing"),
        (r#"{"x":1,"y":2,"label":"","z":3}"#, "there is no field \"z\""),
        (r#"{"x":"far","y":2,"label":""}"#, "x: expected f64"),
        ("[]", "expected an object"),
    ] {
        let error = host.load_payload("geo/Point", &Json::parse(text.as_bytes()).unwrap()).unwrap_err();
        assert_eq!((error.status, error.message.as_str()), (status::CORRUPT, message));
    }
    Ok(())
}

#[test]
fn a_path_keeps_its_points_and_names_them_by_oid() -> Result<(), MockError> {
    let host = MockHost::load::<Geo>()?;
    let (a, b, c) = (point(&host, 0.0, 0.0)?, point(&host, 3.0, 4.0)?, point(&host, 3.0, 5.0)?);
    let path = host.call("geo_path", &[a, b.clone()])?;
    host.send(&path, "add", &[c])?;
    assert_eq!(host.root_count(), 0, "the path is traced: nothing is kept by roots");
    assert_eq!(host.collect(&[object(&path)]), 0);
    assert_eq!(host.send(&path, "length", &[])?, 6.0.into());
    host.send(&b, "move_by", &[0.into(), 1.into()])?;
    assert_eq!(host.send(&path, "length", &[])?, (34f64.sqrt()).into());

    let json = host.save_payload(object(&path))?;
    let oids = json.get("points").and_then(Json::as_array).map(<[Json]>::len);
    assert_eq!(oids, Some(3));
    let again = host.load_payload("geo/Path", &json)?;
    assert_eq!(host.save_payload(again)?, json);
    assert_eq!(host.send(&again.into(), "points", &[])?, host.send(&path, "points", &[])?);
    assert_eq!(host.root_count(), 0);

    assert_eq!(host.collect(&[again]), 1, "only the first path ends");
    assert_eq!(host.collect(&[]), 4);
    Ok(())
}

#[test]
fn a_copied_path_has_the_same_points() -> Result<(), MockError> {
    let host = MockHost::load::<Geo>()?;
    let path = host.call("geo_path", &[point(&host, 0.0, 0.0)?, point(&host, 0.0, 2.0)?])?;
    let copy = host.copy_payload(object(&path))?;
    assert_eq!(host.collect(&[copy]), 1);
    assert_eq!(host.send(&copy.into(), "length", &[])?, 2.0.into());
    Ok(())
}

#[test]
fn the_command_tells_the_area() -> Result<(), MockError> {
    let host = MockHost::load::<Geo>()?;
    assert_eq!(host.command("area", "0,0 2,0 2,3 0,3")?, "6\n");
    assert_eq!(host.complete("area", "")?, ["0,0"]);
    let error = host.command("area", "0,0 1,1").unwrap_err();
    assert_eq!(error.code.as_deref(), Some("geo::degenerate"));
    assert_eq!(host.command("area", "a").unwrap_err().message, "a is no corner: write X,Y");
    Ok(())
}

#[test]
fn points_and_paths_are_shown() -> Result<(), MockError> {
    let host = MockHost::load::<Geo>()?;
    let (a, b) = (point(&host, 1.0, 2.0)?, point(&host, 3.5, 4.0)?);
    let shown = |value: &MockValue| host.view(value).map(|view| view.map(|view| view.to_string()));
    assert_eq!(
        shown(&a)?.as_deref(),
        Some(r#"{"title":"(1, 2)","kind":"table","columns":["axis","place"],"rows":[["x","1"],["y","2"]]}"#)
    );
    let path = host.call("geo_path", &[a, b])?;
    assert_eq!(
        shown(&path)?.as_deref(),
        Some(
            r#"{"title":"a path of 2 points","kind":"graph","nodes":["(1, 2)","(3.5, 4)"],"edges":[[0,1]]}"#
        )
    );
    assert_eq!(shown(&1.into())?, None);
    Ok(())
}

#[test]
fn the_types_are_named_after_the_plugin() {
    assert_eq!((Point::TYPE_NAME, Point::CLASS_NAME), (c"geo/Point", c"Point"));
    assert_eq!(Path::schema_text(), "struct{points:list<object>}");
}
