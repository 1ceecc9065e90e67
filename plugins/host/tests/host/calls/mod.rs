//! Calls: `services` (what services do wrong), `limits` (time, threads and bytes), `life` (unloading and reloading while
//! calls are made).

mod life;
mod limits;
mod services;
