use std::collections::HashMap;

use rps_plugin::RpsPayload;

#[derive(RpsPayload)]
struct Ordered {
    x: f64,
    tags: Vec<HashMap<String, i64>>,
    count: usize,
}

#[derive(RpsPayload)]
struct Borrowed {
    name: &'static str,
    next: Option<Box<Borrowed>>,
}

#[derive(RpsPayload)]
union Either {
    a: u32,
    b: f32,
}

fn main() {}
