//! Geometry in the plane: payloads, methods, and an extension point of the plugin's own.
//!
//! Read in this order: [`Point`] and [`Path`] (payloads: what objects hold), [`Geo`] (what is registered), `metric` (the point
//! `geo.metric`, which other plugins implement), `area` (a command), `view` (how points and paths are shown), `native` (a
//! function that machine code calls directly).

#![forbid(unsafe_code)]

mod area;
mod metric;
mod native;
mod view;

use rps_plugin::{Error, Json, ObjectRef, Plugin, Registrar, RpsPayload, Value};

pub use self::metric::{DISTANCE, METRIC};

/// A place in the plane.
#[derive(Clone, Debug, Default, PartialEq, RpsPayload)]
#[rps(name = "geo/Point", class = "Point")]
pub struct Point {
    /// How far it is to the right.
    pub x: f64,
    /// How far it is up.
    pub y: f64,
    /// What people call it.
    pub label: String,
}

/// Points, one after the other. It refers to the objects: when one of them moves, so does the path.
#[derive(Clone, Debug, Default, RpsPayload)]
#[rps(name = "geo/Path", class = "Path")]
pub struct Path {
    /// The objects, which hold a [`Point`] each.
    pub points: Vec<ObjectRef>,
}

/// The plugin.
#[derive(Debug)]
pub struct Geo;

impl Plugin for Geo {
    const ID: &'static str = "geo";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const NAME: &'static str = "Geometry";
    const DESCRIPTION: &'static str = "Points and paths in the plane, and how far they are apart.";

    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        registrar.payload::<Point>().with_default().with_copy().register()?;
        registrar.payload::<Path>().with_default().with_copy().register()?;
        metric::register(registrar)?;
        area::register(registrar)?;
        view::register(registrar)?;
        native::register(registrar)?;
        points(registrar)?;
        paths(registrar)
    }
}

fn points(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    registrar.function("geo_point", 2, "(x, y) Returns a point.", |call, args| {
        call.new_payload(Point { x: args.double(0)?, y: args.double(1)?, label: String::new() })
    })?;
    registrar.function("geo_distance", 2, "(a, b) Returns how far two points are apart.", |call, args| {
        call.double(metric::distance(call, args.value(0)?, args.value(1)?)?)
    })?;
    registrar.method("Point", "x", 0, "() Returns how far it is to the right.", |call, point, _| {
        call.double(point.payload::<Point>()?.x)
    })?;
    registrar.method("Point", "y", 0, "() Returns how far it is up.", |call, point, _| {
        call.double(point.payload::<Point>()?.y)
    })?;
    registrar.method("Point", "label", 0, "() Returns what people call it.", |call, point, _| {
        call.string(&point.payload::<Point>()?.label)
    })?;
    registrar.method("Point", "set_label", 1, "(label) Says what people call it.", |_, point, args| {
        let label = args.text(0)?.to_owned();
        point.update(|point: &mut Point| point.label = label)?;
        Ok(point)
    })?;
    registrar.method("Point", "move_by", 2, "(dx, dy) Moves it, and returns it.", |call, point, args| {
        let (dx, dy) = (args.double(0)?, args.double(1)?);
        let (x, y) = point.update(|point: &mut Point| {
            point.x += dx;
            point.y += dy;
            (point.x, point.y)
        })?;
        call.emit("geo.moved", &Json::object([("x", Json::from(x)), ("y", Json::from(y))]))?;
        Ok(point)
    })
}

fn paths(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    registrar.variadic_function(
        "geo_path",
        "(points…) Returns the path through points.",
        |call, args| {
            let points = args.values().map(reference).collect::<Result<_, _>>()?;
            call.new_payload(Path { points })
        },
    )?;
    registrar.method(
        "Path",
        "add",
        1,
        "(point) Adds a point at its end, and returns it.",
        |_, path, args| {
            let point = reference(args.value(0)?)?;
            path.update(|path: &mut Path| path.points.push(point))?;
            Ok(path)
        },
    )?;
    registrar.method("Path", "points", 0, "() Returns its points.", |call, path, _| {
        call.tuple(&points_of(path)?)
    })?;
    registrar.method("Path", "length", 0, "() Returns how long it is.", |call, path, _| {
        let mut length = 0.0;
        for pair in points_of(path)?.windows(2) {
            call.check_cancelled()?;
            length += metric::distance(call, pair[0], pair[1])?;
        }
        call.double(length)
    })
}

/// Returns a reference to an object, if it is a point.
fn reference(value: Value<'_>) -> Result<ObjectRef, Error> {
    value.payload::<Point>()?;
    ObjectRef::new(value)
}

/// Returns the points of a path, as values.
fn points_of(path: Value<'_>) -> Result<Vec<Value<'_>>, Error> {
    let path = path.payload::<Path>()?;
    path.points.iter().map(|point| point.value(&path)).collect()
}

/// Returns where two points are.
fn coordinates(a: Value<'_>, b: Value<'_>) -> Result<[f64; 4], Error> {
    let (a, b) = (a.payload::<Point>()?, b.payload::<Point>()?);
    Ok([a.x, a.y, b.x, b.y])
}

#[cfg(not(feature = "built-in"))]
rps_plugin::register_plugin!(Geo);
#[cfg(feature = "built-in")]
rps_plugin::register_plugin!(Geo, built_in);
