use std::borrow::Cow;
use std::fmt;
use std::io;

use rps_plugin_abi::status::{self, Status};

/// What a callback of a plugin fails with.
///
/// It is made of any error by `?`, or by one of the functions here. An error that the program raised inside a call into
/// the graph passes through as the very same error.
///
/// It is not a [`std::error::Error`] itself: otherwise it could not be made of any.
///
/// ```
/// use rps_plugin::Error;
///
/// fn read(text: &str) -> Result<i64, Error> {
///     Ok(text.parse()?)
/// }
/// assert_eq!(read("x").unwrap_err().message(), "invalid digit found in string");
/// ```
pub struct Error {
    status: Status,
    code: Option<Cow<'static, str>>,
    message: Cow<'static, str>,
}

impl Error {
    /// Returns an error that says what went wrong.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Error {
        Error::with_status(status::ERROR, message)
    }

    /// Returns an error that programs can catch by its code, such as `geo::degenerate`.
    pub fn coded(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Error {
        Error { status: status::ERROR, code: Some(code.into()), message: message.into() }
    }

    /// Returns that an argument is not what it must be.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
        Error::with_status(status::INVALID, message)
    }

    /// Returns that something is not there.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Error {
        Error::with_status(status::NOT_FOUND, message)
    }

    /// Returns that the format, version or value is not one that the plugin handles.
    pub fn unsupported(message: impl Into<Cow<'static, str>>) -> Error {
        Error::with_status(status::UNSUPPORTED, message)
    }

    /// Returns that bytes are damaged.
    pub fn corrupt(message: impl Into<Cow<'static, str>>) -> Error {
        Error::with_status(status::CORRUPT, message)
    }

    /// Returns that a limit was reached.
    pub fn limit(message: impl Into<Cow<'static, str>>) -> Error {
        Error::with_status(status::LIMIT, message)
    }

    /// Returns that it can not be done now.
    pub fn misuse(message: impl Into<Cow<'static, str>>) -> Error {
        Error::with_status(status::MISUSE, message)
    }

    /// Returns that the call was given up because it was cancelled.
    pub fn cancelled() -> Error {
        Error::with_status(status::CANCELLED, "cancelled")
    }

    /// Returns an error with a status of the ABI.
    pub fn with_status(status: Status, message: impl Into<Cow<'static, str>>) -> Error {
        let status = if status == status::OK { status::ERROR } else { status };
        Error { status, code: None, message: message.into() }
    }

    /// Returns its status, as it crosses the ABI; never [`status::OK`].
    pub fn status(&self) -> Status {
        self.status
    }

    /// Returns the code by which programs catch it, if it has one.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Returns what went wrong, in words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns whether the program raised it in a call into the graph.
    pub fn is_raised(&self) -> bool {
        self.status == status::RAISED
    }

    /// Returns whether the call was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.status == status::CANCELLED
    }

    /// Returns it with words before its message.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Error {
        self.message = format!("{context}: {}", self.message).into();
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(formatter, "{code}: {}", self.message),
            None => formatter.write_str(&self.message),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self} (status {})", self.status)
    }
}

impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Error {
        // An output that refused bytes says why as the source of an `io::Error`. So `E` need not be `'static`, and the
        // guard of a poisoned lock is an error like any other.
        match error.source().and_then(|source| source.downcast_ref::<Refused>()) {
            Some(Refused(status)) => output_refused(*status),
            None => Error::new(error.to_string()),
        }
    }
}

/// Returns the error of an output that took no more bytes.
pub(crate) fn output_refused(status: Status) -> Error {
    match status {
        status::CANCELLED => Error::cancelled(),
        status::LIMIT => Error::limit("the output has more bytes than the host takes"),
        other => Error::with_status(other, "the output was refused"),
    }
}

/// Returns the error of an output as one of `io`, from which `?` makes the former again.
pub(crate) fn refused_in_io(status: Status) -> io::Error {
    io::Error::other(InIo(Refused(status)))
}

/// What an [`io::Error`] holds, whose source is what matters.
#[derive(Debug)]
struct InIo(Refused);

impl fmt::Display for InIo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for InIo {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// The status of an output.
#[derive(Debug)]
struct Refused(Status);

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(output_refused(self.0).message())
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_output_refuses_keeps_its_status_through_io() {
        let through = Error::from(refused_in_io(status::CANCELLED));
        assert!(through.is_cancelled());
        let through = Error::from(io::Error::other("else"));
        assert_eq!((through.status(), through.message()), (status::ERROR, "else"));
    }

    #[test]
    fn a_poisoned_lock_is_an_error_like_any_other() {
        fn read(mutex: &std::sync::Mutex<i64>) -> Result<i64, Error> {
            Ok(*mutex.lock()?)
        }
        assert_eq!(read(&std::sync::Mutex::new(1)).unwrap(), 1);
    }

    #[test]
    fn an_error_is_never_ok() {
        assert_eq!(Error::with_status(status::OK, "x").status(), status::ERROR);
    }

    #[test]
    fn its_text_names_the_code() {
        let error = Error::coded("geo::degenerate", "no area").context("triangle");
        assert_eq!(error.to_string(), "geo::degenerate: triangle: no area");
    }
}
