use core::ffi::c_void;

use rps_plugin_abi as abi;
use rps_plugin_abi::Sink;
use rps_plugin_abi::point::{self, SERVICE_IDEMPOTENT};
use rps_plugin_abi::status::Status;

use super::{Registrar, text};
use crate::call::{Call, bytes, enter};
use crate::error::Error;
use crate::output::Output;

/// A service from text to text.
///
/// ```
/// use rps_plugin::{Call, Error, TextService};
///
/// struct Shout;
///
/// impl TextService for Shout {
///     fn name(&self) -> &str { "shout" }
///     fn version(&self) -> &str { "1.0.0" }
///     fn description(&self) -> &str { "Makes a text loud." }
///     fn execute(&self, _call: &Call, input: &str) -> Result<String, Error> {
///         Ok(input.to_uppercase())
///     }
/// }
/// # fn object_safe(_: Box<dyn TextService>) {}
/// ```
pub trait TextService: Send + Sync + 'static {
    /// Returns the name that it is called by.
    fn name(&self) -> &str;
    /// Returns its version.
    fn version(&self) -> &str;
    /// Returns what it does, in a line.
    fn description(&self) -> &str;
    /// Returns whether a request that failed for a reason that passes may be executed again.
    fn is_idempotent(&self) -> bool {
        false
    }
    /// Executes a request.
    ///
    /// # Errors
    ///
    /// When it can not. What runs long looks at [`Call::check_cancelled`].
    fn execute(&self, call: &Call, input: &str) -> Result<String, Error>;
}

impl Registrar<'_> {
    /// Registers a service from bytes to bytes.
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn service<F>(&mut self, name: &str, doc: &str, execute: F) -> Result<(), Error>
    where
        F: Fn(&Call, &[u8], &mut Output<'_>) -> Result<(), Error> + Send + Sync + 'static,
    {
        self.add_service(name, doc, 0, execute)
    }

    /// Registers a service whose requests may be executed again when they failed for a reason that passes.
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn idempotent_service<F>(&mut self, name: &str, doc: &str, execute: F) -> Result<(), Error>
    where
        F: Fn(&Call, &[u8], &mut Output<'_>) -> Result<(), Error> + Send + Sync + 'static,
    {
        self.add_service(name, doc, SERVICE_IDEMPOTENT, execute)
    }

    /// Registers a service from text to text. Input that is not UTF-8 does not reach it.
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn text_service(&mut self, service: impl TextService) -> Result<(), Error> {
        let (name, doc) = (service.name().to_owned(), service.description().to_owned());
        let flags = if service.is_idempotent() { SERVICE_IDEMPOTENT } else { 0 };
        self.add_service(&name, &doc, flags, move |call: &Call, input: &[u8], output: &mut Output<'_>| {
            let input = std::str::from_utf8(input).map_err(|_| Error::invalid("the input is not UTF-8"))?;
            output.write(service.execute(call, input)?)
        })
    }

    fn add_service<F>(&mut self, name: &str, doc: &str, flags: u32, execute: F) -> Result<(), Error>
    where
        F: Fn(&Call, &[u8], &mut Output<'_>) -> Result<(), Error> + Send + Sync + 'static,
    {
        let interface = point::Service {
            struct_size: size_of::<point::Service>() as u32,
            flags,
            doc: text(doc)?,
            execute: Some(run::<F>),
        };
        self.add(point::SERVICE, name, 1, interface, execute)
    }

    /// Begins a command of the prompt, `:name arguments`; [`CommandRegistration::run`] ends it.
    ///
    /// ```
    /// # use rps_plugin::{Error, Registrar};
    /// # use std::io::Write;
    /// # fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    /// registrar
    ///     .command("area", "WIDTH HEIGHT", "Prints the area of a rectangle.")
    ///     .complete(|_call, _text| Ok(vec!["1 1".to_owned()]))
    ///     .run(|_call, text, output| {
    ///         let sides: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
    ///         Ok(writeln!(output, "{}", sides?.iter().product::<f64>())?)
    ///     })
    /// # }
    /// ```
    pub fn command<'a>(
        &'a mut self,
        name: &'a str,
        arguments: &'a str,
        summary: &'a str,
    ) -> CommandRegistration<'a> {
        let registrar = self.at_priority(self.priority);
        CommandRegistration { registrar, name, arguments, summary, details: "", complete: None }
    }
}

