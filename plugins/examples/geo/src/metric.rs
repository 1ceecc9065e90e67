use rps_plugin::{Call, Error, PointDefinition, Registrar, Value};

/// The point that says how far two points are apart.
pub const METRIC: &str = "geo.metric";

/// Its only function: from four doubles (x and y of the one and of the other) to one, as bytes, the lowest first.
pub const DISTANCE: u32 = 0;

pub(crate) fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    registrar.define_point(PointDefinition::new(METRIC, "How far two points are apart.").required())?;
    registrar
        .implement(METRIC, "euclid")
        .function(DISTANCE, |_, input, output| {
            let [ax, ay, bx, by] = decode(input)?;
            output.write((bx - ax).hypot(by - ay).to_le_bytes())
        })
        .register()
}

/// Returns what the first metric says.
pub(crate) fn distance(call: &Call, a: Value<'_>, b: Value<'_>) -> Result<f64, Error> {
    let input: Vec<u8> = crate::coordinates(a, b)?.into_iter().flat_map(f64::to_le_bytes).collect();
    let [distance] = decode(&call.call_point(METRIC, DISTANCE, input)?)?;
    Ok(distance)
}

/// Returns the doubles that bytes stand for.
///
/// # Errors
///
/// When there are not so many.
pub(crate) fn decode<const N: usize>(bytes: &[u8]) -> Result<[f64; N], Error> {
    let (doubles, rest) = bytes.as_chunks::<8>();
    let doubles: Vec<f64> = doubles.iter().copied().map(f64::from_le_bytes).collect();
    match doubles.try_into() {
        Ok(doubles) if rest.is_empty() => Ok(doubles),
        _ => Err(Error::corrupt(format!("expected {N} doubles, not {} bytes", bytes.len()))),
    }
}
