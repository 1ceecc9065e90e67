//! Calls: `functions` (what programs call), `intrinsics` (what machine code may call directly), `services` (what services do
//! wrong), `limits` (time, threads and bytes), `life` (unloading and reloading while calls are made).

mod functions;
mod intrinsics;
mod life;
mod limits;
mod services;
