//! The side of the child: loads a plugin and executes its services, as the host asks.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parking_lot::Mutex;
use thiserror::Error;

use super::frame::{Frame, FrameError, Kind};
use super::limits;
use super::message::{DEFAULT_MAX_FRAME, Description, LoadRequest, unpack};
use crate::guard::pool::{Pool, Seat, Task};
use crate::guard::{Cancel, GuardOptions, panic_message};

/// What the child does with the requests of the host.
pub trait ServiceRunner: Send + Sync + 'static {
    /// Loads the plugin. Called once, before everything else; the resource limits are set already.
    ///
    /// # Errors
    ///
    /// A message that the host shows.
    fn load(&mut self, request: &LoadRequest) -> Result<Description, String>;

    /// Executes a service. Several calls may run at once.
    ///
    /// # Errors
    ///
    /// A message that the host shows.
    fn execute(&self, service: &str, input: &[u8], cancel: &Cancel) -> Result<Vec<u8>, String>;
}

/// Why a child ended otherwise than by the host's wish.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// What came from the host was no frame.
    #[error("the host sent {0}")]
    Frame(#[from] FrameError),
    /// The host sent a frame that has no place here.
    #[error("the host sent an unexpected {0:?}")]
    Unexpected(Kind),
    /// The plugin could not be loaded; the host knows.
    #[error("{0}")]
    Load(String),
    /// The host could not be answered.
    #[error("the host cannot be answered: {0}")]
    Io(#[from] io::Error),
}

/// Serves the host until it says that it is over or closes `input`.
///
/// Calls may still be running when this returns: the caller should end the process at once, so that a host that is
/// gone leaves no orphan. Use [`claim_stdio`](super::claim_stdio) for the streams.
///
/// # Errors
///
/// When the plugin cannot be loaded or the host does not keep to the protocol.
pub fn serve(
    mut input: impl Read,
    output: impl Write + Send + 'static,
    runner: impl ServiceRunner,
) -> Result<(), ServeError> {
    let mut output: Box<dyn Write + Send> = Box::new(output);
    Frame::new(Kind::Hello, 0, []).write(&mut output)?;
    let Some(frame) = Frame::read(&mut input, DEFAULT_MAX_FRAME)? else { return Ok(()) };
    if frame.kind != Kind::Load {
        return Err(ServeError::Unexpected(frame.kind));
    }
    let (runner, max_frame, description) = match load(runner, &frame.payload) {
        Ok(loaded) => loaded,
        Err(message) => {
            Frame::new(Kind::Failed, frame.id, message.as_str()).write(&mut output)?;
            return Err(ServeError::Load(message));
        }
    };
    Frame::new(Kind::Loaded, frame.id, description).write(&mut output)?;
    let child = Arc::new(Child { output: Mutex::new(output), running: Mutex::default(), max_frame });
    let pool = Pool::new(GuardOptions::default());
    let result = listen(&mut input, &child, &pool, &Arc::new(runner));
    for cancel in child.running.lock().values() {
        cancel.cancel();
    }
    pool.close();
    result
}

/// What all calls of a child share.
struct Child {
    output: Mutex<Box<dyn Write + Send>>,
    running: Mutex<HashMap<u64, Cancel>>,
    max_frame: u32,
}

/// A call of a service.
struct Request<R> {
    child: Arc<Child>,
    runner: Arc<R>,
    id: u64,
    payload: Vec<u8>,
    cancel: Cancel,
}

fn load<R: ServiceRunner>(mut runner: R, payload: &[u8]) -> Result<(R, u32, Vec<u8>), String> {
    let request: LoadRequest = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
    limits::apply(&request.limits).map_err(|error| format!("cannot set the resource limits: {error}"))?;
    let description = catch_unwind(AssertUnwindSafe(|| runner.load(&request)))
        .map_err(|payload| format!("panic while loading: {}", panic_message(payload)))??;
    let description = serde_json::to_vec(&description).map_err(|error| error.to_string())?;
    Ok((runner, request.max_frame, description))
}

/// Takes requests until the host ends it. Nothing here waits for a call: pings are answered and cancels are heard
/// while services hang.
fn listen<R: ServiceRunner>(
    input: &mut impl Read,
    child: &Arc<Child>,
    pool: &Arc<Pool>,
    runner: &Arc<R>,
) -> Result<(), ServeError> {
    while let Some(Frame { kind, id, payload }) = Frame::read(input, child.max_frame)? {
        match kind {
            Kind::Execute => {
                let cancel = Cancel::new();
                child.running.lock().insert(id, cancel.clone());
                let request =
                    Request { child: Arc::clone(child), runner: Arc::clone(runner), id, payload, cancel };
                if let Err(refused) = pool.submit(Arc::new(request)) {
                    child.running.lock().remove(&id);
                    child.send(&Frame::new(Kind::Failed, id, format!("no thread for the call: {refused:?}")));
                }
            }
            Kind::Cancel => {
                if let Some(cancel) = child.running.lock().get(&id) {
                    cancel.cancel();
                }
            }
            Kind::Ping => child.send(&Frame::new(Kind::Pong, id, [])),
            Kind::Shutdown => return Ok(()),
            Kind::Hello
            | Kind::Load
            | Kind::Loaded
            | Kind::Done
            | Kind::Failed
            | Kind::Panicked
            | Kind::Pong => {
                return Err(ServeError::Unexpected(kind));
            }
        }
    }
    Ok(())
}

impl Child {
    fn send(&self, frame: &Frame) {
        // A host that does not listen any more has closed the input, too, and that ends this process.
        let _ = frame.write(&mut *self.output.lock());
    }
}

impl<R: ServiceRunner> Request<R> {
    fn answer(&self) -> Frame {
        let executed = catch_unwind(AssertUnwindSafe(|| match unpack(&self.payload) {
            Some((service, input)) => self.runner.execute(service, input, &self.cancel),
            None => Err("a request that cannot be read".to_owned()),
        }));
        let (kind, payload) = match executed {
            Ok(Ok(output)) if output.len() > self.child.max_frame as usize => {
                let (size, max) = (output.len(), self.child.max_frame);
                (Kind::Failed, format!("an output of {size} bytes, more than the {max} allowed").into_bytes())
            }
            Ok(Ok(output)) => (Kind::Done, output),
            Ok(Err(message)) => (Kind::Failed, self.fitting(message)),
            Err(payload) => (Kind::Panicked, self.fitting(panic_message(payload))),
        };
        Frame { kind, id: self.id, payload }
    }

    /// Cuts a message that would not fit into a frame.
    fn fitting(&self, message: String) -> Vec<u8> {
        let mut bytes = message.into_bytes();
        bytes.truncate(self.child.max_frame as usize);
        bytes
    }
}

impl<R: ServiceRunner> Task for Request<R> {
    fn run(&self, seat: &Seat<'_>) {
        let frame = self.answer();
        self.child.running.lock().remove(&self.id);
        seat.leave();
        self.child.send(&frame);
    }
}
