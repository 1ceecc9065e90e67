//! Payloads that are written into bytes which are there already. That nothing is allocated is a test of `rps-plugin`.

use std::hint::black_box;
use std::time::Instant;

use rps_plugin::RpsPayload;
use rps_plugin::rkyv::{Archive, Serialize};

use crate::table;

#[derive(Archive, Serialize, RpsPayload)]
#[rkyv(crate = rps_plugin::rkyv)]
#[rps(name = "bench/Samples", generate(rkyv))]
struct Samples {
    label: String,
    values: Vec<f64>,
}

const WRITES: usize = 200_000;

pub(super) fn run(rounds: usize) {
    let samples = Samples { label: "a kilobyte of doubles, eight times".into(), values: vec![1.5; 1024] };
    let mut buffer = vec![0; 16 << 10];
    let mut written = 0;
    let mut times = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        for _ in 0..WRITES {
            written = black_box(&samples).write_to_buffer(black_box(&mut buffer)).unwrap_or(0);
        }
        times.push(start.elapsed().as_secs_f64() * 1e6 / WRITES as f64);
    }
    println!("\nA payload written in place, µs (median of {rounds}):\n");
    table::header(&["", "bytes", "µs"]);
    table::row(&["write_to_buffer".into(), written.to_string(), format!("{:.2}", table::median(times))]);
}
