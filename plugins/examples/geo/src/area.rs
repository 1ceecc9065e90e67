use std::io::Write;

use rps_plugin::{Error, Registrar};

/// Registers `:area x,y x,y x,y …`.
pub(crate) fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    registrar
        .command("area", "X,Y X,Y X,Y …", "Prints the area of a polygon.")
        .details("The corners stand in their order, either way round; the last is joined to the first.")
        .complete(|_, text| {
            let next =
                if text.is_empty() || text.ends_with(' ') { vec!["0,0".to_owned()] } else { Vec::new() };
            Ok(next)
        })
        .run(|_, text, output| {
            let corners: Vec<(f64, f64)> = text.split_whitespace().map(corner).collect::<Result<_, _>>()?;
            if corners.len() < 3 {
                return Err(Error::coded("geo::degenerate", "a polygon has at least three corners"));
            }
            Ok(writeln!(output, "{}", area(&corners))?)
        })
}

fn corner(text: &str) -> Result<(f64, f64), Error> {
    let (x, y) =
        text.split_once(',').ok_or_else(|| Error::invalid(format!("{text} is no corner: write X,Y")))?;
    Ok((x.parse()?, y.parse()?))
}

/// Returns the area by the shoelace formula.
fn area(corners: &[(f64, f64)]) -> f64 {
    let next = corners.iter().cycle().skip(1);
    let twice: f64 = corners.iter().zip(next).map(|((ax, ay), (bx, by))| ax * by - bx * ay).sum();
    twice.abs() / 2.0
}
