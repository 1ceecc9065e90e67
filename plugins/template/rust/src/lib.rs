//! A plugin for Repersys: the function `sample_plugin_greet(name)` and the service `sample-plugin`.
//!
//! `register` says what there is, and what follows does it; `tests` runs it without Repersys.

#![forbid(unsafe_code)]

use rps_plugin::{Call, Error, Output, Plugin, Registrar};

/// The plugin.
pub struct SamplePlugin;

impl Plugin for SamplePlugin {
    const ID: &'static str = "sample-plugin";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const DESCRIPTION: &'static str = env!("CARGO_PKG_DESCRIPTION");

    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        // A function of the language: it runs on the thread of the program that calls it.
        registrar.function("sample_plugin_greet", 1, "(name) Returns a greeting.", |call, args| {
            call.string(&greeting(args.text(0)?))
        })?;
        // A service takes bytes and gives bytes, on a thread of its own and with a deadline.
        registrar.idempotent_service("sample-plugin", "Counts the words of a text.", count_words)
    }
}

rps_plugin::register_plugin!(SamplePlugin);

fn greeting(name: &str) -> String {
    format!("Hello, {name}!")
}

fn count_words(call: &Call, input: &[u8], output: &mut Output<'_>) -> Result<(), Error> {
    let text = std::str::from_utf8(input).map_err(|_| Error::invalid("the text is not UTF-8"))?;
    let mut words = 0;
    for line in text.lines() {
        // Whoever takes long looks now and then whether somebody still wants the answer.
        call.check_cancelled()?;
        words += line.split_whitespace().count();
    }
    output.write(words.to_string())
}

#[cfg(test)]
mod tests {
    use rps_plugin::testing::{MockError, MockHost};

    use super::*;

    #[test]
    fn it_greets() -> Result<(), MockError> {
        let host = MockHost::load::<SamplePlugin>()?;
        assert_eq!(host.call("sample_plugin_greet", &["world".into()])?, "Hello, world!".into());
        // An integer has no text: the program is told so.
        assert!(host.call("sample_plugin_greet", &[1.into()]).is_err());
        Ok(())
    }

    #[test]
    fn it_counts_words() -> Result<(), MockError> {
        let host = MockHost::load::<SamplePlugin>()?;
        assert_eq!(host.execute("sample-plugin", "one two\nthree")?, b"3");
        assert!(host.execute("sample-plugin", [0xFF]).is_err());
        Ok(())
    }
}
