//! Prints what a guarded call costs on this machine.

use std::error::Error;
use std::time::Duration;

use rps_plugin_host::guard::{Guard, GuardOptions, measure_hand_off};

fn main() -> Result<(), Box<dyn Error>> {
    let guard = Guard::new(GuardOptions::default());
    for (what, calls, pause) in [("one after the other", 100_000, 0), ("a millisecond apart", 2_000, 1)] {
        let times = measure_hand_off(&guard, calls, Duration::from_millis(pause))?;
        println!("{what}: p50 {:?}, p99 {:?}, max {:?}", times.p50, times.p99, times.max);
    }
    Ok(())
}
