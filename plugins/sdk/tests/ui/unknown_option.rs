use rps_plugin::RpsPayload;

#[derive(RpsPayload)]
#[rps(name = "geo/Point", generate(protobuf))]
struct Generated {
    x: f64,
}

#[derive(RpsPayload)]
#[rps(title = "geo/Point")]
struct Titled {
    x: f64,
}

#[derive(RpsPayload)]
#[rps(name = "Point")]
struct Named {
    x: f64,
}

#[derive(RpsPayload)]
#[rps(class = "Point")]
struct Classed {
    x: f64,
}

fn main() {}
