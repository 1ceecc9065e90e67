//! Calls: `functions` (what programs call), `services` (what services do wrong), `limits` (time, threads and bytes), `life`
//! (unloading and reloading while calls are made).

mod functions;
mod life;
mod limits;
mod services;
