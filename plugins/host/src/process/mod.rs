//! Services in a process of their own: what a plugin does there, a crash included, cannot hurt the session.
//!
//! The host ([`ProcessService`]) starts a child by a given command line, tells it what to load ([`LoadRequest`]), and
//! sends it requests over its standard input; the child ([`serve`]) answers over its standard output, in framed
//! messages. A deadline or a cancel is a frame first and a kill after the grace period. A child that has ended is
//! started again at the next call, not endlessly often ([`RestartPolicy`]); the request that it was working on is lost
//! and never sent again. A child whose host is gone sees the end of its input and ends.
//!
//! The child sets its own resource limits before it opens the library.
//!
//! Read `frame.rs` and `message.rs` (what is said), `serve.rs` (the child), `connection.rs` (one process as the host
//! sees it), `service.rs` (calls, restarts, shutdown).

#![forbid(unsafe_code)]

mod connection;
mod error;
mod frame;
mod limits;
mod message;
mod options;
mod patience;
mod restart;
mod serve;
mod service;
mod stdio;
mod tail;
#[cfg(test)]
mod tests;

pub use self::error::ProcessError;
pub use self::frame::{Frame, FrameError, Kind, PROTOCOL_VERSION};
pub use self::message::{DEFAULT_MAX_FRAME, Description, LoadRequest, ResourceLimits};
pub use self::options::{ProcessOptions, RestartPolicy};
pub use self::serve::{ServeError, ServiceRunner, serve};
pub use self::service::{ProcessService, ProcessStatus};
pub use self::stdio::claim_stdio;
