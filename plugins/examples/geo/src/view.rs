use rps_plugin::{Error, Registrar, Value, View};

use crate::{Path, Point, points_of};

/// Registers how points and paths are shown.
pub(crate) fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    registrar.view("geo", |_, value| {
        if value.has_payload::<Point>() {
            let point = value.payload::<Point>()?;
            let rows = [["x".to_owned(), point.x.to_string()], ["y".to_owned(), point.y.to_string()]];
            return Ok(Some(View::table(title(&point), ["axis", "place"], rows)));
        }
        if value.has_payload::<Path>() {
            return path(value).map(Some);
        }
        Ok(None)
    })
}

fn path(value: Value<'_>) -> Result<View, Error> {
    let points = points_of(value)?;
    let nodes: Vec<String> =
        points.iter().map(|point| Ok(title(&*point.payload::<Point>()?))).collect::<Result<_, Error>>()?;
    let edges = (1..nodes.len()).map(|place| (place - 1, place));
    Ok(View::graph(format!("a path of {} points", nodes.len()), nodes, edges))
}

fn title(point: &Point) -> String {
    if point.label.is_empty() { format!("({}, {})", point.x, point.y) } else { point.label.clone() }
}