type Complete = Box<dyn Fn(&Call, &str) -> Result<Vec<String>, Error> + Send + Sync>;

/// A command that is about to be registered.
#[must_use = "`run` registers it"]
pub struct CommandRegistration<'a> {
    registrar: Registrar<'a>,
    name: &'a str,
    arguments: &'a str,
    summary: &'a str,
    details: &'a str,
    complete: Option<Complete>,
}

impl<'a> CommandRegistration<'a> {
    /// Says what else is to be known.
    pub fn details(mut self, details: &'a str) -> Self {
        self.details = details;
        self
    }

    /// Completes the text behind the command's name.
    pub fn complete<C>(mut self, complete: C) -> Self
    where
        C: Fn(&Call, &str) -> Result<Vec<String>, Error> + Send + Sync + 'static,
    {
        self.complete = Some(Box::new(complete));
        self
    }

    /// Registers the command with what it does: it is given the text behind its name, and writes what is to be shown.
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn run<F>(mut self, run: F) -> Result<(), Error>
    where
        F: Fn(&Call, &str, &mut Output<'_>) -> Result<(), Error> + Send + Sync + 'static,
    {
        let interface = point::Command {
            struct_size: size_of::<point::Command>() as u32,
            flags: 0,
            arguments: text(self.arguments)?,
            summary: text(self.summary)?,
            details: text(self.details)?,
            run: Some(run_command::<F>),
            complete: if self.complete.is_some() { Some(complete_command::<F>) } else { None },
        };
        let body = CommandBody { run, complete: self.complete };
        self.registrar.add(point::COMMAND, self.name, 1, interface, body)
    }
}

struct CommandBody<F> {
    run: F,
    complete: Option<Complete>,
}

unsafe extern "C" fn run<F>(
    data: *mut c_void,
    call: *mut abi::Call,
    input: *const u8,
    len: usize,
    output: *const Sink,
) -> Status
where
    F: Fn(&Call, &[u8], &mut Output<'_>) -> Result<(), Error> + Send + Sync + 'static,
{
    // SAFETY: the host hands back the data of the registration; call, input and output are valid until this returns.
    unsafe { enter::<F>(data, call, |run, call| run(call, bytes(input, len), &mut Output::of(output))) }
}

unsafe extern "C" fn run_command<F>(
    data: *mut c_void,
    call: *mut abi::Call,
    input: *const u8,
    len: usize,
    output: *const Sink,
) -> Status
where
    F: Fn(&Call, &str, &mut Output<'_>) -> Result<(), Error> + Send + Sync + 'static,
{
    // SAFETY: the host hands back the data of the registration; call, input and output are valid until this returns.
    unsafe {
        enter::<CommandBody<F>>(data, call, |body, call| {
            (body.run)(call, std::str::from_utf8(bytes(input, len))?, &mut Output::of(output))
        })
    }
}

unsafe extern "C" fn complete_command<F: 'static>(
    data: *mut c_void,
    call: *mut abi::Call,
    input: *const u8,
    len: usize,
    output: *const Sink,
) -> Status {
    // SAFETY: the host hands back the data of the registration; call, input and output are valid until this returns.
    unsafe {
        enter::<CommandBody<F>>(data, call, |body, call| {
            let Some(complete) = &body.complete else { return Ok(()) };
            let mut output = Output::of(output);
            for completion in complete(call, std::str::from_utf8(bytes(input, len))?)? {
                output.write(format!("{completion}\n"))?;
            }
            Ok(())
        })
    }
}
